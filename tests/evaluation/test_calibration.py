"""Expected calibration error, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.evaluation.calibration import evaluate_calibration


def test_four_predictions_in_two_bins() -> None:
    result = evaluate_calibration([0.2, 0.4, 0.9, 0.9], [True, False, True, True], n_bins=2)
    low, high = result.bins
    assert (low.n, low.probability, low.accuracy) == (2, pytest.approx(0.3), 0.5)
    assert (high.n, high.probability, high.accuracy) == (2, pytest.approx(0.9), 1.0)
    assert result.expected_calibration_error == pytest.approx(0.5 * 0.2 + 0.5 * 0.1)


def test_an_edge_belongs_to_the_bin_below_it_and_zero_to_the_first() -> None:
    result = evaluate_calibration([0.0, 0.5, 1.0], [True, True, True], n_bins=2)
    assert [one.n for one in result.bins] == [2, 1]


def test_an_empty_bin_has_no_figures() -> None:
    result = evaluate_calibration([0.9], [True], n_bins=2)
    assert (result.bins[0].n, result.bins[0].probability, result.bins[0].accuracy) == (0, None, None)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 20))
def test_every_prediction_is_in_one_bin_and_the_error_is_between_0_and_1(
    predictions: list[tuple[float, bool]], n_bins: int
) -> None:
    result = evaluate_calibration([p for p, _ in predictions], [r for _, r in predictions], n_bins=n_bins)
    assert sum(one.n for one in result.bins) == len(predictions)
    assert 0 <= result.expected_calibration_error <= 1 + 1e-9
    overall = abs(np.mean([p for p, _ in predictions]) - np.mean([r for _, r in predictions]))
    assert result.expected_calibration_error >= overall - 1e-9


@pytest.mark.parametrize(
    ("probabilities", "right", "n_bins", "message"),
    [
        ([], [], 15, "as many probabilities"),
        ([0.5], [True, False], 15, "as many probabilities"),
        ([1.5], [True], 15, "softmax"),
        ([float("nan")], [True], 15, "softmax"),
        ([0.5], [True], 0, "n_bins is 0"),
    ],
)
def test_what_is_no_probability_is_refused(probabilities, right, n_bins: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate_calibration(probabilities, right, n_bins=n_bins)
