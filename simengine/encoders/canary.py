"""Texts that are encoded when an index is built and again when it is opened with another runtime.

A fingerprint says that two encoders hold the same weights. It cannot say that a runtime computes what it should
(a driver, a precision, a faulty graph): the canaries' vectors show that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.encoders.contract import BiEncoder

CANARY_VERSION = "1"

_TEXTS = (
    "a",
    "How do I open a file and read it line by line?",
    "The contract ends on 31 December 2024 unless either party objects in writing.",
    "如何逐行读取一个文件？",
    "合同将于2024年12月31日终止。",
    "naïve café — Ünïcödé, emoji 🙂 and C++ std::vector<int>",
    "word " * 200,
)


def canary_texts() -> list[str]:
    """The texts of version `CANARY_VERSION`: short and long, English and Chinese, plain and odd."""
    return list(_TEXTS)


def check_canary(encoder: BiEncoder, stored_vectors: Sequence[Sequence[float]]) -> float:
    """The lowest cosine between the canaries' vectors now and those stored.

    Args:
        stored_vectors: (n, dim), as `encoder.encode(canary_texts())` gave them when the index was built.

    Returns:
        In [-1, 1]; above 0.9999 for another runtime of the same precision, about 0.999 and above for bf16 beside
        fp32, and clearly below 0.99 where something else is computed.
    """
    stored = np.asarray(stored_vectors, np.float32)
    vectors = encoder.encode(canary_texts())
    norms = np.linalg.norm(stored, axis=1) * np.linalg.norm(vectors, axis=1)
    return float((np.einsum("ij,ij->i", stored, vectors) / np.maximum(norms, 1e-12)).min())
