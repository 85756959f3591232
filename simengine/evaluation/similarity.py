"""Graded similarity of sentences (STS)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.evaluation.result import Result
from simengine.evaluation.units import SimilarityUnits, varies
from simengine.extras import optional_module
from simengine.types import Json


@dataclass(frozen=True, slots=True)
class SimilarityResult(Result):
    """How well scores follow judgements.

    Attributes:
        n: pairs.
        pearson: linear correlation.
        spearman: correlation of ranks, what STS is usually reported by. Both are NaN if the model gives every
            pair the same score, up to the rounding of float32.
    """

    n: int
    pearson: float
    spearman: float

    def as_dict(self) -> dict[str, Json]:
        """As JSON; NaN becomes null."""
        values = {"pearson": self.pearson, "spearman": self.spearman}
        return {"n": self.n, **{name: None if math.isnan(value) else value for name, value in values.items()}}


def evaluate_similarity(
    gold: Sequence[float] | npt.NDArray[np.floating], predicted: Sequence[float] | npt.NDArray[np.floating]
) -> SimilarityResult:
    """Pearson's and Spearman's correlation, by SciPy.

    Args:
        gold: (n,) judgements, on any scale.
        predicted: (n,) scores, on any scale, higher for more similar.

    Raises:
        UsageError: fewer than 2 pairs, different lengths, numbers that are not finite, or judgements that are all
            the same.
        MissingExtraError: SciPy is not installed.
    """
    units = similarity_units(gold, predicted)
    scores = np.asarray(predicted, np.float64)
    if not varies(scores):
        return SimilarityResult(len(units), math.nan, math.nan)
    stats = optional_module("scipy.stats", "evaluate", "correlations")
    return SimilarityResult(
        len(units),
        float(stats.pearsonr(units.gold, scores).statistic),
        float(stats.spearmanr(units.gold, scores).statistic),
    )


def similarity_units(
    gold: Sequence[float] | npt.NDArray[np.floating], predicted: Sequence[float] | npt.NDArray[np.floating]
) -> SimilarityUnits:
    """The same, for intervals and comparisons.

    Raises:
        UsageError: see `evaluate_similarity`.
    """
    judged, scores = np.asarray(gold, np.float64), np.asarray(predicted, np.float64)
    if judged.ndim != 1 or judged.shape != scores.shape or len(judged) < 2:
        raise UsageError(
            f"expected as many scores as judgements, and at least 2, got {scores.shape} and {judged.shape}"
        )
    for role, values in (("judgement", judged), ("score", scores)):
        if not np.isfinite(values).all():
            raise UsageError(f"{role} {int(np.flatnonzero(~np.isfinite(values))[0]) + 1} is no finite number")
    if not varies(judged):
        raise UsageError(
            f"all {len(judged)} judgements are {judged[0]:g}; a correlation needs different ones"
        )
    return SimilarityUnits.of(judged, scores)
