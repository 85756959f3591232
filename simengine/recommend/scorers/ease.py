"""A linear autoencoder over items, in closed form: the strongest of the plain models on small catalogues."""

from __future__ import annotations

from typing import Literal

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.scorers.contract import ScoringBatch, Training
from simengine.recommend.scorers.item_knn import sparse_scores
from simengine.types import FloatMatrix

MAX_ITEMS = 20_000


class EaseScorer:
    """Weights between items that best predict each item of a history from its others.

    Its matrix is dense, and computing it costs the cube of the number of items, so at most MAX_ITEMS are allowed.

    Args:
        regularisation: above 0; more for fewer users.
        use: "all" interactions, or the "liked" ones.
        name: of the scorer, if there are two.

    Reference: Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019.
    """

    def __init__(
        self, *, regularisation: float = 200.0, use: Literal["all", "liked"] = "all", name: str = "ease"
    ) -> None:
        if not regularisation > 0:
            raise UsageError(f"regularisation is {regularisation}; expected a number above 0")
        if use not in ("all", "liked"):
            raise UsageError(f"use is {use!r}; expected 'all' or 'liked'")
        self.name = name
        self._regularisation, self._use = regularisation, use
        self._weights: FloatMatrix | None = None

    def fit(self, training: Training) -> None:
        """Invert the Gram matrix of the items.

        Raises:
            UsageError: there are more than MAX_ITEMS.
        """
        n = len(training.item_ids)
        if n > MAX_ITEMS:
            raise UsageError(
                f"{n:,} items are too many for the scorer {self.name!r} (at most {MAX_ITEMS:,}): use item-knn or als"
            )
        histories = training.histories if self._use == "all" else training.histories.liked()
        chosen = histories.matrix(n, binary=True)
        gram = (chosen.T @ chosen).toarray().astype(np.float64)
        gram[np.diag_indices(n)] += self._regularisation
        inverse = np.linalg.inv(gram)
        weights = inverse / -np.diag(inverse)
        weights[np.diag_indices(n)] = 0.0
        self._weights = weights.T.astype(np.float32)  # rows are the scored items

    def score(self, batch: ScoringBatch) -> FloatMatrix:
        """See `Scorer.score`."""
        histories = batch.histories if self._use == "all" else batch.histories.liked()
        return sparse_scores(histories, self._weights, batch)
