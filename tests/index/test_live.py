"""Deleted rows never come back, and as many live ones come as there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.index.build import build_index
from simengine.index.contract import ANNIndex
from simengine.index.exact import exact_search
from simengine.index.live import search_live
from simengine.index.recipe import load_recipe
from simengine.types import FloatMatrix, RowArray

N, DIM = 12_000, 16


def unit(n: int, seed: int) -> FloatMatrix:
    vectors = np.random.default_rng(seed).standard_normal((n, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS, QUERIES = unit(N + 100, 1), unit(6, 2)
SEGMENTS = [(0, VECTORS[:N]), (N, VECTORS[N:])]
EXACT = build_index(SEGMENTS[:1], N, DIM, load_recipe("flat"))


class Counting(ANNIndex):
    """Passes searches on and remembers their k."""

    n_rows, dimension = N, DIM

    def __init__(self) -> None:
        self.asked: list[int] = []

    def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
        self.asked.append(k)
        return EXACT.search(queries, k)

    def save(self, path: object) -> None:
        raise NotImplementedError


@settings(max_examples=20, deadline=None)
@given(
    share=st.sampled_from([0.0, 0.0002, 0.1, 0.5, 0.99, 1.0]),
    k=st.sampled_from([1, 10, 300]),
    seed=st.integers(0, 99),
)
def test_an_exact_index_gives_the_exact_live_rows(share: float, k: int, seed: int) -> None:
    live = np.random.default_rng(seed).random(N + 100) < share
    scores, rows = search_live(EXACT, SEGMENTS, QUERIES, k, live)
    true_scores, true_rows = exact_search(SEGMENTS[:1], QUERIES, k, keep=live[:N])
    np.testing.assert_array_equal(rows, true_rows)
    np.testing.assert_array_equal(scores, true_scores)


def test_the_nearest_rows_all_deleted_makes_it_ask_for_more_then_search_exactly() -> None:
    live = np.ones(N, bool)
    live[exact_search(SEGMENTS[:1], QUERIES[:1], 3_000)[1][0]] = False
    index = Counting()
    _, rows = search_live(index, SEGMENTS, QUERIES, 10, live)
    np.testing.assert_array_equal(rows, exact_search(SEGMENTS[:1], QUERIES, 10, keep=live)[1])
    assert index.asked == sorted(index.asked)
    assert len(index.asked) > 1


def test_few_live_rows_are_searched_without_asking_the_index() -> None:
    index, live = Counting(), np.zeros(N, bool)
    live[17] = True
    _, rows = search_live(index, SEGMENTS, QUERIES, 3, live)
    assert rows.tolist() == [[17, -1, -1]] * 6
    assert index.asked == []


def test_an_approximate_index_gives_only_live_rows_and_k_of_them() -> None:
    index = build_index(SEGMENTS[:1], N, DIM, load_recipe("pq-fastscan"), threads=1)
    live = np.random.default_rng(5).random(N) < 0.6
    scores, rows = search_live(index, SEGMENTS, QUERIES, 20, live)
    assert live[rows].all()
    assert (rows >= 0).all()
    assert (np.diff(scores, axis=1) <= 0).all()


def test_no_mask_and_a_full_mask_are_a_plain_search() -> None:
    for live in (None, np.ones(N, bool)):
        index = Counting()
        search_live(index, SEGMENTS, QUERIES, 3, live)
        assert index.asked == [3]


def test_a_mask_that_is_too_short_is_refused() -> None:
    with pytest.raises(UsageError, match=r"expected bool \(12000,\) or longer"):
        search_live(EXACT, SEGMENTS, QUERIES, 3, np.ones(5, bool))
