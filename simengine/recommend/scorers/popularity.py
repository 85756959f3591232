"""Scores items by the number of users who chose them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.recommend.interactions import SECONDS_PER_DAY, rows_of
from simengine.recommend.scorers.contract import ScoringBatch, Training
from simengine.types import FloatMatrix, RowArray


class PopularityScorer:
    """The number of users who interacted with an item, on a logarithmic scale from 0 to 1.

    Args:
        half_life_days: age, counted from the latest interaction of all, at which an interaction counts half; None
            for no decay. Needs times.
        count: "all" interactions, or the "liked" ones.
        name: of the scorer, if there are two.
    """

    def __init__(
        self,
        *,
        half_life_days: float | None = None,
        count: Literal["all", "liked"] = "all",
        name: str = "popularity",
    ) -> None:
        if half_life_days is not None and not half_life_days > 0:
            raise UsageError(f"half_life_days is {half_life_days}; expected a number above 0, or None")
        if count not in ("all", "liked"):
            raise UsageError(f"count is {count!r}; expected 'all' or 'liked'")
        self.name = name
        self._half_life_days, self._count = half_life_days, count
        self._scores = np.empty(0, np.float32)

    def fit(self, training: Training) -> None:
        """Count."""
        n = len(training.item_ids)
        if self._half_life_days is None or not len(training.interactions):
            histories = training.histories if self._count == "all" else training.histories.liked()
            counts: npt.NDArray[np.float64] = np.bincount(histories.rows, minlength=n).astype(np.float64)
        else:
            counts = self._faded(training, n)
        top = counts.max(initial=0.0)
        self._scores = (np.log1p(counts) / np.log1p(top) if top > 0 else counts).astype(np.float32)

    def _faded(self, training: Training, n: int) -> npt.NDArray[np.float64]:
        interactions = training.interactions.latest()
        times = interactions.require_times()
        table = {id_: row for row, id_ in enumerate(training.item_ids)}
        rows = rows_of(table, interactions.item_ids)[interactions.items]
        age_days = (times.max() - times) / SECONDS_PER_DAY
        weights = np.exp2(-age_days / float(self._half_life_days or 1.0))
        keep = rows >= 0
        if self._count == "liked":
            liked = training.histories.liked()
            pairs = liked.owners() * n + liked.rows
            keep &= np.isin(interactions.users * n + rows, pairs)
        return np.bincount(rows[keep], weights=weights[keep], minlength=n).astype(np.float64)

    def score(self, batch: ScoringBatch) -> FloatMatrix:
        """See `Scorer.score`; the same for every user."""
        return np.broadcast_to(padded(self._scores, batch.rows), (len(batch.users), len(batch.rows)))


def padded(values: FloatMatrix, rows: RowArray) -> FloatMatrix:
    """`values[rows]`, 0 for rows beyond its end."""
    known = rows < len(values)
    made = np.zeros(len(rows), np.float32)
    made[known] = values[rows[known]]
    return made
