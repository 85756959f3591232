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
        columns = batch.vectors.T
        best: FloatMatrix = batch.profiles[:, 0] @ columns
        buffer = np.empty_like(best) if batch.profiles.shape[1] > 1 else best
        for place in range(1, batch.profiles.shape[1]):
            other = np.flatnonzero((batch.profiles[:, place] != batch.profiles[:, 0]).any(axis=1))
            if len(other) == len(best):
                np.maximum(best, np.matmul(batch.profiles[:, place], columns, out=buffer), out=best)
            elif len(other):
                found = np.matmul(batch.profiles[other, place], columns, out=buffer[: len(other)])
                best[other] = np.maximum(best[other], found)
        return best
