"""How sure a metric is: percentile bootstrap over units.

Reference: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.errors import UsageError
from simengine.evaluation.result import Result
from simengine.evaluation.units import Units, Values

N_RESAMPLES = 1_000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval(Result):
    """A confidence interval.

    Attributes:
        low, high: its ends.
        confidence: the share of such intervals that hold the true value, in (0, 1).
        n_resamples: samples that it was made from.
        n_undefined: samples that were left out because they do not define the metric.
    """

    low: float
    high: float
    confidence: float
    n_resamples: int
    n_undefined: int = 0


def bootstrap_intervals(
    units: Units,
    *,
    rng: int | np.random.Generator = 0,
    n_resamples: int = N_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> dict[str, Interval]:
    """Confidence intervals of all metrics, by drawing units with replacement.

    Args:
        units: what was judged; at least 2.
        rng: seed or generator.
        n_resamples: at least 100 (1,000 settle the ends to about a tenth of the interval's width).
        confidence: in (0, 1).

    Returns:
        Metric name to interval, from the same samples for all metrics. A metric that no sample defines has none.

    Raises:
        UsageError: too few units or resamples, or a confidence out of range.
    """
    check_resampling(len(units), n_resamples, confidence)
    generator = np.random.default_rng(rng)
    n = len(units)
    samples = [units.measure(generator.integers(0, n, n)) for _ in range(n_resamples)]
    return {
        name: interval
        for name in samples[0]
        if (interval := percentile_interval(np.array([sample[name] for sample in samples]), confidence))
    }


def percentile_interval(values: Values, confidence: float) -> Interval | None:
    """The interval between two quantiles of resampled values (r,); None where all of them are NaN."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail]).tolist()
    return Interval(low, high, confidence, len(values), len(values) - len(defined))


def check_resampling(n_units: int, n_resamples: int, confidence: float) -> None:
    """Refuse what gives no interval.

    Raises:
        UsageError: too few units or resamples, or a confidence out of range.
    """
    if n_units < 2:
        raise UsageError(f"resampling needs at least 2 units, there are {n_units}")
    if n_resamples < 100:
        raise UsageError(f"n_resamples is {n_resamples}; expected at least 100")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence is {confidence}; expected a number between 0 and 1, such as 0.95")
