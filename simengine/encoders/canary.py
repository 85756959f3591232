"""A few fixed texts whose vectors show whether two encoders have the same vector space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from simengine.encoders.contract import BiEncoder
from simengine.errors import UsageError
from simengine.runtimes.check_texts import canary_texts
from simengine.types import FloatMatrix

CANARY_COSINE_MIN: Final = 0.999
"""Least cosine of each canary vector to the stored one for an encoder to be the same model: fp32 runtimes differ by
1e-6, bf16 gives 0.9999 to fp32; another model or pooling gives far less."""

CANARY_COSINE_EXACT: Final = 0.99999
"""From this cosine two encoders are the same up to rounding in fp32."""


def check_canary(encoder: BiEncoder, stored_vectors: FloatMatrix | Sequence[Sequence[float]]) -> float:
    """Encode the canary texts again and compare.

    Args:
        encoder: the encoder to be checked.
        stored_vectors: (n, dim), the result of `encoder.encode(canary_texts())` when an index was built.

    Returns:
        The smallest cosine over the texts, for comparison with `CANARY_COSINE_MIN`; -1 if a vector is not finite.

    Raises:
        UsageError: the stored vectors differ in shape from this encoder's.
    """
    stored = np.asarray(stored_vectors, np.float32)
    expected = (len(canary_texts()), encoder.dimension)
    if stored.shape != expected:
        raise UsageError(f"stored canary vectors have shape {stored.shape}, this encoder's {expected}")
    cosines = np.einsum("ij,ij->i", encoder.encode(canary_texts()), stored)
    return float(cosines.min()) if np.isfinite(cosines).all() else -1.0
