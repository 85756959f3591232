"""Scores items by the similarity of their text to a user's likes."""

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
        # One product for all interests: BLAS packs the items for it once, not once for each interest.
        own = (batch.profiles != batch.profiles[:, :1]).any(axis=2)
        own[:, 0] = True
        scores: FloatMatrix = batch.profiles[own] @ batch.vectors.T
        if len(scores) == len(own):
            return scores
        counts = own.sum(axis=1)
        starts = np.cumsum(counts) - counts
        best: FloatMatrix = scores[starts]
        for place in range(1, own.shape[1]):
            for user in np.flatnonzero(counts > place):
                np.maximum(best[user], scores[starts[user] + place], out=best[user])
        return best
