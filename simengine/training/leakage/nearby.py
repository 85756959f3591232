"""Texts of nearly the same meaning, by the cosine of their vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.types import FloatMatrix, RowArray, TextEncoder

ENCODED_AT_ONCE = 1_024
LEFT_ROWS, RIGHT_ROWS = 1_024, 8_192  # a block of cosines is 32 MB


def encoder_name(encoder: TextEncoder | None) -> str | None:
    """The name of an encoder in reports: its runtime and the first digits of its fingerprint, as far as it has them."""
    if encoder is None:
        return None
    runtime = str(getattr(encoder, "runtime", type(encoder).__name__))
    digest = getattr(getattr(encoder, "fingerprint", None), "digest", "")
    return f"{runtime} {digest[:12]}" if digest else runtime


def encode_all(encoder: TextEncoder, texts: Sequence[str]) -> FloatMatrix:
    """Vectors of any number of texts, (n, dim) float32.

    Raises:
        UsageError: the encoder's rows are not normalised, so that their products are not cosines.
    """
    parts = [
        encoder.encode(texts[start : start + ENCODED_AT_ONCE])
        for start in range(0, len(texts), ENCODED_AT_ONCE)
    ]
    vectors = np.concatenate(parts) if parts else encoder.encode([])
    norms = np.linalg.norm(vectors, axis=1)
    if not np.allclose(norms, 1.0, atol=1e-3):
        raise UsageError(
            f"the encoder's vectors have lengths from {norms.min()} to {norms.max()}; expected 1"
        )
    return vectors


def near_vectors(
    left: FloatMatrix, right: FloatMatrix, threshold: float
) -> tuple[RowArray, RowArray, npt.NDArray[np.float64]]:
    """All pairs of rows with a cosine of at least `threshold`, by exact search.

    Args:
        left: (n, dim) float32, rows L2-normalised.
        right: (m, dim) float32, rows L2-normalised.
        threshold: of the cosine.

    Returns:
        rows of left, rows of right, cosine; sorted by left, then right row.
    """
    found: list[tuple[RowArray, RowArray, npt.NDArray[np.float64]]] = []
    for start in range(0, len(left), LEFT_ROWS):
        for begin in range(0, len(right), RIGHT_ROWS):
            cosines = left[start : start + LEFT_ROWS] @ right[begin : begin + RIGHT_ROWS].T
            hits = np.flatnonzero(cosines >= threshold)
            i, j = np.divmod(hits, cosines.shape[1])
            values = np.minimum(cosines.ravel()[hits].astype(np.float64), 1.0)
            found.append((i + start, j + begin, values))
    if not found:
        empty = np.empty(0, np.int64)
        return empty, empty, np.empty(0)
    one, other, cosine = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((other, one))
    return one[order], other[order], cosine[order]
