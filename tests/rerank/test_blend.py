from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.rerank.blend import best_first, blended, scores_below, unit_range

SCORES = st.lists(st.floats(-100, 100), min_size=1, max_size=12)


def test_scores_are_spread_over_0_to_1() -> None:
    np.testing.assert_allclose(unit_range([3.0, 1.0, 2.0]), [1.0, 0.0, 0.5])


@pytest.mark.parametrize("scores", [[], [0.3], [2.0, 2.0, 2.0]])
def test_scores_that_do_not_differ_are_all_0(scores: list[float]) -> None:
    assert unit_range(scores).tolist() == [0.0] * len(scores)


def test_a_blend_is_the_weighted_sum() -> None:
    got = blended([10.0, 30.0, 20.0], [0.8, 0.1, 0.5], 0.25)
    np.testing.assert_allclose(got, [0.25 * 0.8, 0.75 + 0.25 * 0.1, 0.75 * 0.5 + 0.25 * 0.5])


@settings(deadline=None, max_examples=50)
@given(SCORES, st.data())
def test_weight_0_is_the_retrievers_order_and_weight_1_the_judges(
    scores: list[float], data: st.DataObject
) -> None:
    relevance = data.draw(st.lists(st.floats(0, 1), min_size=len(scores), max_size=len(scores)))
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
