"""Which texts of one side say what a text of the other side says, in what way, and how strongly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.training.leakage.joins import blocks, spread
from simengine.training.leakage.nearby import TextEncoder, encode_all, near_vectors
from simengine.training.leakage.ngrams import shared_ngrams
from simengine.training.leakage.report import LeakageOptions
from simengine.training.leakage.shingles import shingle_sets, similar_keys
from simengine.training.leakage.tables import TextTable
from simengine.types import RowArray

KINDS = ("embedding", "ngram", "near", "normalised", "exact")
"""How two texts can be alike, from the weakest evidence to the strongest."""
EMBEDDING, NGRAM, NEAR, NORMALISED, EXACT = range(len(KINDS))
UNRELATED = -1.0

Strengths = npt.NDArray[np.float64]
"""2 * kind + similarity in [0, 1]: orders by kind, then by similarity. UNRELATED for none."""


def strength(kind: int, similarity: float = 1.0) -> float:
    """A kind and a similarity as one number."""
    return 2 * kind + similarity


@dataclass(frozen=True, slots=True)
class TextRelation:
    """Pairs of keys that are alike.

    Attributes:
        n_keys: of the table.
        pairs: right key * n_keys + left key, rising; every pair once.
        strengths: of each pair, up to NORMALISED.
        n_common_ngrams: runs of words left out of the comparison as common phrases.
    """

    n_keys: int
    pairs: RowArray
    strengths: Strengths
    n_common_ngrams: int

    @property
    def left(self) -> RowArray:
        """The left key of each pair."""
        return self.pairs % self.n_keys

    @property
    def right(self) -> RowArray:
        """The right key of each pair."""
        return self.pairs // self.n_keys

    def find(self, right: RowArray, left: RowArray) -> Strengths:
        """The strength of each pair of keys; UNRELATED where there is none."""
        if not len(self.pairs):
            return np.full(len(right), UNRELATED)
        wanted = right * self.n_keys + left
        place = np.minimum(np.searchsorted(self.pairs, wanted), len(self.pairs) - 1)
        return np.where(self.pairs[place] == wanted, self.strengths[place], UNRELATED)


def relate(
    table: TextTable,
    left: RowArray,
    right: RowArray,
    options: LeakageOptions,
    encoder: TextEncoder | None = None,
) -> TextRelation:
    """Find all pairs of keys that are alike.

    Args:
        table: of all texts.
        left: distinct keys, such as those of the training texts.
        right: distinct keys, such as those of the held-out texts.
        options: when texts are alike.
        encoder: None compares no vectors.
    """
    n_keys = table.n_keys
    same = np.intersect1d(left, right)
    found = [(same * n_keys + same, np.full(len(same), strength(NORMALISED)))]
    one, other, jaccard = similar_keys(shingle_sets(table), left, right, options.jaccard)
    found.append((other * n_keys + one, 2 * NEAR + jaccard))
    n_common = 0
    if options.ngram_words is not None:
        shared = shared_ngrams(
            table,
            left,
            right,
            n_words=options.ngram_words,
            min_words=options.min_ngram_words,
            max_texts=options.max_ngram_texts,
        )
        n_common = shared.n_common
        found.append((shared.held_out * n_keys + shared.train, 2 * NGRAM + shared.share))
    if encoder is not None:
        found.append(_by_meaning(table, left, right, options.cosine, encoder))
    pairs = np.concatenate([pair for pair, _ in found])
    strengths = np.concatenate([value for _, value in found])
    order = np.lexsort((-strengths, pairs))
    pairs, strengths = pairs[order], strengths[order]
    pairs, first = np.unique(pairs, return_index=True)
    return TextRelation(n_keys, pairs, strengths[first], n_common)


def _by_meaning(
    table: TextTable, left: RowArray, right: RowArray, cosine: float, encoder: TextEncoder
) -> tuple[RowArray, Strengths]:
    keys = np.union1d(left, right)
    vectors = encode_all(encoder, [table.texts[number] for number in table.first_text[keys]])
    one = vectors[np.searchsorted(keys, left)]
    other = vectors[np.searchsorted(keys, right)]
    i, j, cosines = near_vectors(one, other, cosine)
    return right[j] * table.n_keys + left[i], 2 * EMBEDDING + np.maximum(cosines, 0.0)


def alike_pairs(
    relation: TextRelation, left: RowArray, right: RowArray
) -> Iterator[tuple[RowArray, RowArray, Strengths]]:
    """Pairs of texts both of whose texts are alike.

    Args:
        relation: of the keys.
        left: (n, 2) keys, a pair of texts a row.
        right: (m, 2) keys.

    Yields:
        rows of right, rows of left, and the strength of the weaker of the two likenesses, in blocks. No two blocks
        hold the same pair of rows.
    """
    fans = np.stack([_fan(relation, left[:, side]) for side in (0, 1)])
    cost = np.stack([fans[side][right[:, side]] for side in (0, 1)])
    cheaper = np.argmin(cost, axis=0)
    for side in (0, 1):
        rows = np.flatnonzero((cheaper == side) & (cost.min(axis=0) > 0))
        order = np.argsort(left[:, side], kind="stable")
        ordered = left[order, side]
        for block in blocks(cost[side][rows]):
            some = rows[block]
            low = np.searchsorted(relation.pairs, right[some, side] * relation.n_keys)
            high = np.searchsorted(relation.pairs, (right[some, side] + 1) * relation.n_keys)
            owner, place = spread(low, high - low)
            key = relation.pairs[place] % relation.n_keys
            begin = np.searchsorted(ordered, key)
            end = np.searchsorted(ordered, key, side="right")
            link, where = spread(begin, end - begin)
            i, j = some[owner[link]], order[where]
            other = relation.find(right[i, 1 - side], left[j, 1 - side])
            both = np.minimum(relation.strengths[place[link]], other)
            alike = both >= 0
            yield i[alike], j[alike], both[alike]


def _fan(relation: TextRelation, keys: RowArray) -> RowArray:
    """For each right key, how many of `keys` it is alike to."""
    counts = np.bincount(keys, minlength=relation.n_keys)
    fan = np.bincount(relation.right, weights=counts[relation.left], minlength=relation.n_keys)
    return fan.astype(np.int64)
