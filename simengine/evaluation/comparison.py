"""Two models on the same units: is one better, or is it luck?

References: Noreen, Computer-Intensive Methods for Testing Hypotheses, 1989 (approximate randomisation); Koehn,
Statistical Significance Tests for Machine Translation Evaluation, EMNLP 2004 (paired bootstrap); McNemar, Note on
the sampling error of the difference between correlated proportions or percentages, Psychometrika 12, 1947.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.errors import UsageError
from simengine.evaluation.bootstrap import (
    CONFIDENCE,
    N_RESAMPLES,
    Interval,
    check_resampling,
    percentile_interval,
)
from simengine.evaluation.result import Result
from simengine.evaluation.units import Units, Values
from simengine.extras import optional_module

EQUAL = 1e-9
"""Differences up to here come from rounding."""


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """One metric of two models.

    Attributes:
        metric: its name.
        first, second: its values.
        difference: second minus first: positive if the second model is better.
        interval: of the difference, by paired bootstrap; None where no sample defines it.
        p_value: two-sided, by approximate randomisation: how often a difference of at least this size arises when
            it is drawn for each unit which model said what. NaN where the metric is not defined.
    """

    metric: str
    first: float
    second: float
    difference: float
    interval: Interval | None
    p_value: float


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """How many units each model does better than the other, by the main metric.

    Attributes:
        metric: what is compared for each unit.
        first_better: for metrics that are right or wrong, the units that only the first model gets right.
        second_better: the same for the second.
        equal: units that both do equally well.
        both_right, both_wrong: how the equal ones divide, for metrics that are right or wrong; else None.
        mcnemar_p: two-sided, exact (binomial), for metrics that are right or wrong; else None.
    """

    metric: str
    first_better: int
    second_better: int
    equal: int
    both_right: int | None
    both_wrong: int | None
    mcnemar_p: float | None


@dataclass(frozen=True, slots=True)
class Comparison(Result):
    """Two models on the same units.

    Attributes:
        n: units.
        noun: what a unit is.
        metrics: a difference for each metric.
        units: which model does which units better; None where only the whole can be judged.
    """

    n: int
    noun: str
    metrics: tuple[MetricDifference, ...]
    units: UnitCounts | None


def compare_models(
    first: Units,
    second: Units,
    *,
    rng: int | np.random.Generator = 0,
    n_resamples: int = N_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Compare two models on the same units.

    Args:
        first, second: the units with each model's predictions.
        rng: seed or generator.
        n_resamples: samples of the bootstrap, and of the randomisation.
        confidence: of the intervals, in (0, 1).

    Raises:
        UsageError: the units are not the same, or the resampling cannot be done.
    """
    if type(first) is not type(second) or len(first) != len(second) or not first.same_gold(second):
        raise UsageError(
            f"two models can only be compared on the same units; the first has {len(first)} ({first.noun}), the "
            f"second {len(second)} ({second.noun}), or their gold answers differ"
        )
    check_resampling(len(first), n_resamples, confidence)
    generator = np.random.default_rng(rng)
    values1, values2 = first.measure_all(), second.measure_all()
    names = list(values1)
    resampled = _bootstrap(first, second, names, generator, n_resamples)
    shuffled = _randomise(first, second, names, generator, n_resamples)
    metrics = []
    for column, name in enumerate(names):
        difference = values2[name] - values1[name]
        as_large = np.count_nonzero(np.abs(shuffled[:, column]) >= abs(difference) - EQUAL)
        p_value = float("nan") if np.isnan(difference) else (as_large + 1) / (n_resamples + 1)
        interval = percentile_interval(resampled[:, column], confidence)
        metrics.append(
            MetricDifference(name, values1[name], values2[name], difference, interval, float(p_value))
        )
    return Comparison(len(first), first.noun, tuple(metrics), count_units(first, second))


def _bootstrap(
    first: Units, second: Units, names: list[str], generator: np.random.Generator, n_resamples: int
) -> Values:
    """(n_resamples, m): second minus first on samples with replacement, the same sample for both."""
    differences = np.empty((n_resamples, len(names)))
    n = len(first)
    for number in range(n_resamples):
        rows = generator.integers(0, n, n)
        differences[number] = _difference(first.measure(rows), second.measure(rows), names)
    return differences


def _randomise(
    first: Units, second: Units, names: list[str], generator: np.random.Generator, n_resamples: int
) -> Values:
    """(n_resamples, m): second minus first after the models' answers were exchanged for half of the units."""
    differences = np.empty((n_resamples, len(names)))
    n = len(first)
    for number in range(n_resamples):
        mask = generator.random(n) < 0.5
        mixed1, mixed2 = first.exchanged(second, mask), second.exchanged(first, mask)
        differences[number] = _difference(mixed1.measure_all(), mixed2.measure_all(), names)
    return differences


def _difference(first: dict[str, float], second: dict[str, float], names: list[str]) -> list[float]:
    return [second[name] - first[name] for name in names]


def count_units(first: Units, second: Units) -> UnitCounts | None:
    """Which units each model does better; None where units cannot be judged one by one."""
    values1, values2 = first.values(), second.values()
    if values1 is None or values2 is None:
        return None
    better1 = int(np.count_nonzero(values1 > values2 + EQUAL))
    better2 = int(np.count_nonzero(values2 > values1 + EQUAL))
    equal = len(values1) - better1 - better2
    both = np.concatenate([values1, values2])
    if not np.isin(both, (0.0, 1.0)).all():
        return UnitCounts(first.value_name, better1, better2, equal, None, None, None)
    both_right = int(np.count_nonzero(values1 + values2 == 2))
    p_value = mcnemar(better1, better2)
    return UnitCounts(first.value_name, better1, better2, equal, both_right, equal - both_right, p_value)


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p-value of McNemar's exact test, from the units that only one of two models gets right."""
    if only_first + only_second == 0:
        return 1.0
    stats = optional_module("scipy.stats", "evaluate", "McNemar's test")
    return float(stats.binomtest(only_first, only_first + only_second, 0.5).pvalue)
