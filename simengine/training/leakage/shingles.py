"""Texts of nearly the same words in nearly the same order: an exact join by Jaccard similarity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.training.leakage.joins import MAX_BLOCK, blocks, contains, matches, spread
from simengine.training.leakage.tables import TextTable
from simengine.types import RowArray

FloatArray = npt.NDArray[np.float64]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """The set of shingles of every key of a table, the rarest first.

    Attributes:
        starts: (n_keys + 1,) where each set begins in `entries`.
        entries: key * n_shingles + shingle, rising.
        n_shingles: distinct shingles; their numbers rise with how often they occur.
    """

    starts: RowArray
    entries: RowArray
    n_shingles: int


def shingle_sets(table: TextTable) -> ShingleSets:
    """The words of each key and its pairs of neighbouring words, begin and end of the text counting as words."""
    lengths = table.lengths
    owner = np.repeat(np.arange(table.n_keys), lengths)
    edge = table.n_vocabulary
    before = np.concatenate([[edge], table.words[:-1]])
    before[table.starts[:-1]] = edge
    pairs = edge + before * (edge + 1) + table.words
    last = edge + table.words[table.starts[1:] - 1] * (edge + 1) + edge
    values = np.concatenate([table.words, pairs, last])
    rows = np.concatenate([owner, owner, np.arange(table.n_keys)])
    distinct, number, counts = np.unique(values, return_inverse=True, return_counts=True)
    rank = np.empty(len(distinct), np.int64)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(distinct))
    entries = np.unique(rows * len(distinct) + rank[number])
    starts = np.searchsorted(entries, np.arange(table.n_keys + 1) * len(distinct))
    return ShingleSets(starts, entries, len(distinct))


def similar_keys(
    sets: ShingleSets, left: RowArray, right: RowArray, threshold: float
) -> tuple[RowArray, RowArray, FloatArray]:
    """All pairs of keys whose sets have a Jaccard similarity of at least `threshold`.

    Two such sets share one of their rarest shingles, so only those are joined, and what they give is counted in
    full (prefix filtering: Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007). No pair is missed.

    Args:
        sets: of the keys' table.
        left, right: distinct keys each.
        threshold: above 0, at most 1.

    Returns:
        left keys, right keys, similarity; a key is not paired with itself. Sorted by left, then right key.
    """
    sizes = np.diff(sets.starts)
    prefix = sizes - np.ceil(threshold * sizes - _ROUNDING).astype(np.int64) + 1
    left_owner, left_place = spread(sets.starts[left], prefix[left])
    right_owner, right_place = spread(sets.starts[right], prefix[right])
    left_shingles = sets.entries[left_place] % sets.n_shingles
    right_shingles = sets.entries[right_place] % sets.n_shingles
    found: list[tuple[RowArray, FloatArray]] = []
    n_keys = len(sizes)
    for i, j in matches(left_shingles, right_shingles):
        one, other = left[left_owner[i]], right[right_owner[j]]
        small = np.minimum(sizes[one], sizes[other])
        large = np.maximum(sizes[one], sizes[other])
        possible = (small >= threshold * large - _ROUNDING) & (one != other)
        pairs = np.unique(one[possible] * n_keys + other[possible])
        similarity = _jaccard(sets, sizes, pairs // n_keys, pairs % n_keys)
        near = similarity >= threshold - _ROUNDING
        found.append((pairs[near], similarity[near]))
    pairs = np.concatenate([pair for pair, _ in found]) if found else np.empty(0, np.int64)
    similarity = np.concatenate([value for _, value in found]) if found else np.empty(0)
    pairs, first = np.unique(pairs, return_index=True)
    return pairs // n_keys, pairs % n_keys, similarity[first]


def _jaccard(sets: ShingleSets, sizes: RowArray, one: RowArray, other: RowArray) -> FloatArray:
    shared = np.zeros(len(one), np.int64)
    small = np.where(sizes[one] <= sizes[other], one, other)
    large = np.where(sizes[one] <= sizes[other], other, one)
    for block in blocks(sizes[small], MAX_BLOCK):
        owner, place = spread(sets.starts[small[block]], sizes[small[block]])
        wanted = large[block][owner] * sets.n_shingles + sets.entries[place] % sets.n_shingles
        hits = contains(sets.entries, wanted)
        shared[block] = np.bincount(owner[hits], minlength=len(small[block]))
    similarity: FloatArray = shared / (sizes[one] + sizes[other] - shared)
    return similarity
