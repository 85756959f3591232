"""Items whose text is near to what a user likes."""

from __future__ import annotations

import numpy as np

from simengine.recommend.scorers.contract import ScoringBatch, Training
from simengine.types import FloatMatrix


class ContentScorer:
    """The largest inner product of an item's vector with one of the user's, between about -1 and 1."""

    name = "content"

    def fit(self, training: Training) -> None:
        """Nothing to learn: profiles come with every batch."""

    def score(self, batch: ScoringBatch) -> FloatMatrix:
        """See `Scorer.score`."""
        n_interests = batch.profiles.shape[1]
        best: FloatMatrix = batch.profiles[:, 0] @ batch.vectors.T
        for place in range(1, n_interests):
            other = np.flatnonzero((batch.profiles[:, place] != batch.profiles[:, 0]).any(axis=1))
            if len(other):
                found = batch.profiles[other, place] @ batch.vectors.T
                best[other] = np.maximum(best[other], found)
        return best
