"""Interactions from arrays and sparse matrices: what is kept, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix

from simengine.errors import UsageError
from simengine.recommend import Interactions


def triples(interactions: Interactions) -> list[tuple[str, str, float]]:
    return [
        (interactions.user_ids[u], interactions.item_ids[i], float(v))
        for u, i, v in zip(interactions.users, interactions.items, interactions.values, strict=True)
    ]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "电影"]), st.floats(-9, 9, width=32)),
        max_size=12,
    )
)
def test_arrays_come_back_in_the_order_given(rows: list[tuple[str, str, float]]) -> None:
    users, items, weights = ([row[at] for row in rows] for at in range(3))
    assert triples(Interactions.from_arrays(users, items, weights=weights)) == rows


def test_integers_and_strings_are_the_same_ids() -> None:
    by_number = Interactions.from_arrays(np.array([7, 3, 7]), np.array([1, 1, 2]))
    by_text = Interactions.from_arrays(["7", "3", "7"], ["1", "1", "2"])
    assert triples(by_number) == triples(by_text)


def test_a_sparse_matrix_gives_its_entries_with_their_ids() -> None:
    matrix = coo_matrix(([2.0, 5.0], ([0, 1], [2, 0])), shape=(2, 3))
    made = Interactions.from_sparse(matrix, user_ids=["ann", "bob"], item_ids=["a", "b", "c"])
    assert triples(made) == [("ann", "c", 2.0), ("bob", "a", 5.0)]
    assert triples(Interactions.from_sparse(matrix.tocsr())) == [("0", "2", 2.0), ("1", "0", 5.0)]


@pytest.mark.parametrize("matrix", [np.zeros((2, 2)), [[1]], None])
def test_what_is_not_sparse_is_refused(matrix: object) -> None:
    with pytest.raises(UsageError, match="sparse"):
        Interactions.from_sparse(matrix)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("column", ["ratings", "weights", "times"])
def test_a_value_that_is_not_finite_is_refused_with_its_position(column: str, value: float) -> None:
    with pytest.raises(UsageError, match=r"at position 1"):
        Interactions.from_arrays(["u", "u"], ["a", "b"], **{column: [1.0, value]})


@pytest.mark.parametrize("bad", [" ", None, 1.5, True, ("a",)])
def test_an_id_that_is_blank_or_no_id_is_refused(bad: object) -> None:
    with pytest.raises(UsageError, match="item id at position 0"):
        Interactions.from_arrays(["u"], [bad])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(UsageError, match="as many of each"):
        Interactions.from_arrays(["u"], ["a", "b"])
    with pytest.raises(UsageError, match="as many of each"):
        Interactions.from_arrays(["u"], ["a"], ratings=[1, 2])
    with pytest.raises(UsageError, match="as many of each"):
        Interactions.from_arrays(["u"], ["a"], times=[1, 2])


def test_ratings_and_weights_together_are_refused() -> None:
    with pytest.raises(UsageError, match="one of them"):
        Interactions.from_arrays(["u"], ["a"], ratings=[1], weights=[1])


def test_one_pair_rated_differently_without_times_is_refused_and_named() -> None:
    with pytest.raises(UsageError, match="user 'u' rates item 'a' 5 at position 0, 1 at position 2"):
        Interactions.from_arrays(["u", "v", "u"], ["a", "a", "a"], ratings=[5, 1, 1])


def test_of_several_ratings_of_a_pair_the_latest_counts_and_of_equal_times_the_last_given() -> None:
    made = Interactions.from_arrays(
        ["u", "u", "v", "v"], ["a", "a", "a", "a"], ratings=[5, 1, 2, 3], times=[9, 4, 7, 7]
    )
    assert triples(made.latest()) == [("u", "a", 5.0), ("v", "a", 3.0)]


def test_before_and_since_part_the_interactions_at_a_time() -> None:
    made = Interactions.from_arrays(["u"] * 3, ["a", "b", "c"], times=[1, 2, 3])
    assert [item for _, item, _ in triples(made.before(2))] == ["a"]
    assert [item for _, item, _ in triples(made.since(2))] == ["b", "c"]
    with pytest.raises(UsageError, match="no times"):
        Interactions.from_arrays(["u"], ["a"]).before(1)
