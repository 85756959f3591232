"""Exact scores of chosen rows, and rankings made from them: one definition of a score and of a tie for the package.

A score is the inner product summed in float64 and rounded to float32. It therefore depends on the two vectors only,
not on where a row stands, how the matrix was cut into blocks or which kernel found it, and equal vectors tie exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.errors import UsageError
from simengine.types import FloatMatrix, RowArray

Segments = Sequence[tuple[int, FloatMatrix]]
"""Blocks (first_row, (n, dim) float32) in ascending order of rows."""

PAIRS_PER_BLOCK = 2_048
FLOAT32_UNIT = 2.0**-24


def check_queries(queries: FloatMatrix, dimension: int | None) -> FloatMatrix:
    """Queries as contiguous (q, dim) float32; UsageError for another shape or values that are not finite."""
    checked = np.ascontiguousarray(queries, dtype=np.float32)
    if checked.ndim != 2 or (dimension is not None and checked.shape[1] != dimension):
        wanted = "(q, dim)" if dimension is None else f"(q, {dimension})"
        raise UsageError(f"queries have shape {np.shape(queries)}; expected {wanted}")
    if not np.isfinite(checked).all():
        raise UsageError("queries hold values that are not finite")
    return checked


def check_k(k: int) -> None:
    """Raise UsageError unless k is at least 1."""
    if k < 1:
        raise UsageError(f"k is {k}; expected at least 1")


def check_segments(segments: Segments) -> list[tuple[int, FloatMatrix]]:
    """Segments as plain arrays, ascending and of one dimension; UsageError otherwise."""
    checked: list[tuple[int, FloatMatrix]] = []
    end = 0
    for first_row, vectors in segments:
        block = np.asarray(vectors)
        if block.ndim != 2 or block.dtype != np.float32:
            raise UsageError(
                f"segment at row {first_row} is {block.dtype} {block.shape}; expected (n, dim) float32"
            )
        if first_row < end:
            raise UsageError(
                f"segment at row {first_row} begins before row {end}, where the one before it ends"
            )
        if checked and checked[0][1].shape[1] != block.shape[1]:
            raise UsageError(f"segments have dimensions {checked[0][1].shape[1]} and {block.shape[1]}")
        end = first_row + len(block)
        checked.append((int(first_row), block))
    return checked


def first_rows(segments: Segments, n_rows: int) -> list[tuple[int, FloatMatrix]]:
    """Segments as `check_segments` gives them, without what lies behind row `n_rows`."""
    return [
        (first_row, vectors[: n_rows - first_row])
        for first_row, vectors in check_segments(segments)
        if first_row < n_rows
    ]


def empty_result(n_queries: int, k: int) -> tuple[FloatMatrix, RowArray]:
    """A result in which no place is filled: scores -inf, rows -1."""
    return np.full((n_queries, k), -np.inf, np.float32), np.full((n_queries, k), -1, np.int64)


def rounding_margin(queries: FloatMatrix) -> FloatMatrix:
    """How far, for each query, two float32 sums of the same inner product with a unit vector can lie apart.

    Twice the bound dim * 2**-24 * |q| on the error of one sum in any order.
    Source: Higham, Accuracy and Stability of Numerical Algorithms (2nd ed.), section 3.1.
    """
    norms = np.sqrt(np.einsum("qd,qd->q", queries, queries))
    # 1.01 allows for rows whose norm is 1 only up to float32 rounding.
    margin: FloatMatrix = (2.02 * queries.shape[1] * FLOAT32_UNIT * norms).astype(np.float32)
    return margin


def gather_rows(segments: Segments, rows: RowArray) -> FloatMatrix:
    """The vectors of `rows` (m,), each within a segment, as (m, dim) float32."""
    if len(segments) == 1:
        first_row, vectors = segments[0]
        return vectors[rows - first_row if first_row else rows]
    out = np.empty((len(rows), segments[0][1].shape[1]), np.float32)
    starts = np.array([first_row for first_row, _ in segments])
    owners = np.searchsorted(starts, rows, side="right") - 1
    for owner in np.unique(owners):
        mine = np.flatnonzero(owners == owner)
        out[mine] = segments[owner][1][rows[mine] - starts[owner]]
    return out


def pair_scores(
    segments: Segments, queries: FloatMatrix, pair_queries: RowArray, rows: RowArray
) -> FloatMatrix:
    """Scores (m,) float32 of the pairs (queries[pair_queries[i]], rows[i])."""
    scores = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), PAIRS_PER_BLOCK):
        block = slice(start, start + PAIRS_PER_BLOCK)
        vectors = gather_rows(segments, rows[block])
        scores[block] = np.einsum("md,md->m", vectors, queries[pair_queries[block]], dtype=np.float64)
    return scores


def rescore(segments: Segments, queries: FloatMatrix, rows: RowArray) -> FloatMatrix:
    """Score given candidates exactly.

    Args:
        segments: blocks that hold every row asked for.
        queries: (q, dim) float32.
        rows: (q, c) int64; -1 marks a place without a candidate.

    Returns:
        (q, c) float32; -inf where `rows` is -1.

    Raises:
        UsageError: a row lies in no segment.
    """
    blocks = check_segments(segments)
    queries = check_queries(queries, blocks[0][1].shape[1] if blocks else None)
    scores = np.full(rows.shape, -np.inf, np.float32)
    pair_queries, places = np.nonzero(rows >= 0)
    wanted = rows[pair_queries, places]
    _check_rows(blocks, wanted)
    scores[pair_queries, places] = pair_scores(blocks, queries, pair_queries, wanted)
    return scores


def _check_rows(segments: Segments, rows: RowArray) -> None:
    """Raise UsageError when one of `rows` (m,) lies in no segment."""
    if not len(rows):
        return
    starts = np.array([first_row for first_row, _ in segments], np.int64)
    ends = np.array([first_row + len(vectors) for first_row, vectors in segments], np.int64)
    owners = np.searchsorted(starts, rows, side="right") - 1
    outside = rows[(owners < 0) | (rows >= (ends[owners] if len(ends) else 0))]
    if len(outside):
        raise UsageError(f"row {outside[0]} lies in none of the {len(segments)} segments")


def rank_pairs(
    pair_queries: RowArray, rows: RowArray, scores: FloatMatrix, n_queries: int, k: int
) -> tuple[FloatMatrix, RowArray]:
    """The k best of scored pairs for each query: scores falling, ties by the lower row, -inf and -1 as padding."""
    out_scores, out_rows = empty_result(n_queries, k)
    order = np.lexsort((rows, -scores, pair_queries))
    owners = pair_queries[order]
    places = np.arange(len(order)) - np.searchsorted(owners, owners)
    kept = places < k
    order, owners, places = order[kept], owners[kept], places[kept]
    out_scores[owners, places], out_rows[owners, places] = scores[order], rows[order]
    return out_scores, out_rows


def merge_topk(parts: Sequence[tuple[FloatMatrix, RowArray]], k: int) -> tuple[FloatMatrix, RowArray]:
    """The k best of several results for the same queries over rows that no two of them share.

    Args:
        parts: at least one (scores (q, c) float32, rows (q, c) int64), each as `CandidateIndex.search` returns them;
            c may differ.
        k: at least 1.

    Returns:
        scores (q, k) and rows (q, k), ties by the lower row, padded with -inf and -1.
    """
    check_k(k)
    if not parts:
        raise UsageError("merge_topk needs at least one result")
    scores = np.concatenate([part[0] for part in parts], axis=1)
    rows = np.concatenate([part[1] for part in parts], axis=1)
    pair_queries, places = np.nonzero(rows >= 0)
    return rank_pairs(pair_queries, rows[pair_queries, places], scores[pair_queries, places], len(scores), k)
