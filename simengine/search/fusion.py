"""Joining what search by meaning and search by words found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.types import FloatMatrix, Json, RowArray

RRF_CONSTANT = 60


@dataclass(frozen=True, slots=True)
class Fusion:
    """Weights of the two sides."""

    lexical_weight: float = 0.5

    @classmethod
    def of(cls, stored: Mapping[str, Json] | None) -> Fusion:
        """From what the index stores, or the default where it stores nothing."""
        return cls()

    def fuse(self, dense: FloatMatrix, lexical: FloatMatrix, attainable: FloatMatrix) -> FloatMatrix:
        """Fused scores.

        Args:
            dense: (q, m) float32 cosines; -inf at empty places.
            lexical: (q, m) float32 BM25 scores, 0 where no word is shared.
            attainable: (q,) float32, the BM25 score that no passage exceeds.

        Returns:
            (q, m) float32; -inf at empty places.
        """
        scale = np.where(attainable > 0, attainable, 1)[:, None]
        fused: FloatMatrix = (
            (1 - self.lexical_weight) * dense + self.lexical_weight * lexical / scale
        ).astype(np.float32)
        return fused


def rrf(rankings: Sequence[RowArray], rows: RowArray) -> FloatMatrix:
    """Reciprocal rank fusion: the sum of 1 / (60 + rank) over the rankings that hold a row.

    Args:
        rankings: each (q, c) int64 rows, best first, padded with -1.
        rows: (q, m) int64, rows to score, -1 at empty places.

    Returns:
        (q, m) float32; -inf at empty places.

    Source: Cormack, Clarke, Buettcher (2009), Reciprocal rank fusion outperforms Condorcet and individual rank
    learning methods, SIGIR.
    """
    scores = np.zeros(rows.shape, dtype=np.float32)
    for i, wanted in enumerate(rows):
        for ranking in rankings:
            ranked = ranking[i][ranking[i] >= 0]
            if not ranked.size:
                continue
            by_row = np.argsort(ranked)
            at = np.minimum(np.searchsorted(ranked[by_row], wanted), ranked.size - 1)
            found = ranked[by_row][at] == wanted
            scores[i] += np.where(found, 1.0 / (RRF_CONSTANT + 1 + by_row[at]), 0.0)
    return np.where(rows >= 0, scores, np.float32(-np.inf))
