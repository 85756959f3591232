"""Scores items by co-occurrence with a user's likes."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.scorers.contract import ScoringBatch, Training
from simengine.types import FloatMatrix

COLUMNS_PER_BLOCK = 1_024


class ItemKNNScorer:
    """The sum of an item's cosines (over users) with the items of a user's history, its k nearest kept.

    Args:
        neighbours: items kept for each item; at least 1.
        shrinkage: added to the product of lengths, so that a few common users do not make a strong neighbour.
        use: "all" interactions, or the "liked" ones.
        name: of the scorer, if there are two.

    Reference: Deshpande and Karypis, Item-based top-N recommendation algorithms, TOIS 22(1), 2004.
    """

    def __init__(
        self,
        *,
        neighbours: int = 200,
        shrinkage: float = 10.0,
        use: Literal["all", "liked"] = "all",
        name: str = "item-knn",
    ) -> None:
        if neighbours < 1 or not shrinkage >= 0:
            raise UsageError(
                f"neighbours is {neighbours} and shrinkage {shrinkage}; expected at least 1 and at least 0"
            )
        if use not in ("all", "liked"):
            raise UsageError(f"use is {use!r}; expected 'all' or 'liked'")
        self.name = name
        self._neighbours, self._shrinkage, self._use = neighbours, shrinkage, use
        self._near: Any = None

    def fit(self, training: Training) -> None:
        """Compute the neighbours of every item."""
        from scipy.sparse import vstack

        histories = training.histories if self._use == "all" else training.histories.liked()
        chosen = histories.matrix(len(training.item_ids), binary=True).tocsc()
        lengths = np.sqrt(np.asarray(chosen.sum(axis=0), np.float64)).ravel()
        turned = chosen.T.tocsr()
        blocks = []
        for start in range(0, turned.shape[0], COLUMNS_PER_BLOCK):
            common = (turned[start : start + COLUMNS_PER_BLOCK] @ chosen).tocoo()
            blocks.append(self._kept(common, start, lengths))
        self._near = vstack(blocks, format="csr") if blocks else None

    def _kept(self, common: Any, start: int, lengths: FloatMatrix) -> Any:
        """Rows of the neighbour matrix for a block of items, from the numbers of their common users."""
        from scipy.sparse import csr_matrix

        rows, columns = common.row.astype(np.int64), common.col.astype(np.int64)
        other = rows + start != columns
        rows, columns, counts = rows[other], columns[other], common.data[other]
        cosines = counts / (lengths[rows + start] * lengths[columns] + self._shrinkage)
        order = np.lexsort((columns, -cosines, rows))
        rows, columns, cosines = rows[order], columns[order], cosines[order]
        kept = np.arange(len(rows)) - np.searchsorted(rows, rows) < self._neighbours
        return csr_matrix((cosines[kept].astype(np.float32), (rows[kept], columns[kept])), shape=common.shape)

    def score(self, batch: ScoringBatch) -> FloatMatrix:
        """See `Scorer.score`; divided by the root of the history's length, so that long ones do not score higher."""
        histories = batch.histories if self._use == "all" else batch.histories.liked()
        return sparse_scores(histories, self._near, batch)


def sparse_scores(histories: Any, near: Any, batch: ScoringBatch) -> FloatMatrix:
    """Histories times an item-by-item matrix (rows are the scored items), for the rows of a batch; 0 for new items."""
    scores = np.zeros((len(batch.users), len(batch.rows)), np.float32)
    n_known = 0 if near is None else near.shape[0]
    n_rows = max(n_known, int(histories.rows.max(initial=-1)) + 1)
    known = batch.rows < n_known
    if known.any():
        history = histories.matrix(n_rows, binary=True)[:, :n_known]
        wanted = near if known.all() and len(batch.rows) == n_known else near[batch.rows[known]]
        found = history @ wanted.T
        dense = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
        scores[:, known] = dense / np.sqrt(np.maximum(histories.lengths(), 1))[:, None]
    return scores
