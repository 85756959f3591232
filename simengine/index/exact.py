"""Exact search over memory-mapped vectors, with or without a mask: the engine's filter path and its oracle.

Scores are first computed by blocked matrix products, then the few rows that can still be among the best are scored
again in one fixed way (see `topk`), so that the result does not depend on blocks or kernels. Only numpy is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simengine.errors import StoreError, UsageError
from simengine.index.threads import blas_threads
from simengine.index.topk import (
    Segments,
    check_k,
    check_queries,
    check_segments,
    empty_result,
    merge_topk,
    pair_scores,
    rank_pairs,
    rounding_margin,
)
from simengine.types import FloatMatrix, Mask, RowArray

QUERIES_PER_PASS = 256  # queries that share one pass over the vectors
SCORES_PER_BLOCK = 1 << 20  # float32 scores held at once: 4 MB
GATHER_BYTES = 768 << 10  # vectors copied at once; they stay in a core's cache until they are multiplied
DENSITY_ROWS = 16_384  # rows over which the share of kept rows is judged
SCAN_DENSITY = 0.6  # share of kept rows from which multiplying all of them costs less than copying some
MAX_PENDING = 1 << 18  # candidate pairs held before they are scored exactly and thinned out
FIRST_ROWS = 2_048  # rows of the first block that the first threshold is taken from
ONE_THREAD_PRODUCTS = 1 << 24  # multiplications up to which one thread does; see _threads_for
LOWEST = np.finfo(np.float32).min


def exact_search(
    segments: Segments,
    queries: FloatMatrix,
    k: int,
    *,
    keep: Mask | None = None,
    threads: int | None = None,
) -> tuple[FloatMatrix, RowArray]:
    """The k best rows for each query among all rows, or among those that a mask keeps.

    Args:
        segments: (first_row, (n, dim) float32) in ascending order, rows L2-normalised; may be memory-mapped.
        queries: (q, dim) float32.
        k: at least 1; may exceed the number of rows.
        keep: (n_rows,) bool, True for the rows that may be returned; n_rows is the end of the last segment.
        threads: for the matrix products; None means one for small work, else numpy's default.

    Returns:
        scores (q, k) float32, descending, ties by the lower row; rows (q, k) int64. Padded with -inf and -1.

    Raises:
        UsageError: shapes that do not fit, k below 1, or queries that are not finite.
        StoreError: vectors contain NaN.
    """
    check_k(k)
    blocks = check_segments(segments)
    queries = check_queries(queries, blocks[0][1].shape[1] if blocks else None)
    n_rows = blocks[-1][0] + len(blocks[-1][1]) if blocks else 0
    if keep is not None and (keep.shape != (n_rows,) or keep.dtype != np.bool_):
        raise UsageError(f"keep is {keep.dtype} {keep.shape}; expected bool ({n_rows},), one value per row")
    scores, rows = empty_result(len(queries), k)
    with blas_threads(_threads_for(queries, n_rows, threads)):
        for start in range(0, len(queries), QUERIES_PER_PASS):
            part = slice(start, start + QUERIES_PER_PASS)
            best = _Best(blocks, queries[part], k, n_rows)
            for row_numbers, block_scores in _score_blocks(blocks, queries[part], keep):
                best.offer(row_numbers, block_scores)
            scores[part], rows[part] = best.result()
    return scores, rows


def _threads_for(queries: FloatMatrix, n_rows: int, threads: int | None) -> int | None:
    """One thread for small work: OpenBLAS's others keep spinning for some 25 ms after a product of microseconds.

    That costs more processor time than the search, and takes it from whoever runs next: here, the encoder.
    """
    if threads is None and queries.size * n_rows <= ONE_THREAD_PRODUCTS:
        return 1
    return threads


class _Best:
    """The rows seen so far that can be among the k best of each query."""

    def __init__(self, segments: Segments, queries: FloatMatrix, k: int, n_rows: int) -> None:
        self._segments, self._queries, self._k = segments, queries, k
        self._margin = rounding_margin(queries)
        self._leaders = np.full((len(queries), min(k, n_rows)), LOWEST, np.float32)
        self._threshold = np.full(len(queries), LOWEST, np.float32)
        self._pending: list[tuple[RowArray, RowArray, FloatMatrix]] = []
        self._n_pending = 0
        self._ranked: list[tuple[FloatMatrix, RowArray]] = []

    def offer(self, row_numbers: RowArray, scores: FloatMatrix) -> None:
        """Consider a block: row_numbers (b,), scores (b, q), -inf for rows that may not be returned."""
        if np.isnan(scores.min()):
            raise StoreError(
                f"vectors of rows {row_numbers[0]} to {row_numbers[-1]} contain NaN; "
                "`simengine verify` names the damaged file"
            )
        if (self._threshold == LOWEST).all():
            self._threshold = self._first_threshold(scores)
        # flatnonzero is several times faster than nonzero on a table with few hits.
        hits = np.flatnonzero(scores >= self._threshold)
        if not len(hits):
            return
        places, pair_queries = np.divmod(hits, scores.shape[1])
        found = scores.ravel()[hits]
        self._leaders = self._with_leaders(pair_queries, found)
        self._threshold = self._below(self._leaders.min(axis=1))
        self._pending.append((pair_queries, row_numbers[places], found))
        self._n_pending += len(hits)
        if self._n_pending > MAX_PENDING:
            self._rank_pending()

    def _below(self, kth: FloatMatrix) -> FloatMatrix:
        """A row whose exact score is among the k best has a sum of at least this, if `kth` is the k-th best sum."""
        threshold: FloatMatrix = np.maximum(kth - self._margin, LOWEST)
        return threshold

    def _first_threshold(self, scores: FloatMatrix) -> FloatMatrix:
        """A threshold from the first rows of the first block, so that the block need not be sorted whole."""
        n_leaders = self._leaders.shape[1]
        sample = scores[: max(FIRST_ROWS, 4 * n_leaders)].T
        if sample.shape[1] <= n_leaders:
            return self._threshold
        split = sample.shape[1] - n_leaders
        return self._below(np.partition(sample, split, axis=1)[:, split])

    def _with_leaders(self, pair_queries: RowArray, found: FloatMatrix) -> FloatMatrix:
        """The best scores of each query, with `found` included."""
        order = np.argsort(pair_queries, kind="stable")
        owners = pair_queries[order]
        places = np.arange(len(order)) - np.searchsorted(owners, owners)
        table = np.full((len(self._queries), int(places.max()) + 1), LOWEST, np.float32)
        table[owners, places] = found[order]
        table = np.concatenate([self._leaders, table], axis=1)
        n_leaders = self._leaders.shape[1]
        return np.partition(table, table.shape[1] - n_leaders, axis=1)[:, -n_leaders:]

    def _rank_pending(self) -> None:
        """Score what is pending exactly and keep the k best of it."""
        if not self._pending:
            return
        pair_queries, rows, found = (np.concatenate(column) for column in zip(*self._pending, strict=True))
        self._pending, self._n_pending = [], 0
        alive = found >= self._threshold[pair_queries]
        pair_queries, rows = pair_queries[alive], rows[alive]
        scores = pair_scores(self._segments, self._queries, pair_queries, rows)
        self._ranked.append(rank_pairs(pair_queries, rows, scores, len(self._queries), self._k))
        if len(self._ranked) > 1:
            self._ranked = [merge_topk(self._ranked, self._k)]

    def result(self) -> tuple[FloatMatrix, RowArray]:
        self._rank_pending()
        return self._ranked[0] if self._ranked else empty_result(len(self._queries), self._k)


def _score_blocks(
    segments: Segments, queries: FloatMatrix, keep: Mask | None
) -> Iterator[tuple[RowArray, FloatMatrix]]:
    """Blocks of (row numbers (b,), scores (b, q)); the scores live in one buffer that the next block overwrites."""
    columns = np.ascontiguousarray(queries.T)
    n_block = max(1, SCORES_PER_BLOCK // len(queries))
    n_block = min(n_block, max((len(vectors) for _, vectors in segments), default=0))
    buffer = np.empty((n_block, len(queries)), np.float32)
    for first_row, vectors in segments:
        kept = None if keep is None else keep[first_row : first_row + len(vectors)]
        dense, sparse = _split_by_density(kept, len(vectors))
        for low, high in dense:
            for start in range(low, high, n_block):
                end = min(start + n_block, high)
                scores = np.matmul(vectors[start:end], columns, out=buffer[: end - start])
                if kept is not None:
                    scores[~kept[start:end]] = -np.inf
                yield np.arange(first_row + start, first_row + end), scores
        for start in range(0, len(sparse), n_block):
            chosen = sparse[start : start + n_block]
            yield first_row + chosen, _gathered_product(vectors, chosen, columns, buffer[: len(chosen)])


def _split_by_density(kept: Mask | None, n: int) -> tuple[list[tuple[int, int]], RowArray]:
    """Ranges of rows worth multiplying whole, and the kept rows outside them."""
    if kept is None:
        return [(0, n)] if n else [], np.empty(0, np.int64)
    dense: list[tuple[int, int]] = []
    sparse: list[RowArray] = []
    for low in range(0, n, DENSITY_ROWS):
        high = min(low + DENSITY_ROWS, n)
        if np.count_nonzero(kept[low:high]) < SCAN_DENSITY * (high - low):
            sparse.append(np.flatnonzero(kept[low:high]) + low)
        elif dense and dense[-1][1] == low:
            dense[-1] = (dense[-1][0], high)
        else:
            dense.append((low, high))
    return dense, np.concatenate(sparse) if sparse else np.empty(0, np.int64)


def _gathered_product(
    vectors: FloatMatrix, rows: RowArray, columns: FloatMatrix, out: FloatMatrix
) -> FloatMatrix:
    """vectors[rows] @ columns, copied and multiplied in pieces that fit a core's cache."""
    n_piece = max(1, GATHER_BYTES // (4 * vectors.shape[1]))
    piece = np.empty((min(n_piece, len(rows)), vectors.shape[1]), np.float32)
    for start in range(0, len(rows), n_piece):
        chosen = rows[start : start + n_piece]
        # mode="clip" lets numpy write into `piece` directly; the rows come from a mask and are in range.
        copied = np.take(vectors, chosen, axis=0, out=piece[: len(chosen)], mode="clip")
        np.matmul(copied, columns, out=out[start : start + len(chosen)])
    return out
