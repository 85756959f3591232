"""Which claims are near enough to be compared: nearest neighbours by exact matrix products in blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.errors import UsageError
from simengine.progress import NoProgress, Progress
from simengine.types import FloatMatrix, Mask, RowArray

SCORES_PER_BLOCK = 1 << 22  # float32 cosines held at once: 16 MB
DENSE_SHARE = 0.1  # share of a block's cosines above the minimum, beyond which sorting them costs too much
NORM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class NearPairs:
    """Pairs of near rows, nearest first, ties by their rows.

    Attributes:
        rows: (m, 2) int64, the lower row first, no pair twice.
        cosines: (m,) float32, descending.
    """

    rows: RowArray
    cosines: FloatMatrix


def near_pairs(
    vectors: FloatMatrix,
    k: int,
    min_cosine: float,
    *,
    apart: Sequence[RowArray] = (),
    sides: Mask | None = None,
    progress: Progress | None = None,
) -> NearPairs:
    """The k nearest rows of each row that it may be compared with, as pairs.

    A pair counts if one of the two is among the k nearest of the other. Equal cosines prefer the lower row, so that
    the result does not depend on blocks. Time grows with the square of n: 100,000 rows of 384 take about two minutes
    on two cores.

    Args:
        vectors: (n, dim) float32, rows L2-normalised.
        k: at least 1.
        min_cosine: least cosine of a pair.
        apart: each (n,) int64; rows with equal values of at least 0 in one of them are not compared.
        sides: (n, 2) bool, whether a row belongs to the one side and to the other; then pairs have one row of each.
        progress: notified of the rows.

    Raises:
        UsageError: rows that are not L2-normalised, or k below 1.
    """
    if k < 1:
        raise UsageError(f"k is {k}; expected at least 1")
    n, progress = len(vectors), progress or NoProgress()
    if n < 2:
        return NearPairs(np.empty((0, 2), np.int64), np.empty(0, np.float32))
    norms = np.linalg.norm(vectors, axis=1)
    if not np.allclose(norms, 1.0, atol=NORM_TOLERANCE):
        raise UsageError(
            "the encoder's vectors are not L2-normalised, so that their products are not cosines"
        )
    pairs = nearest_rows(
        lambda rows: vectors[rows] @ vectors.T,
        n,
        k,
        min_cosine,
        apart=apart,
        sides=sides,
        progress=progress,
    )
    cosines = cosines_of(vectors, pairs)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -cosines))
    return NearPairs(pairs[order], cosines[order])


def nearest_rows(
    scores_of: Callable[[RowArray], FloatMatrix],
    n: int,
    k: int,
    least: float,
    *,
    apart: Sequence[RowArray] = (),
    sides: Mask | None = None,
    progress: Progress | None = None,
) -> RowArray:
    """Pairs of rows of which one is among the k of the other with the highest scores.

    Args:
        scores_of: from b rows to (b, n) float32, their scores with all rows; symmetric. It may be overwritten.
        n: rows.
        k, apart, sides, progress: see `near_pairs`.
        least: least score of a pair.

    Returns:
        (m, 2) int64, the lower row first, ascending, no pair twice.
    """
    found: list[RowArray] = [np.empty((0, 2), np.int64)]
    block = max(1, SCORES_PER_BLOCK // max(n, 1))
    for start in range(0, n, block):
        rows = np.arange(start, min(start + block, n))
        found.append(_best(scores_of(rows), rows, k, least, apart, sides))
        if progress is not None:
            progress.advance(len(rows))
    pairs: RowArray = np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
    return pairs


def cosines_of(vectors: FloatMatrix, pairs: RowArray) -> FloatMatrix:
    """(m,) float32, the cosines of (m, 2) pairs of rows, in [-1, 1]."""
    products = np.einsum("ij,ij->i", vectors[pairs[:, 0]], vectors[pairs[:, 1]])
    cosines: FloatMatrix = np.clip(products, -1.0, 1.0).astype(np.float32)
    return cosines


def _best(
    scores: FloatMatrix,
    rows: RowArray,
    k: int,
    least: float,
    apart: Sequence[RowArray],
    sides: Mask | None,
) -> RowArray:
    """(m, 2) pairs (row, neighbour) of a block, at most k for each row; of equals the lower neighbours."""
    n = scores.shape[1]
    hits = np.flatnonzero(scores >= least)
    if len(hits) > scores.size * DENSE_SHARE:  # thin them out before they are sorted
        everywhere = np.repeat(rows, n), np.tile(np.arange(n), len(rows))
        scores[~may_be_compared(*everywhere, apart, sides).reshape(scores.shape)] = -np.inf
        kth = np.partition(scores, n - min(k, n), axis=1)[:, -min(k, n)]
        hits = np.flatnonzero((scores >= kth[:, None]) & (scores >= least))
    places, neighbours = np.divmod(hits, n)
    owners, cosines = rows[places], scores.ravel()[hits]
    allowed = may_be_compared(owners, neighbours, apart, sides)
    owners, neighbours, cosines = owners[allowed], neighbours[allowed], cosines[allowed]
    order = np.lexsort((neighbours, -cosines, owners))
    owners, neighbours = owners[order], neighbours[order]
    kept = np.arange(len(owners)) - np.searchsorted(owners, owners) < k
    return np.stack([owners[kept], neighbours[kept]], axis=1).astype(np.int64)


def may_be_compared(
    owners: RowArray, neighbours: RowArray, apart: Sequence[RowArray], sides: Mask | None
) -> Mask:
    """Which pairs may be compared."""
    allowed: Mask = owners != neighbours
    for groups in apart:
        allowed &= (groups[owners] != groups[neighbours]) | (groups[owners] < 0)
    if sides is not None:
        one, other = sides[:, 0], sides[:, 1]
        allowed &= (one[owners] & other[neighbours]) | (other[owners] & one[neighbours])
    return allowed


def cluster_numbers(n: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """For each pair the number of its connected component of `n` rows, from 1 as they first come up."""
    roots, numbers = list(range(n)), dict[int, int]()

    def root(row: int) -> int:
        while roots[row] != row:
            roots[row] = roots[roots[row]]
            row = roots[row]
        return row

    for left, right in pairs:
        low, high = sorted((root(left), root(right)))
        roots[high] = low
    return [numbers.setdefault(root(left), len(numbers) + 1) for left, _ in pairs]
