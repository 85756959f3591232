"""A few fixed texts whose vectors tell whether two encoders mean the same by a vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from simengine.encoders.contract import BiEncoder
from simengine.errors import UsageError
from simengine.types import FloatMatrix

CANARY_VERSION: Final = "1"
"""Names the list of texts; raised when a text changes, because stored vectors belong to the old list then."""

CANARY_COSINE_MIN: Final = 0.999
"""An encoder whose canary vectors all have at least this cosine to the stored ones computes the same model:
fp32 runtimes differ by 1e-6, bf16 gives 0.9999 to fp32; another model or pooling gives far less."""

CANARY_COSINE_EXACT: Final = 0.99999
"""From here on two encoders are the same up to rounding in fp32."""

_TEXTS = (
    "A man is playing a guitar on the street.",
    "The committee did not approve the budget for 2024.",
    "def binary_search(items, target): return bisect_left(items, target)",
    "一只猫坐在窗台上看着外面的雨。",
    "Ünïcödé, emoji 🙂, numbers 3.14159 and CAPITALS.",
    " ",
    "The history of the lighthouse begins with fires on hills. " * 40,
)


def canary_texts() -> tuple[str, ...]:
    """English, negation, code, Chinese, mixed characters, almost nothing, longer than most models read."""
    return _TEXTS


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
    expected = (len(_TEXTS), encoder.dimension)
    if stored.shape != expected:
        raise UsageError(f"stored canary vectors have shape {stored.shape}, this encoder gives {expected}")
    cosines = np.einsum("ij,ij->i", encoder.encode(_TEXTS), stored)
    return float(cosines.min()) if np.isfinite(cosines).all() else -1.0
