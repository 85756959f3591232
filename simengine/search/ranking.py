"""From scored passages to ranked documents: one passage per document, ties by document id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.types import FloatMatrix, RowArray


@dataclass(frozen=True, slots=True)
class Ranked:
    """Passages, or the best passages of documents, of one query; best first.

    Attributes:
        rows: (m,) int64.
        doc_keys: (m,) int64.
        scores: (m,) float32, descending.
        parts: the parts of each score, by name, each (m,) float32.
    """

    rows: RowArray
    doc_keys: RowArray
    scores: FloatMatrix
    parts: Mapping[str, FloatMatrix]

    def take(self, places: RowArray | slice) -> Ranked:
        """Some of them, in the given order."""
        parts = {name: values[places] for name, values in self.parts.items()}
        return Ranked(self.rows[places], self.doc_keys[places], self.scores[places], parts)

    def collapsed(self) -> Ranked:
        """The first passage of each document."""
        _, first = np.unique(self.doc_keys, return_index=True)
        return self if first.size == self.doc_keys.size else self.take(np.sort(first))


def is_settled(documents: Ranked, worst_passage: float, k: int) -> bool:
    """Whether passages worse than those seen can no longer change the k best documents, including ties."""
    return documents.scores.size >= k and bool(documents.scores[k - 1] > worst_passage)


def best_by_id(documents: Ranked, k: int, ids_of: Callable[[Sequence[int]], Sequence[str]]) -> Ranked:
    """The k best documents, equal scores in the order of their ids.

    Args:
        ids_of: returns the ids of doc_keys; called only for documents with equal scores.
    """
    scores = documents.scores
    if scores.size > k:
        scores = scores[: int(np.count_nonzero(scores >= scores[k - 1]))]
    equal = scores[1:] == scores[:-1]
    if not equal.any():
        return documents.take(slice(0, k))
    tied = np.zeros(scores.size, dtype=np.bool_)
    tied[1:] |= equal
    tied[:-1] |= equal
    places = np.flatnonzero(tied)
    ids = dict(zip(places.tolist(), ids_of(documents.doc_keys[places].tolist()), strict=True))
    order = sorted(range(scores.size), key=lambda place: (-scores[place], ids.get(place, "")))
    return documents.take(np.array(order[:k], dtype=np.int64))
