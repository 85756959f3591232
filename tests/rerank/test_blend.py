from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.rerank.blend import best_first, blended, log_odds, scores_below, standardised

SCORES = st.lists(st.floats(-100, 100), min_size=1, max_size=12)


def test_values_get_mean_0_and_deviation_1() -> None:
    root = np.sqrt(1.5)
    np.testing.assert_allclose(standardised([3.0, 1.0, 2.0]), [root, -root, 0.0], atol=1e-12)


@pytest.mark.parametrize("scores", [[], [0.3], [2.0, 2.0, 2.0], [1e-300, 0.0]])
def test_scores_that_do_not_differ_are_all_0(scores: list[float]) -> None:
    assert standardised(scores).tolist() == [0.0] * len(scores)


def test_log_odds_are_those_of_the_probabilities_and_finite() -> None:
    np.testing.assert_allclose(log_odds([0.5, 0.9, 0.01]), [0.0, np.log(9), -np.log(99)], rtol=1e-9)
    assert np.isfinite(log_odds([0.0, 1.0])).all()


def test_a_blend_is_the_logistic_of_the_weighted_sum() -> None:
    retriever, odds = np.array([10.0, 30.0, 20.0]), np.log([4.0, 1 / 9, 1.0])
    joined = 0.75 * (retriever - 20) / np.std(retriever) + 0.25 * (odds - odds.mean()) / np.std(odds)
    np.testing.assert_allclose(blended(retriever, [0.8, 0.1, 0.5], 0.25), 1 / (1 + np.exp(-joined)))


def test_what_moves_and_stretches_log_odds_changes_no_score() -> None:
    relevance = np.array([0.9, 0.2, 0.4, 0.05])
    calibrated = 1 / (1 + np.exp(-(0.5 * log_odds(relevance) - 1.0)))
    np.testing.assert_allclose(
        blended([4.0, 3.0, 2.0, 1.0], relevance, 0.3), blended([4.0, 3.0, 2.0, 1.0], calibrated, 0.3)
    )


@settings(deadline=None, max_examples=50)
@given(SCORES, st.data())
def test_weight_0_is_the_retrievers_order_and_weight_1_the_judges(
    scores: list[float], data: st.DataObject
) -> None:
    said = data.draw(st.lists(st.integers(1, 999), min_size=len(scores), max_size=len(scores)))
    relevance = [each / 1000 for each in said]
    names = [f"{place:02}" for place in range(len(scores))]
    assert best_first(blended(np.round(scores), relevance, 0.0), names) == best_first(np.round(scores), names)
    assert best_first(blended(scores, relevance, 1.0), names) == best_first(relevance, names)


@settings(deadline=None, max_examples=50)
@given(SCORES, st.floats(0, 1), st.floats(0, 1))
def test_a_judge_that_says_the_same_of_all_changes_no_order(
    scores: list[float], said: float, weight: float
) -> None:
    rounded = np.round(scores)
    names = [f"{place:02}" for place in range(len(scores))]
    got = best_first(blended(rounded, [said] * len(scores), min(weight, 0.9)), names)
    assert got == best_first(rounded, names)


@settings(deadline=None, max_examples=50)
@given(SCORES, st.floats(0, 1))
def test_blends_lie_between_0_and_1(scores: list[float], weight: float) -> None:
    got = blended(scores, np.linspace(0, 1, len(scores)), weight)
    assert got.min() >= 0.0
    assert got.max() <= 1.0 + 1e-12


def test_equal_scores_stand_in_the_order_of_their_ids() -> None:
    assert best_first([0.5, 0.7, 0.5], ["b", "c", "a"]) == [1, 2, 0]


def test_what_follows_the_judged_ones_falls_below_0() -> None:
    assert scores_below(4).tolist() == [-0.25, -0.5, -0.75, -1.0]
    assert scores_below(0).shape == (0,)
