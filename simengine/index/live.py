"""Search an index some of whose rows are deleted."""

from __future__ import annotations

import math

import numpy as np

from simengine.errors import UsageError
from simengine.index.contract import CandidateIndex
from simengine.index.exact import exact_search
from simengine.index.topk import Segments, check_k, empty_result, first_rows
from simengine.types import FloatMatrix, Mask, RowArray

EXACT_ROWS = 4_096  # live rows up to which scanning them beats asking the index
MIN_LIVE_SHARE = 0.2  # ... and the share of live rows below which over-fetching loses
MAX_ROUNDS = 4


def search_live(
    index: CandidateIndex,
    segments: Segments,
    queries: FloatMatrix,
    k: int,
    live: Mask | None,
    *,
    threads: int | None = None,
) -> tuple[FloatMatrix, RowArray]:
    """The k best live rows for each query.

    More than k rows are asked of the index, twice as many each time, until k live ones are found; where few rows are
    live, or the index does not give enough, the live rows are searched exactly.

    Args:
        index: over rows 0 to index.n_rows.
        segments: the vectors of those rows; what lies behind them is ignored.
        queries: (q, dim) float32, rows L2-normalised.
        k: at least 1.
        live: bool, True for the rows that may be returned, at least index.n_rows long; None when all are live.
        threads: for exact search; None leaves numpy's own choice.

    Returns:
        scores (q, k) float32 and rows (q, k) int64 as `CandidateIndex.search` returns them.
    """
    check_k(k)
    if live is None:
        return index.search(queries, k)
    if live.ndim != 1 or live.dtype != np.bool_ or len(live) < index.n_rows:
        raise UsageError(f"live is {live.dtype} {live.shape}; expected bool ({index.n_rows},) or longer")
    alive = live[: index.n_rows]
    n_live = int(np.count_nonzero(alive))
    if n_live == index.n_rows:
        return index.search(queries, k)
    scores, rows = empty_result(len(queries), k)
    open_queries = np.arange(len(queries))
    if n_live > EXACT_ROWS and n_live >= MIN_LIVE_SHARE * index.n_rows:
        fetch = math.ceil(k * index.n_rows / n_live) + k
        for _ in range(MAX_ROUNDS):
            if not len(open_queries) or fetch >= index.n_rows // 2:
                break
            done, found_scores, found_rows = _search_once(index, queries[open_queries], k, fetch, alive)
            scores[open_queries[done]], rows[open_queries[done]] = found_scores, found_rows
            open_queries = open_queries[~done]
            fetch *= 2
    if len(open_queries):
        blocks = first_rows(segments, index.n_rows)
        scores[open_queries], rows[open_queries] = exact_search(
            blocks, queries[open_queries], k, keep=alive, threads=threads
        )
    return scores, rows


def _search_once(
    index: CandidateIndex, queries: FloatMatrix, k: int, fetch: int, alive: Mask
) -> tuple[Mask, FloatMatrix, RowArray]:
    """Which queries got k live rows, and the scores and rows of those."""
    scores, rows = index.search(queries, fetch)
    hit = (rows >= 0) & alive[rows]
    done: Mask = hit.sum(axis=1) >= k
    # A stable sort of "not live" moves the live places to the front and keeps their order.
    places = np.argsort(~hit[done], axis=1, kind="stable")[:, :k]
    return done, np.take_along_axis(scores[done], places, 1), np.take_along_axis(rows[done], places, 1)
