"""Measured recall: what it counts and what it does not."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.index.build import build_index
from simengine.index.contract import CandidateIndex
from simengine.index.recall import measure_recall
from simengine.index.recipe import load_recipe
from simengine.types import FloatMatrix, RowArray

N, DIM = 500, 8


def unit(n: int, seed: int) -> FloatMatrix:
    vectors = np.random.default_rng(seed).standard_normal((n, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS = unit(N, 1)
SEGMENTS = [(0, VECTORS[:200]), (200, VECTORS[200:])]
EXACT = build_index(SEGMENTS, N, DIM, load_recipe("flat"))


class Losing(CandidateIndex):
    """Exact search that loses the rows at given ranks (0 is the best)."""

    n_rows, dimension = N, DIM

    def __init__(self, *lost: int) -> None:
        self.lost = list(lost)

    def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
        scores, rows = EXACT.search(queries, k + len(self.lost))
        return np.delete(scores, self.lost, axis=1)[:, :k], np.delete(rows, self.lost, axis=1)[:, :k]

    def save(self, path: object) -> None:
        raise NotImplementedError


def test_an_exact_index_has_recall_1() -> None:
    report = measure_recall(EXACT, SEGMENTS, n_queries=50)
    assert (report.recall, report.k, report.n_queries) == (1.0, 10, 50)
    assert report.high == pytest.approx(1.0)
    assert 0.9 < report.low < 1.0


def test_a_lost_row_in_ten_is_recall_0_9_with_given_queries() -> None:
    report = measure_recall(Losing(4), SEGMENTS, queries=unit(40, 3))
    assert report.recall == pytest.approx(0.9)
    assert report.low < 0.9 < report.high


def test_a_query_drawn_from_the_rows_does_not_count_as_its_own_hit() -> None:
    assert measure_recall(Losing(0), SEGMENTS, n_queries=50).recall == 1.0  # rank 0 is the row itself
    assert measure_recall(Losing(1), SEGMENTS, n_queries=50).recall == pytest.approx(0.9)


def test_another_row_with_the_same_score_counts_as_found() -> None:
    twins = np.concatenate([VECTORS[:20], VECTORS[:20]])

    class Other(CandidateIndex):
        n_rows, dimension = 40, DIM

        def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
            scores, rows = build_index([(0, twins)], 40, DIM, load_recipe("flat")).search(queries, k)
            return scores, (rows + 20) % 40

        def save(self, path: object) -> None:
            raise NotImplementedError

    assert measure_recall(Other(), [(0, twins)], k=1, queries=unit(9, 4)).recall == 1.0


def test_fewer_rows_than_k_and_no_rows_are_measured_as_what_there_is() -> None:
    for n, expected in ((0, 0), (1, 0), (3, 3)):
        segments = [(0, VECTORS[:n])] if n else []
        report = measure_recall(build_index(segments, n, DIM, load_recipe("flat")), segments)
        assert (report.recall, report.n_queries) == (1.0, expected)


def test_rows_behind_the_index_do_not_count_against_it() -> None:
    index = build_index(SEGMENTS[:1], 200, DIM, load_recipe("flat"))
    assert measure_recall(index, SEGMENTS, queries=unit(30, 5)).recall == 1.0


def test_no_queries_are_refused() -> None:
    with pytest.raises(UsageError, match="n_queries is 0"):
        measure_recall(EXACT, SEGMENTS, n_queries=0)
