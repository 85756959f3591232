"""Joining the order of a retriever with what a judge says.

The blended score of a candidate among those of one query that were judged is::

    (1 - weight) * place of its retriever score + weight * relevance

- The retriever's scores have no scale of their own, so they are brought to [0, 1] for each query: 0 for the lowest of
  the judged candidates, 1 for the highest, what lies between in proportion (all 0 where they are equal).
- Relevance is taken as it is, in [0, 1], not spread over the candidates: a judge that finds nothing relevant, or all
  of it, changes little.
- Weight 0 is the retriever's order, weight 1 the judge alone. Equal scores stand in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.float64]


def unit_range(scores: Sequence[float] | npt.NDArray[np.floating]) -> Values:
    """Scores of one query moved and scaled to [0, 1]: (n,) float64; all 0 where they are equal."""
    values = np.asarray(scores, np.float64)
    if not values.size or np.ptp(values) == 0:
        return np.zeros(values.shape)
    result: Values = (values - values.min()) / np.ptp(values)
    return result


def blended(
    retriever: Sequence[float] | npt.NDArray[np.floating],
    relevance: Sequence[float] | npt.NDArray[np.floating],
    weight: float,
) -> Values:
    """Blended scores of the judged candidates of one query: (n,) float64 in [0, 1].

    Args:
        retriever: (n,) scores on any scale, higher is better.
        relevance: (n,) in [0, 1].
        weight: the judge's share, in [0, 1].
    """
    judged = np.asarray(relevance, np.float64)
    result: Values = (1.0 - weight) * unit_range(retriever) + weight * judged
    return result


def best_first(scores: Sequence[float] | npt.NDArray[np.floating], ids: Sequence[str]) -> list[int]:
    """Places of the scores, the highest first, equal ones in the order of their ids."""
    return sorted(range(len(ids)), key=lambda place: (-scores[place], ids[place]))


def scores_below(n: int) -> Values:
    """Scores for n candidates that follow the judged ones in the order they had: (n,) float64, falling, below 0."""
    result: Values = -np.arange(1, n + 1) / max(n, 1)
    return result
