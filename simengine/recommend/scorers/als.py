"""Matrix factorisation by alternating least squares, through the package `implicit`."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from simengine.errors import UsageError
from simengine.extras import optional_module
from simengine.index.threads import blas_threads
from simengine.recommend.scorers.contract import ScoringBatch, Training
from simengine.types import FloatMatrix


class AlsScorer:
    """The inner product of a user's and an item's factors.

    Args:
        factors: at least 1.
        regularisation: at least 0.
        alpha: weight of an interaction against none.
        iterations: at least 1.
        use: "all" interactions, or the "liked" ones.
        seed: of the factors' first values.
        threads: None for all cores.
        name: of the scorer, where there are two.

    Raises:
        MissingExtraError: implicit is not installed.

    Reference: Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets, ICDM 2008.
    """

    def __init__(
        self,
        *,
        factors: int = 32,
        regularisation: float = 10.0,
        alpha: float = 1.0,
        iterations: int = 15,
        use: Literal["all", "liked"] = "all",
        seed: int = 0,
        threads: int | None = None,
        name: str = "als",
    ) -> None:
        if factors < 1 or iterations < 1:
            raise UsageError(f"factors is {factors} and iterations {iterations}; expected at least 1 each")
        if use not in ("all", "liked"):
            raise UsageError(f"use is {use!r}; expected 'all' or 'liked'")
        self.name = name
        self._settings: dict[str, Any] = {
            "factors": factors,
            "regularization": regularisation,
            "alpha": alpha,
            "iterations": iterations,
            "random_state": seed,
            "num_threads": threads or 0,
        }
        self._use = use
        self._als = optional_module("implicit.cpu.als", "recommend", "factorisation by ALS")
        self._model: Any = None

    def fit(self, training: Training) -> None:
        """Train; without interactions every score is 0."""
        histories = training.histories if self._use == "all" else training.histories.liked()
        self._model = None
        if not len(histories.rows):
            return
        with blas_threads(1):  # its own threads and those of BLAS would fight
            self._model = self._als.AlternatingLeastSquares(**self._settings)
            self._model.fit(histories.matrix(len(training.item_ids), binary=True), show_progress=False)

    def score(self, batch: ScoringBatch) -> FloatMatrix:
        """See `Scorer.score`. A taste that was not there in training gets its factors from its history."""
        if self._model is None:
            return np.zeros((len(batch.users), len(batch.rows)), np.float32)
        items = np.asarray(self._model.item_factors)
        users = np.zeros((len(batch.users), items.shape[1]), np.float32)
        known = batch.users >= 0
        users[known] = np.asarray(self._model.user_factors)[batch.users[known]]
        new = np.flatnonzero(~known & (batch.histories.lengths() > 0))
        if len(new):
            users[new] = self._solved(batch, new, len(items))
        rows = batch.rows
        known_rows = rows < len(items)
        scores = np.zeros((len(users), len(rows)), np.float32)
        scores[:, known_rows] = users @ items[rows[known_rows]].T
        return scores

    def _solved(self, batch: ScoringBatch, new: Any, n_items: int) -> FloatMatrix:
        histories = batch.histories.take(new)
        histories = histories if self._use == "all" else histories.liked()
        n_rows = max(n_items, int(histories.rows.max(initial=-1)) + 1)
        matrix = histories.matrix(n_rows, binary=True)[:, :n_items].tocsr()
        with blas_threads(1):
            return np.asarray(self._model.recalculate_user(np.arange(len(new)), matrix), np.float32)
