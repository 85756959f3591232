"""Exact search equals brute force in float64, whatever the mask, the blocks and the batch."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simengine.index.exact as exact_module
from simengine.errors import StoreError, UsageError
from simengine.index.exact import exact_search
from simengine.types import FloatMatrix, Mask, RowArray


def unit(n: int, dim: int, seed: int) -> FloatMatrix:
    vectors = np.random.default_rng(seed).standard_normal((n, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def brute_force(
    vectors: FloatMatrix, queries: FloatMatrix, k: int, keep: Mask | None
) -> tuple[FloatMatrix, RowArray]:
    scores = np.full((len(queries), k), -np.inf, np.float32)
    rows = np.full((len(queries), k), -1, np.int64)
    kept = np.arange(len(vectors)) if keep is None else np.flatnonzero(keep)
    for q, query in enumerate(queries):
        all_scores = (vectors[kept].astype(np.float64) @ query.astype(np.float64)).astype(np.float32)
        order = np.lexsort((kept, -all_scores))[:k]
        scores[q, : len(order)], rows[q, : len(order)] = all_scores[order], kept[order]
    return scores, rows


def cut(vectors: FloatMatrix, places: list[int]) -> list[tuple[int, FloatMatrix]]:
    edges = sorted({0, len(vectors), *(place for place in places if place < len(vectors))})
    return [(a, vectors[a:b]) for a, b in itertools.pairwise(edges)]


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 400),
    n_queries=st.integers(1, 9),
    dim=st.sampled_from([3, 16, 33]),
    k=st.sampled_from([1, 2, 10, 500]),
    selectivity=st.sampled_from(["none kept", "one row", 0.01, 0.5, 0.9, 1.0, None]),
    places=st.lists(st.integers(1, 399), max_size=3),
    copies=st.integers(0, 40),
    seed=st.integers(0, 10_000),
)
def test_masked_search_equals_brute_force(
    n: int,
    n_queries: int,
    dim: int,
    k: int,
    selectivity: float | str | None,
    places: list[int],
    copies: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    vectors, queries = unit(n, dim, seed), unit(n_queries, dim, seed + 1)
    vectors[rng.integers(0, n, copies)] = vectors[0]
    keep: Mask | None = None
    if isinstance(selectivity, str):
        keep = np.zeros(n, bool)
        keep[rng.integers(0, n)] = selectivity == "one row"
    elif selectivity is not None:
        keep = rng.random(n) < selectivity
    scores, rows = exact_search(cut(vectors, places), queries, k, keep=keep)
    true_scores, true_rows = brute_force(vectors, queries, k, keep)
    np.testing.assert_array_equal(rows, true_rows)
    np.testing.assert_array_equal(scores, true_scores)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.5, 0.59, 0.61, 1.0])
@pytest.mark.parametrize("n_queries", [1, 70])
def test_many_blocks_equal_brute_force(share: float, n_queries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_module, "SCORES_PER_BLOCK", 7_000)
    monkeypatch.setattr(exact_module, "GATHER_BYTES", 6_000)
    monkeypatch.setattr(exact_module, "DENSITY_ROWS", 512)
    monkeypatch.setattr(exact_module, "FIRST_ROWS", 64)
    monkeypatch.setattr(exact_module, "MAX_PENDING", 300)
    monkeypatch.setattr(exact_module, "QUERIES_PER_PASS", 33)
    vectors, queries = unit(4_000, 24, 1), unit(n_queries, 24, 2)
    vectors[1_500:1_700] = vectors[3]  # more equal rows than places, across blocks
    keep = np.random.default_rng(3).random(4_000) < share
    keep[2_000:3_000] = share > 0  # a dense stretch between sparse ones
    for mask in (keep, None):
        scores, rows = exact_search(cut(vectors, [1_000, 1_001, 3_333]), queries, 25, keep=mask)
        true_scores, true_rows = brute_force(vectors, queries, 25, mask)
        np.testing.assert_array_equal(rows, true_rows)
        np.testing.assert_array_equal(scores, true_scores)


def test_rows_in_rising_order_of_score_are_all_considered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_module, "SCORES_PER_BLOCK", 256)
    monkeypatch.setattr(exact_module, "FIRST_ROWS", 8)
    monkeypatch.setattr(exact_module, "MAX_PENDING", 50)
    angles = np.linspace(1.5, 0.0, 3_000)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    _, rows = exact_search([(0, vectors)], np.array([[1, 0]], np.float32), 5)
    true_rows = brute_force(vectors, np.array([[1, 0]], np.float32), 5, None)[1]
    np.testing.assert_array_equal(rows, true_rows)


def test_batch_equals_single_and_thread_counts_agree() -> None:
    vectors, queries = unit(3_000, 48, 5), unit(80, 48, 6)
    scores, rows = exact_search([(0, vectors)], queries, 10)
    limited = exact_search([(0, vectors)], queries, 10, threads=1)
    np.testing.assert_array_equal(limited[1], rows)
    np.testing.assert_array_equal(limited[0], scores)
    for q in range(80):
        one = exact_search([(0, vectors)], queries[q : q + 1], 10)
        np.testing.assert_array_equal(one[1][0], rows[q])
        np.testing.assert_array_equal(one[0][0], scores[q])


@pytest.mark.parametrize(("n_rows", "wish", "given"), [(100, None, 1), (100, 2, 2), (2_000, None, None)])
def test_little_work_is_done_by_one_thread(
    monkeypatch: pytest.MonkeyPatch, n_rows: int, wish: int | None, given: int | None
) -> None:
    """OpenBLAS's other threads would go on spinning and take the processor from the next caller."""
    seen: list[int | None] = []

    @contextlib.contextmanager
    def note(threads: int | None) -> Iterator[None]:
        seen.append(threads)
        yield

    monkeypatch.setattr(exact_module, "blas_threads", note)
    monkeypatch.setattr(exact_module, "ONE_THREAD_PRODUCTS", 4 * 8 * 1_000)
    vectors = np.eye(8, dtype=np.float32)[np.arange(n_rows) % 8]
    exact_search([(0, vectors)], vectors[:4], 3, threads=wish)
    assert seen == [given]


def test_equal_vectors_score_equally_wherever_they_stand() -> None:
    vectors, query = unit(2_049, 77, 8), unit(1, 77, 9)
    vectors[::5] = query[0]
    scores, rows = exact_search([(0, vectors[:700]), (700, vectors[700:])], query, 410)
    np.testing.assert_array_equal(rows[0], np.arange(0, 2_049, 5))
    assert len(set(scores[0].tolist())) == 1


def test_memory_mapped_and_read_only_vectors_are_searched(tmp_path) -> None:
    np.save(tmp_path / "v.npy", unit(50, 8, 1))
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    _, rows = exact_search([(0, mapped)], mapped[7:8], 1)
    assert rows.tolist() == [[7]]


def test_no_rows_and_no_queries_give_padding_and_empty_arrays() -> None:
    scores, rows = exact_search([], unit(2, 4, 1), 3)
    assert rows.tolist() == [[-1] * 3] * 2
    assert np.isneginf(scores).all()
    scores, rows = exact_search([(0, unit(5, 4, 1))], np.empty((0, 4), np.float32), 3)
    assert scores.shape == rows.shape == (0, 3)


@pytest.mark.parametrize("place", [0, 4_999])
def test_vectors_that_are_not_numbers_are_an_error_and_not_a_lost_row(place: int) -> None:
    vectors = unit(5_000, 4, 1)
    vectors[place] = np.nan
    with pytest.raises(StoreError, match="contain NaN"):
        exact_search([(0, vectors)], unit(1, 4, 2), 3)


def test_wrong_arguments_are_refused_with_what_was_expected() -> None:
    segments, queries = [(0, unit(5, 4, 1))], unit(1, 4, 2)
    with pytest.raises(UsageError, match=r"expected bool \(5,\)"):
        exact_search(segments, queries, 1, keep=np.ones(4, bool))
    with pytest.raises(UsageError, match=r"expected \(q, 4\)"):
        exact_search(segments, unit(1, 5, 2), 1)
    with pytest.raises(UsageError, match="k is 0"):
        exact_search(segments, queries, 0)
    with pytest.raises(UsageError, match="not finite"):
        exact_search(segments, queries * np.float32("nan"), 1)
    with pytest.raises(UsageError, match="begins before row 5"):
        exact_search([*segments, (3, unit(2, 4, 1))], queries, 1)
    with pytest.raises(UsageError, match="threads is 0"):
        exact_search(segments, queries, 1, threads=0)


def test_exact_search_imports_neither_faiss_nor_torch() -> None:
    code = (
        "import sys, numpy as np\n"
        "from simengine.index.exact import exact_search\n"
        "from simengine.index.recipe import load_recipe\n"
        "exact_search([(0, np.eye(4, dtype='f4'))], np.eye(4, dtype='f4'), 2)\n"
        "assert not {'faiss', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
