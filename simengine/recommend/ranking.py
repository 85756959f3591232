"""From scores to lists: the best of each row, collapsing of near-identical items, diversity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.errors import UsageError
from simengine.text.arguments import as_number, as_whole
from simengine.types import FloatMatrix, Mask, RowArray

SMALL_WIDTH = 2_048
GROUPS_PER_PLACE = 8


@dataclass(frozen=True, slots=True)
class ListOptions:
    """Options for turning a ranking into a list.

    Attributes:
        diversity: in [0, 1]; 0 ranks only by score, 1 only by dissimilarity to the items above (MMR).
        collapse_cosine: of items with this cosine or more only the best is kept; None keeps all.
        pool: candidates that diversity and collapsing choose from; None means 5 per item of the list, at least 100.
    """

    diversity: float = 0.0
    collapse_cosine: float | None = None
    pool: int | None = None

    def __post_init__(self) -> None:
        as_number(self.diversity, "diversity", 0, 1)
        if (
            self.collapse_cosine is not None
            and not 0 < as_number(self.collapse_cosine, "collapse_cosine") <= 1
        ):
            raise UsageError(
                f"collapse_cosine is {self.collapse_cosine}; expected a number above 0 and up to 1"
            )
        if self.pool is not None:
            as_whole(self.pool, "pool")

    @property
    def needs_pool(self) -> bool:
        """Whether more candidates than list items are needed."""
        return self.diversity > 0 or self.collapse_cosine is not None

    def pool_size(self, k: int) -> int:
        """Candidates to choose k from; more are fetched where too few of them remain."""
        return max(self.pool or max(5 * k, 100), k)


def best_columns(scores: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
    """The k largest scores of each row.

    In a wide row the k-th largest of the maxima of groups of columns bounds the k-th largest score from below, so
    that two passes over the scores leave few to sort.

    Args:
        scores: (q, c) float32; -inf for excluded items.
        k: at least 1; may exceed c.

    Returns:
        scores (q, k) float32, descending, ties by the lower column; columns (q, k) int64; -inf and -1 where there are
        none.
    """
    n_rows, width = scores.shape
    found = np.full((n_rows, k), -np.inf, np.float32)
    columns = np.full((n_rows, k), -1, np.int64)
    if not n_rows or not width:
        return found, columns
    bound = _lower_bound(scores, k)
    flat = np.flatnonzero((scores >= bound[:, None]).ravel())
    owners, places = np.divmod(flat, width)
    values = scores.ravel()[flat] if scores.flags.c_contiguous else scores[owners, places]
    order = np.lexsort((places, -values, owners))
    owners, places, values = owners[order], places[order], values[order]
    rank = np.arange(len(owners)) - np.searchsorted(owners, owners)
    kept = (rank < k) & (values > -np.inf)
    found[owners[kept], rank[kept]] = values[kept]
    columns[owners[kept], rank[kept]] = places[kept]
    return found, columns


def _lower_bound(scores: FloatMatrix, k: int) -> FloatMatrix:
    """(q,) float32, not above the k-th largest score of each row; the lowest finite number where there are fewer."""
    n_rows, width = scores.shape
    lowest = np.finfo(np.float32).min
    if k >= width:
        return np.full(n_rows, lowest, np.float32)
    group = width // (GROUPS_PER_PLACE * k)
    candidates = scores
    if width > SMALL_WIDTH and group > 1:
        n_groups = width // group
        # Columns of one group are n_groups apart, so that the maxima are taken over contiguous memory.
        whole = scores[:, : n_groups * group].reshape(n_rows, group, n_groups)
        candidates = whole.max(axis=1)
    bound = np.partition(candidates, candidates.shape[1] - k, axis=1)[:, candidates.shape[1] - k]
    return np.maximum(bound, lowest)


def arrange(
    scores: FloatMatrix, rows: RowArray, vectors: FloatMatrix, k: int, options: ListOptions
) -> tuple[FloatMatrix, RowArray]:
    """Lists from pools of candidates.

    Args:
        scores: (q, p) float32, descending, -inf where there is no candidate.
        rows: (q, p) int64, rows of `vectors`, -1 where there is none.
        vectors: (n_rows, dim) float32, rows L2-normalised.
        k: length of the lists.
        options: see there.

    Returns:
        scores (q, k) and rows (q, k) in the order of the lists, -inf and -1 as padding. Scores are the
        input scores; with diversity they need not be descending.
    """
    if not options.needs_pool or not rows.size:
        return _cut(scores, rows, k)
    near = _cosines(rows, vectors)
    if options.collapse_cosine is not None:
        scores, rows, near = _collapsed(scores, rows, near, options.collapse_cosine)
    if options.diversity == 0:
        return _cut(scores, rows, k)
    return _diverse(scores, rows, near, k, options.diversity)


def _cosines(rows: RowArray, vectors: FloatMatrix) -> FloatMatrix:
    """(q, p, p) float32 between the candidates of each pool."""
    found = vectors[np.maximum(rows, 0)]
    result: FloatMatrix = found @ found.transpose(0, 2, 1)
    return result


def _collapsed(
    scores: FloatMatrix, rows: RowArray, near: FloatMatrix, limit: float
) -> tuple[FloatMatrix, RowArray, FloatMatrix]:
    """Pools without candidates that are near-identical to a better one, closed up."""
    kept: Mask = rows >= 0
    # A float32 rounding error in the cosine of a vector with itself must not keep a duplicate.
    same = near >= min(limit, 1 - 1e-6)
    for place in range(1, rows.shape[1]):
        kept[:, place] &= ~(same[:, place, :place] & kept[:, :place]).any(axis=1)
    order = np.argsort(~kept, axis=1, kind="stable")
    gone = np.take_along_axis(~kept, order, axis=1)
    rows = np.where(gone, -1, np.take_along_axis(rows, order, axis=1))
    scores = np.where(gone, np.float32(-np.inf), np.take_along_axis(scores, order, axis=1))
    near = np.take_along_axis(near, order[:, :, None], axis=1)
    return scores, rows, np.take_along_axis(near, order[:, None, :], axis=2)


def _diverse(
    scores: FloatMatrix, rows: RowArray, near: FloatMatrix, k: int, diversity: float
) -> tuple[FloatMatrix, RowArray]:
    """Maximal marginal relevance; scores of a pool are scaled to [0, 1] for it.

    Reference: Carbonell and Goldstein, The use of MMR, diversity-based reranking, SIGIR 1998.
    """
    n_users, n_pool = rows.shape
    there = rows >= 0
    top = np.where(there, scores, -np.inf).max(axis=1, keepdims=True)
    low = np.where(there, scores, np.inf).min(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        spread = np.where(top > low, top - low, 1.0)
        relevance = np.where(there, (scores - low) / spread, -np.inf).astype(np.float32)
    redundancy = np.zeros((n_users, n_pool), np.float32)
    out_scores = np.full((n_users, k), -np.inf, np.float32)
    out_rows = np.full((n_users, k), -1, np.int64)
    everyone = np.arange(n_users)
    free = there.copy()
    for place in range(min(k, n_pool)):
        gain = np.where(free, (1 - diversity) * relevance - diversity * redundancy, -np.inf)
        chosen = gain.argmax(axis=1)
        any_left = free[everyone, chosen]
        out_rows[any_left, place] = rows[everyone, chosen][any_left]
        out_scores[any_left, place] = scores[everyone, chosen][any_left]
        free[everyone, chosen] = False
        similar = near[everyone, chosen]
        redundancy = similar.copy() if place == 0 else np.maximum(redundancy, similar)
    return out_scores, out_rows


def _cut(scores: FloatMatrix, rows: RowArray, k: int) -> tuple[FloatMatrix, RowArray]:
    """Exactly k columns."""
    missing = k - rows.shape[1]
    if missing <= 0:
        return scores[:, :k], rows[:, :k]
    return (
        np.pad(scores, ((0, 0), (0, missing)), constant_values=-np.inf),
        np.pad(rows, ((0, 0), (0, missing)), constant_values=-1),
    )
