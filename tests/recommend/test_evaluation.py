"""Splits by time and measures: worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.recommend import (
    Interactions,
    evaluate_recommendations,
    leave_last_out,
    relevant_items,
    split_by_time,
)


def world() -> Interactions:
    return Interactions.from_arrays(
        ["a", "a", "a", "b", "b", "c"],
        ["x", "y", "z", "x", "y", "z"],
        ratings=[5, 3, 4, 2, 5, 5],
        times=[1, 2, 6, 3, 5, 4],
    )


def pairs(part: Interactions) -> list[tuple[str, str]]:
    return [(part.user_ids[u], part.item_ids[i]) for u, i in zip(part.users, part.items, strict=True)]


def test_a_split_by_time_has_one_cut_for_all() -> None:
    earlier, later = split_by_time(world(), 0.34)
    assert pairs(earlier) == [("a", "x"), ("a", "y"), ("b", "x"), ("c", "z")]
    assert pairs(later) == [("a", "z"), ("b", "y")]
    assert earlier.require_times().max() < later.require_times().min()


def test_leave_last_out_takes_each_users_last_and_leaves_short_ones_alone() -> None:
    earlier, later = leave_last_out(world())
    assert pairs(later) == [("a", "z"), ("b", "y")]
    assert pairs(earlier) == [("a", "x"), ("a", "y"), ("b", "x"), ("c", "z")]
    assert pairs(leave_last_out(world(), 2)[1]) == [("a", "y"), ("a", "z")]


def test_relevant_is_what_was_liked_later_and_not_seen_before() -> None:
    earlier, later = split_by_time(world(), 0.5)
    assert relevant_items(later, earlier) == {"a": {"z"}, "b": {"y"}, "c": {"z"}}
    assert relevant_items(later, earlier, at_least=5) == {"b": {"y"}, "c": {"z"}}
    again = Interactions.from_arrays(["a", "a"], ["x", "x"], times=[1, 9])
    assert relevant_items(again.since(5), again.before(5)) == {}


def test_measures_are_those_of_the_literature() -> None:
    lists = np.full((2, 20), "", object)
    lists[0, :3] = ["p", "q", "r"]
    lists[1, :2] = ["s", "p"]
    relevant = {"a": {"q", "t"}, "b": {"s"}, "nobody": {"x"}}
    result = evaluate_recommendations(["a", "b"], lists, relevant, n_items=8)
    ndcg_a = (1 / np.log2(3)) / (1 + 1 / np.log2(3))
    assert result.per_user["a"]["nDCG@10"] == pytest.approx(ndcg_a, abs=1e-4)
    assert result.metrics["nDCG@10"] == pytest.approx((ndcg_a + 1) / 2, abs=1e-4)
    assert result.metrics["Recall@20"] == pytest.approx(0.75)
    assert result.coverage == 4 / 8
    assert result.to_dict()["n_users"] == 2


def test_users_with_nothing_relevant_do_not_count() -> None:
    lists = np.full((2, 20), "", object)
    lists[:, 0] = "p"
    assert evaluate_recommendations(["a", "b"], lists, {"a": {"p"}}, n_items=1).n_users == 1
    with pytest.raises(UsageError, match="relevant"):
        evaluate_recommendations(["a", "b"], lists, {}, n_items=1)


def test_lists_that_are_too_short_or_name_an_item_twice_are_refused() -> None:
    with pytest.raises(UsageError, match="5 items"):
        evaluate_recommendations(["a"], np.full((1, 5), "p", object), {"a": {"p"}}, n_items=1)
    with pytest.raises(UsageError, match="twice"):
        evaluate_recommendations(["a"], np.full((1, 20), "p", object), {"a": {"p"}}, n_items=1)


def test_splits_refuse_what_they_cannot_do() -> None:
    for share in (0, 1, -1):
        with pytest.raises(UsageError, match="share"):
            split_by_time(world(), share)
    with pytest.raises(UsageError, match="n is 0"):
        leave_last_out(world(), 0)
    with pytest.raises(UsageError, match="no times"):
        leave_last_out(Interactions.from_arrays(["a"], ["x"]))
