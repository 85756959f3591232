"""Texts of nearly the same words in nearly the same order: an exact join by Jaccard similarity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from simengine.training.leakage.joins import MAX_BLOCK, blocks, contains, matches, spread
from simengine.training.leakage.tables import TextTable
from simengine.types import RowArray

FloatArray = npt.NDArray[np.float64]
BITMAP_WORDS = 4
_ROUNDING = 1e-9


@cache
def _bits_set() -> npt.NDArray[np.uint8]:
    """The number of set bits of each 16-bit number. (NumPy has this from version 2 on.)"""
    bits = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8)).reshape(-1, 16)
    counts: npt.NDArray[np.uint8] = bits.sum(axis=1, dtype=np.uint8)
    return counts


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """The set of shingles of every key of a table, the rarest first.

    Attributes:
        starts: (n_keys + 1,) where each set begins in `entries`.
        entries: key * n_shingles + shingle, ascending.
        n_shingles: distinct shingles; numbered by ascending frequency.
        bitmaps: (n_keys, BITMAP_WORDS) uint64; a bit is the parity of the set's shingles that map to it.
    """

    starts: RowArray
    entries: RowArray
    n_shingles: int
    bitmaps: npt.NDArray[np.uint64]


def shingle_sets(table: TextTable) -> ShingleSets:
    """The words of each key and its pairs of neighbouring words, with the beginning and end of the text as words."""
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
    return ShingleSets(starts, entries, len(distinct), _bitmaps(starts, entries, len(distinct)))


def _bitmaps(starts: RowArray, entries: RowArray, n_shingles: int) -> npt.NDArray[np.uint64]:
    bits = np.random.default_rng(0).integers(0, 64 * BITMAP_WORDS, n_shingles, np.uint16)[
        entries % n_shingles
    ]
    values = np.uint64(1) << (bits % 64).astype(np.uint64)
    bitmaps = np.zeros((len(starts) - 1, BITMAP_WORDS), np.uint64)
    for word in range(BITMAP_WORDS if len(entries) else 0):
        mine = np.where(bits // 64 == word, values, np.uint64(0))
        bitmaps[:, word] = np.bitwise_xor.reduceat(mine, starts[:-1])
    return bitmaps


def similar_keys(
    sets: ShingleSets, left: RowArray, right: RowArray, threshold: float
) -> tuple[RowArray, RowArray, FloatArray]:
    """All pairs of keys whose sets have a Jaccard similarity of at least `threshold`.

    Two such sets share one of their rarest shingles, so only those are joined (prefix filtering: Chaudhuri, Ganti and
    Kaushik 2006; Bayardo, Ma and Srikant 2007). A bit in which two bitmaps differ is a shingle that only one set has,
    which excludes most of the joined pairs (Sandes, Teodoro and Melo 2020); the rest is counted. No pair is missed.

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
        possible = _possible(sets, sizes, one, other, threshold)
        pairs = np.unique(one[possible] * n_keys + other[possible])
        similarity = _jaccard(sets, sizes, pairs // n_keys, pairs % n_keys)
        near = similarity >= threshold - _ROUNDING
        found.append((pairs[near], similarity[near]))
    pairs = np.concatenate([pair for pair, _ in found]) if found else np.empty(0, np.int64)
    similarity = np.concatenate([value for _, value in found]) if found else np.empty(0)
    pairs, first = np.unique(pairs, return_index=True)
    return pairs // n_keys, pairs % n_keys, similarity[first]


def _possible(
    sets: ShingleSets, sizes: RowArray, one: RowArray, other: RowArray, threshold: float
) -> RowArray:
    """Positions of the pairs that sizes and bitmaps do not exclude."""
    small, large = np.minimum(sizes[one], sizes[other]), np.maximum(sizes[one], sizes[other])
    places = np.flatnonzero((small >= threshold * large - _ROUNDING) & (one != other))
    one, other = one[places], other[places]
    # |A and B| >= t |A or B| leaves at most this many shingles that only one of the sets has.
    most = (1 - threshold) / (1 + threshold) * (sizes[one] + sizes[other]) + _ROUNDING
    different = np.zeros(len(places), np.int64)
    bits_set = _bits_set()
    for word in range(BITMAP_WORDS):
        column = sets.bitmaps[:, word]
        halves = (column[one] ^ column[other]).view(np.uint16)
        different += bits_set[halves].reshape(-1, 4).sum(axis=1, dtype=np.int64)
    return places[different <= most]


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
