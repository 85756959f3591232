"""Thresholds by precision against trying them all, and Wilson's interval against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.calibration.measures import (
    calibration_error,
    log_loss,
    threshold_for_precision,
    top_label,
    wilson_lower,
)
from simengine.errors import UsageError


def exhaustive(probabilities: list[float], labels: list[int], precision: float) -> float | None:
    for threshold in sorted(set(probabilities)):
        kept = [label for p, label in zip(probabilities, labels, strict=True) if p >= threshold]
        if sum(kept) / len(kept) >= precision:
            return threshold
    return None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.7, 0.9]), st.integers(0, 1)), min_size=1, max_size=30
    ),
    st.sampled_from([0.3, 0.5, 0.75, 0.9, 1.0]),
)
def test_the_threshold_is_the_least_that_reaches_the_precision(
    pairs: list[tuple[float, int]], wanted: float
) -> None:
    probabilities, labels = [p for p, _ in pairs], [label for _, label in pairs]
    assert threshold_for_precision(probabilities, labels, wanted) == exhaustive(probabilities, labels, wanted)


def test_a_precision_that_no_threshold_reaches_gives_none() -> None:
    assert threshold_for_precision([0.2, 0.9], [1, 0], 0.9) is None
    assert threshold_for_precision([0.2, 0.9], [0, 0], 0.1) is None


def test_confidence_asks_for_more_than_the_share_itself() -> None:
    probabilities, labels = np.linspace(0, 1, 200), (np.arange(200) >= 100).astype(int)
    plain = threshold_for_precision(probabilities, labels, 0.9)
    sure = threshold_for_precision(probabilities, labels, 0.9, confidence=0.95)
    assert plain is not None
    assert sure is not None
    assert plain < sure
    kept = probabilities >= sure
    assert wilson_lower(labels[kept].sum(), kept.sum(), 0.95) >= 0.9
    assert (
        threshold_for_precision([0.9, 0.8], [1, 1], 0.9, confidence=0.95) is None
    )  # two are too few to be sure


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (3, 10), (95, 100), (500, 1_000)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilsons_lower_end_is_scipys(hits: int, n: int, confidence: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    # The lower end of a two-sided interval of 2c - 1 is the one-sided one of c.
    expected = stats.binomtest(hits, n).proportion_ci(2 * confidence - 1, method="wilson").low
    assert float(wilson_lower(hits, n, confidence)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("probabilities", "labels", "precision", "confidence"),
    [
        ([], [], 0.9, None),
        ([0.5], [1, 0], 0.9, None),
        ([0.5], [2], 0.9, None),
        ([0.5], [1], 0.0, None),
        ([0.5], [1], 1.1, None),
        ([float("nan")], [1], 0.9, None),
        ([0.5], [1], 0.9, 0.5),
        ([0.5], [1], 0.9, 1.0),
    ],
)
def test_what_gives_no_threshold_is_a_usage_error(probabilities, labels, precision, confidence) -> None:
    with pytest.raises(UsageError):
        threshold_for_precision(probabilities, labels, precision, confidence=confidence)


def test_of_several_classes_the_most_probable_is_judged() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
    probabilities, right = top_label(rows, np.array([0, 2]))
    assert (probabilities.tolist(), right.tolist()) == ([0.7, 0.6], [True, False])
    assert calibration_error(rows, np.array([0, 2])) == pytest.approx((0.3 + 0.6) / 2)
    assert log_loss(rows, np.array([0, 2])) == pytest.approx(-(np.log(0.7) + np.log(0.3)) / 2)
    assert log_loss(np.array([0.8, 0.4]), np.array([1, 0])) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
