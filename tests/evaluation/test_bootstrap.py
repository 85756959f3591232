"""Bootstrap intervals: coverage on a simulation, seeds, what cannot be resampled."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import bootstrap

from simengine.errors import UsageError
from simengine.evaluation.bootstrap import Interval, bootstrap_intervals, percentile_interval
from simengine.evaluation.classification import classification_units
from simengine.evaluation.similarity import similarity_units
from simengine.evaluation.units import MeanUnits


def mean_units(values: np.ndarray) -> MeanUnits:
    ids = tuple(str(number) for number in range(len(values)))
    return MeanUnits(ids, ("value",), values.reshape(-1, 1), "query", "value")


def test_nineteen_of_twenty_intervals_hold_the_true_mean() -> None:
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        interval = bootstrap_intervals(
            mean_units(generator.normal(3.0, 1.0, 60)), rng=generator, n_resamples=200
        )["value"]
        held += interval.low <= 3.0 <= interval.high
    # 300 draws at 0.95: a standard deviation is 0.0126; the percentile bootstrap itself falls a little short.
    assert 0.90 <= held / 300 <= 0.98


def test_the_interval_agrees_with_scipy() -> None:
    values = np.random.default_rng(1).exponential(1.0, 80)
    ours = bootstrap_intervals(mean_units(values), rng=2, n_resamples=4_000)["value"]
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=4_000, rng=3).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_higher_confidence_is_a_wider_interval() -> None:
    units = mean_units(np.random.default_rng(1).normal(size=50))
    wide, narrow = (bootstrap_intervals(units, rng=0, confidence=c)["value"] for c in (0.99, 0.5))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_same_seed_gives_the_same_interval() -> None:
    units = mean_units(np.random.default_rng(1).normal(size=50))
    assert bootstrap_intervals(units, rng=7) == bootstrap_intervals(units, rng=np.random.default_rng(7))
    assert bootstrap_intervals(units, rng=7) != bootstrap_intervals(units, rng=8)


def test_a_model_that_is_always_right_has_no_spread() -> None:
    units = classification_units(["a", "b"] * 10, ["a", "b"] * 10, labels=("a", "b"))
    interval = bootstrap_intervals(units, rng=0)["accuracy"]
    assert (interval.low, interval.high) == (1.0, 1.0)


def test_samples_without_a_correlation_are_left_out_and_counted() -> None:
    units = similarity_units([0, 0, 1], [0, 1, 2])
    interval = bootstrap_intervals(units, rng=0, n_resamples=1_000)["pearson"]
    # All three draws the same or all gold 0: (2/3)^3 + (1/3)^3.
    assert interval.n_undefined / 1_000 == pytest.approx(9 / 27, abs=0.05)
    assert interval.low <= interval.high


def test_a_metric_that_no_sample_defines_has_no_interval() -> None:
    assert bootstrap_intervals(similarity_units([0, 1, 2], [5, 5, 5]), rng=0) == {}
    assert percentile_interval(np.array([math.nan]), 0.95) is None


def test_quantiles_of_known_values() -> None:
    interval = percentile_interval(np.append(np.arange(101.0), math.nan), 0.9)
    assert interval == Interval(pytest.approx(5.0), pytest.approx(95.0), 0.9, 102, 1)


@pytest.mark.parametrize(
    ("n", "options", "message"),
    [
        (1, {}, "at least 2 units; there are 1"),
        (5, {"n_resamples": 10}, "n_resamples is 10"),
        (5, {"confidence": 1.0}, r"confidence is 1\.0"),
        (5, {"confidence": 95}, "confidence is 95"),
    ],
)
def test_what_cannot_be_resampled_is_refused(n: int, options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        bootstrap_intervals(mean_units(np.arange(float(n))), **options)
