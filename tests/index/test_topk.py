"""Scores, ties and merging."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.index.topk import merge_topk, rescore

VECTORS = np.eye(4, dtype=np.float32)
SEGMENTS = [(0, VECTORS[:1]), (1, VECTORS[1:3]), (3, VECTORS[3:])]


def test_rescore_gives_inner_products_and_minus_infinity_for_empty_places() -> None:
    queries = np.array([[1, 2, 3, 4], [4, 3, 2, 1]], np.float32)
    scores = rescore(SEGMENTS, queries, np.array([[3, -1, 0], [1, 2, -1]]))
    assert scores.tolist() == [[4, -np.inf, 1], [3, 2, -np.inf]]


def test_rescore_refuses_rows_outside_the_segments() -> None:
    with pytest.raises(UsageError, match="row 4"):
        rescore(SEGMENTS, VECTORS[:1], np.array([[4]]))
    with pytest.raises(UsageError, match="row 0"):
        rescore([(1, VECTORS[1:])], VECTORS[:1], np.array([[0]]))


def test_merge_keeps_the_best_and_breaks_ties_by_the_lower_row() -> None:
    a = (np.array([[0.9, 0.5]], np.float32), np.array([[7, 3]]))
    b = (np.array([[0.9, 0.5, -np.inf]], np.float32), np.array([[2, 1, -1]]))
    scores, rows = merge_topk([a, b], 3)
    assert rows.tolist() == [[2, 7, 1]]
    assert scores.tolist() == [[np.float32(0.9), np.float32(0.9), 0.5]]


def test_merge_pads_when_there_are_fewer_than_k() -> None:
    scores, rows = merge_topk([(np.array([[0.1]], np.float32), np.array([[4]]))], 3)
    assert rows.tolist() == [[4, -1, -1]]
    assert np.isneginf(scores[0, 1:]).all()


def test_merge_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one"):
        merge_topk([], 3)
