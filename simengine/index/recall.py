"""How many of the true nearest rows an index finds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simengine.errors import UsageError
from simengine.index.contract import CandidateIndex
from simengine.index.exact import exact_search
from simengine.index.topk import Segments, check_k, first_rows, gather_rows
from simengine.types import FloatMatrix, RowArray

Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class RecallReport:
    """Recall@k of an index against exact search.

    Attributes:
        recall: mean over queries of the share of places that hold a row as good as the exact one there.
        low, high: 95 % Wilson interval for it with each query counted as one trial, so it is rather too wide.
        k: hits looked at for each query.
        n_queries: queries used; 0 leaves recall 1 and the interval (0, 1).
    """

    recall: float
    low: float
    high: float
    k: int
    n_queries: int


def measure_recall(
    index: CandidateIndex,
    segments: Segments,
    *,
    n_queries: int = 200,
    k: int = 10,
    seed: int = 0,
    queries: FloatMatrix | None = None,
) -> RecallReport:
    """Compare an index with exact search over the same rows.

    Pass real queries where there are some. Without them stored rows are drawn as queries and each is kept out of its
    own result, as if it had been held out of the index. Copies of stored rows with a little noise would be answered
    by the row that they were copied from and are no test at all. Held-out rows are an honest stand-in for queries
    that look like the corpus (a sentence for similar sentences); questions usually lie further from the corpus, where
    neighbours are closer to each other in score and are lost more often (indexes/README.md shows both figures).

    A row whose score equals that of the k-th exact row counts as found, so ties cost nothing.

    Args:
        index: to measure.
        segments: the vectors of its rows; what lies behind row index.n_rows is ignored.
        n_queries: rows drawn when `queries` is None, at most; fewer when there are fewer rows.
        k: at least 1.
        seed: of the draw.
        queries: (q, dim) float32, rows L2-normalised.
    """
    check_k(k)
    if n_queries < 1:
        raise UsageError(f"n_queries is {n_queries}; expected at least 1")
    blocks = first_rows(segments, index.n_rows)
    if queries is not None:
        found = index.search(queries, k)[0]
        true = exact_search(blocks, queries, k)[0]
        return _report(found, true, k)
    size = min(n_queries, index.n_rows)
    drawn = np.sort(np.random.default_rng(seed).choice(index.n_rows, size, replace=False)).astype(np.int64)
    if not size:
        return _report(np.empty((0, k), np.float32), np.empty((0, k), np.float32), k)
    vectors = gather_rows(blocks, drawn)
    found = _without_self(*index.search(vectors, k + 1), drawn)
    true = _without_self(*exact_search(blocks, vectors, k + 1), drawn)
    return _report(found, true, k)


def _without_self(scores: FloatMatrix, rows: RowArray, own: RowArray) -> FloatMatrix:
    """Scores (q, k) of a result (q, k + 1) after each query's own row, or else the last place, is taken out."""
    is_own = rows == own[:, None]
    is_own[~is_own.any(axis=1), -1] = True
    others: FloatMatrix = scores[~is_own].reshape(len(scores), -1)
    return others


def _report(found: FloatMatrix, true: FloatMatrix, k: int) -> RecallReport:
    wanted = np.isfinite(true)
    n_wanted = wanted.sum(axis=1)
    found, true, n_wanted = found[n_wanted > 0], true[n_wanted > 0], n_wanted[n_wanted > 0]
    n = len(found)
    if not n:
        return RecallReport(1.0, 0.0, 1.0, k, 0)
    kth = np.take_along_axis(true, n_wanted[:, None] - 1, axis=1)
    recall = float(np.minimum((found >= kth).sum(axis=1) / n_wanted, 1.0).mean())
    low, high = _wilson(recall, n)
    return RecallReport(recall, low, high, k, n)


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Source: Wilson, Probable inference, JASA 22 (1927)."""
    spread = Z_95**2 / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return max(0.0, centre - half), min(1.0, centre + half)
