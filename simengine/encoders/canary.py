"""A few fixed texts whose vectors tell whether two encoders mean the same by a vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from simengine.encoders.contract import BiEncoder
from simengine.errors import UsageError
from simengine.runtimes.check_texts import canary_texts
from simengine.types import FloatMatrix

CANARY_COSINE_MIN: Final = 0.999
"""An encoder whose canary vectors all have at least this cosine to the stored ones computes the same model:
fp32 runtimes differ by 1e-6, bf16 gives 0.9999 to fp32; another model or pooling gives far less."""

CANARY_COSINE_EXACT: Final = 0.99999
"""From here on two encoders are the same up to rounding in fp32."""


def check_canary(encoder: BiEncoder, stored_vectors: FloatMatrix | Sequence[Sequence[float]]) -> float:
    """Encode the canary texts again and compare.

    Args:
        encoder: the encoder at hand.
        stored_vectors: (n, dim), what `encoder.encode(canary_texts())` gave when an index was built.

    Returns:
        The smallest cosine over the texts, to be compared with `CANARY_COSINE_MIN`; -1 if a vector is not finite.

    Raises:
        UsageError: the stored vectors have another shape than this encoder gives.
    """
    stored = np.asarray(stored_vectors, np.float32)
    expected = (len(canary_texts()), encoder.dimension)
    if stored.shape != expected:
        raise UsageError(f"stored canary vectors have shape {stored.shape}, this encoder gives {expected}")
    cosines = np.einsum("ij,ij->i", encoder.encode(canary_texts()), stored)
    return float(cosines.min()) if np.isfinite(cosines).all() else -1.0
