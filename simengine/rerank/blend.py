"""Blending a retriever's scores with a reranker's.

The blended score of a reranked candidate of one query is the logistic function of::

    (1 - weight) * standardised retriever score + weight * standardised log-odds of its relevance

- Neither side has a scale that other models share: a retriever's scores have none at all, and the spread of a
  cross-encoder's probabilities depends on its training. Both are standardised to mean 0 and standard deviation 1 over
  the reranked candidates of the query (all 0 if they are equal).
- Log-odds, because a cross-encoder is linear in them: from 0.90 to 0.99 is as far as from 0.50 to 0.91. A
  calibration that shifts or scales log-odds (Platt, temperature) therefore changes no order.
- Weight 0 is the retriever's order. Weight 1 is the reranker alone, and the score its relevance. Equal scores are in
  the order of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.float64]

SUREST = 1e-6
"""Relevance is clipped to this distance from 0 and 1."""
SMALLEST_SPREAD = 1e-9
"""Values closer than this are equal."""


def standardised(values: Sequence[float] | npt.NDArray[np.floating]) -> Values:
    """Values of one query with mean 0 and standard deviation 1: (n,) float64; all 0 if they are equal."""
    given = np.asarray(values, np.float64)
    if not given.size or given.std() < SMALLEST_SPREAD:
        return np.zeros(given.shape)
    result: Values = (given - given.mean()) / given.std()
    return result


def log_odds(probabilities: Sequence[float] | npt.NDArray[np.floating]) -> Values:
    """log(p / (1 - p)): (n,) float64."""
    inside = np.clip(np.asarray(probabilities, np.float64), SUREST, 1.0 - SUREST)
    result: Values = np.log(inside) - np.log1p(-inside)
    return result


def blended(
    retriever: Sequence[float] | npt.NDArray[np.floating],
    relevance: Sequence[float] | npt.NDArray[np.floating],
    weight: float,
) -> Values:
    """Blended scores of the reranked candidates of one query: (n,) float64 in [0, 1]; below weight 1, 0.5 is
    the average candidate's.

    Args:
        retriever: (n,) scores on any scale, higher is better.
        relevance: (n,) in [0, 1].
        weight: the reranker's share, in [0, 1].
    """
    if weight == 1.0:
        return np.array(relevance, np.float64)
    joined = (1.0 - weight) * standardised(retriever) + weight * standardised(log_odds(relevance))
    result: Values = 1.0 / (1.0 + np.exp(-joined))
    return result


def best_first(scores: Sequence[float] | npt.NDArray[np.floating], ids: Sequence[str]) -> list[int]:
    """Indices of the scores, highest first, ties in the order of their ids."""
    return sorted(range(len(ids)), key=lambda place: (-scores[place], ids[place]))


def scores_below(n: int) -> Values:
    """Scores for n candidates that follow the reranked ones in their old order: (n,) float64, descending, below 0."""
    result: Values = -np.arange(1, n + 1) / max(n, 1)
    return result
