"""The best of each row against sorting; collapsing and variety against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.recommend import ListOptions
from simengine.recommend.items import unit_rows
from simengine.recommend.ranking import arrange, best_columns


def sorted_best(row: np.ndarray, k: int) -> list[tuple[float, int]]:
    order = sorted((-value, at) for at, value in enumerate(row.tolist()) if value > -np.inf)
    return [(-value, at) for value, at in order[:k]]


@settings(deadline=None)
@given(st.integers(0, 4), st.integers(0, 30), st.integers(1, 40), st.integers(0, 2**31))
def test_best_columns_are_those_of_a_sort(n_rows: int, width: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(-3, 4, (n_rows, width)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.3] = -np.inf
    found, columns = best_columns(scores, k)
    assert found.shape == columns.shape == (n_rows, k)
    for row, values, places in zip(scores, found, columns, strict=True):
        expected = sorted_best(row, k)
        assert list(zip(values.tolist(), places.tolist(), strict=True)) == expected + [(-np.inf, -1)] * (
            k - len(expected)
        )


@pytest.mark.parametrize("k", [1, 7, 20])
@pytest.mark.parametrize("width", [2_049, 5_003])
def test_wide_rows_with_ties_and_gaps_are_sorted_too(width: int, k: int) -> None:
    rng = np.random.default_rng(width + k)
    scores = np.round(rng.standard_normal((5, width)), 2).astype(np.float32)
    scores[:, rng.random(width) < 0.5] = -np.inf
    scores[3, 4:] = -np.inf
    found, columns = best_columns(scores, k)
    for row, values, places in zip(scores, found, columns, strict=True):
        expected = sorted_best(row, k)
        assert list(zip(values.tolist(), places.tolist(), strict=True))[: len(expected)] == expected


def pool(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    v = unit_rows(rng.standard_normal((n, 4)).astype(np.float32))
    scores = -np.sort(-rng.random((2, n)).astype(np.float32), axis=1)
    rows = np.stack([rng.permutation(n) for _ in range(2)]).astype(np.int64)
    return scores, rows, v


def plain_mmr(scores: np.ndarray, rows: np.ndarray, v: np.ndarray, places: int, weight: float) -> list[int]:
    relevance = (scores - scores.min()) / (scores.max() - scores.min())
    chosen: list[int] = []
    while len(chosen) < min(places, len(rows)):
        gains = [
            -np.inf
            if at in chosen
            else (1 - weight) * relevance[at]
            - weight * max((float(v[rows[at]] @ v[rows[other]]) for other in chosen), default=0.0)
            for at in range(len(rows))
        ]
        chosen.append(int(np.argmax(gains)))
    return [int(rows[at]) for at in chosen]


@pytest.mark.parametrize("weight", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_variety_is_maximal_marginal_relevance(seed: int, weight: float) -> None:
    scores, rows, v = pool(15, seed)
    found_scores, found = arrange(scores, rows, v, 6, ListOptions(diversity=weight))
    for at in range(2):
        assert found[at].tolist() == plain_mmr(scores[at], rows[at], v, 6, weight)
        by_row = dict(zip(rows[at].tolist(), scores[at].tolist(), strict=True))
        assert found_scores[at].tolist() == [by_row[row] for row in found[at].tolist()]


def test_of_near_identical_items_the_best_stays_and_the_rest_moves_up() -> None:
    v = unit_rows(np.array([[1, 0], [1, 0.001], [0, 1], [1, 1]], np.float32))
    scores = np.array([[0.9, 0.8, 0.7, 0.6]], np.float32)
    rows = np.array([[1, 0, 2, 3]])
    found_scores, found = arrange(scores, rows, v, 4, ListOptions(collapse_cosine=0.99))
    assert found.tolist() == [[1, 2, 3, -1]]
    np.testing.assert_allclose(found_scores, [[0.9, 0.7, 0.6, -np.inf]])


def test_a_cosine_of_1_folds_equal_vectors() -> None:
    v = np.tile(unit_rows(np.random.default_rng(0).standard_normal((1, 64)).astype(np.float32)), (3, 1))
    _, found = arrange(
        np.array([[3, 2, 1]], np.float32), np.array([[0, 1, 2]]), v, 3, ListOptions(collapse_cosine=1.0)
    )
    assert found.tolist() == [[0, -1, -1]]


def test_an_empty_pool_stays_empty() -> None:
    scores, rows = np.full((2, 3), -np.inf, np.float32), np.full((2, 3), -1, np.int64)
    v = np.eye(2, dtype=np.float32)
    for options in (ListOptions(), ListOptions(diversity=0.5, collapse_cosine=0.9)):
        found_scores, found = arrange(scores, rows, v, 5, options)
        assert found.tolist() == [[-1] * 5] * 2
        assert np.isneginf(found_scores).all()


@pytest.mark.parametrize("options", [{"diversity": 1.5}, {"collapse_cosine": 0.0}, {"pool": 0}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        ListOptions(**options)  # type: ignore[arg-type]
