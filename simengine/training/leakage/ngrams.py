"""Long runs of words shared by two texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.training.leakage.joins import matches, spread
from simengine.training.leakage.tables import TextTable
from simengine.types import RowArray

_MULTIPLIER = 0x9E3779B97F4A7C15  # odd, so that its powers never vanish modulo 2**64
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class SharedNgrams:
    """Texts that share n-grams.

    Attributes:
        train, held_out: keys, one pair each, sorted by held-out key, then training key.
        share: of the held-out text's n-grams in the training text.
        n_common: distinct n-grams that occur in too many training texts to be evidence.
    """

    train: RowArray
    held_out: RowArray
    share: npt.NDArray[np.float64]
    n_common: int


def shared_ngrams(
    table: TextTable, train: RowArray, held_out: RowArray, *, n_words: int, min_words: int, max_texts: int
) -> SharedNgrams:
    """Find held-out texts with a run of `n_words` words that occurs in a training text.

    Overlap of 13 words is what Brown et al. 2020 (GPT-3, appendix C) call contamination. Held-out texts shorter
    than that must occur in the training text as a whole, and those below `min_words` are ignored.

    Args:
        table: of all texts.
        train, held_out: distinct keys each.
        n_words: length of a run.
        min_words: of the shortest held-out text considered.
        max_texts: a run in more distinct training texts than this is a common phrase.

    Returns:
        Pairs of different keys.
    """
    found: list[RowArray] = []
    n_common = 0
    lengths = table.lengths
    for n, hashes in _hashes(table, n_words):
        if n < min_words:
            continue
        long_enough = lengths[held_out] >= n if n == n_words else lengths[held_out] == n
        wanted = held_out[long_enough]
        if not len(wanted):
            continue
        held_owner, held_place = spread(table.starts[wanted], lengths[wanted] - n + 1)
        there = train[lengths[train] >= n]
        train_owner, train_place = spread(table.starts[there], lengths[there] - n + 1)
        hit = np.isin(hashes[train_place], hashes[held_place])
        train_owner, train_place = train_owner[hit], train_place[hit]
        common = _common(hashes[train_place], train_owner, max_texts)
        n_common += len(common)
        rare = ~np.isin(hashes[train_place], common)
        train_owner, train_place = train_owner[rare], train_place[rare]
        for i, j in matches(hashes[held_place], hashes[train_place]):
            same = _same_words(table.words, held_place[i], train_place[j], n)
            i, j = i[same], j[same]
            one, other = wanted[held_owner[i]], there[train_owner[j]]
            different = one != other
            columns = np.stack([one, other, held_place[i]], axis=1)[different]
            found.append(np.unique(columns, axis=0))
    return _counted(found, table, n_words, n_common)


def _counted(found: list[RowArray], table: TextTable, n_words: int, n_common: int) -> SharedNgrams:
    rows = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 3), np.int64)
    pairs, runs = np.unique(rows[:, :2], axis=0, return_counts=True)
    held_out, train = pairs[:, 0], pairs[:, 1]
    possible = np.maximum(table.lengths[held_out] - n_words + 1, 1)
    return SharedNgrams(train, held_out, runs / possible, n_common)


def _hashes(table: TextTable, n_words: int) -> Iterator[tuple[int, npt.NDArray[np.uint64]]]:
    """For n = 1, 2, ... a hash of the n words from each position on; always the same array, updated in place."""
    scattered = np.random.default_rng(0).integers(0, _MASK, table.n_vocabulary, np.uint64, endpoint=True)
    words = scattered[table.words]
    hashes = words.copy()
    power = 1
    for n in range(1, n_words + 1):
        if n > 1:
            power = power * _MULTIPLIER & _MASK
            hashes[: max(len(words) - n + 1, 0)] += words[n - 1 :] * np.uint64(power)
        yield n, hashes


def _common(hashes: npt.NDArray[np.uint64], owner: RowArray, max_texts: int) -> npt.NDArray[np.uint64]:
    """Hashes of runs that more than `max_texts` different texts have."""
    order = np.lexsort((owner, hashes))
    hashes, owner = hashes[order], owner[order]
    if not len(hashes):
        return hashes
    new = np.concatenate([[True], (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])])
    values, counts = np.unique(hashes[new], return_counts=True)
    return values[counts > max_texts]


def _same_words(words: RowArray, one: RowArray, other: RowArray, n: int) -> npt.NDArray[np.bool_]:
    same = np.ones(len(one), np.bool_)
    for step in range(n):
        same &= words[one + step] == words[other + step]
    return same
