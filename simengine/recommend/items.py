"""Items as vectors of their texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.interactions import Ids, as_id, as_ids
from simengine.text.arguments import as_texts, items_of, shown
from simengine.types import FloatMatrix, RowArray, TextEncoder

UNIT_TOLERANCE = 1e-3
NORM_BLOCK_ROWS = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class ItemVectors:
    """The items that can be recommended. Make them with the methods `from_...`.

    Attributes:
        ids: (n,) object array of str, each once.
        vectors: (n, dim) float32, rows L2-normalised; may be memory-mapped.
    """

    ids: Ids
    vectors: FloatMatrix

    @classmethod
    def from_vectors(cls, ids: Sequence[Any], vectors: FloatMatrix) -> ItemVectors:
        """Items from given vectors; rows are L2-normalised if they are not yet.

        Args:
            ids: n ids, strings or integers.
            vectors: (n, dim), any float type.

        Raises:
            UsageError: shapes that do not fit, an id twice, a vector of zeros or with values that are not finite.
        """
        names = as_ids([as_id(id_, "item", place) for place, id_ in enumerate(items_of(ids, "item id"))])
        try:
            matrix = np.ascontiguousarray(vectors, np.float32)
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(
                f"the vectors are {shown(vectors)}; expected numbers of shape (n, dim)"
            ) from error
        if matrix.ndim != 2 or len(matrix) != len(names):
            raise UsageError(f"{len(names)} ids and vectors of shape {np.shape(vectors)}; expected (n, dim)")
        if len(set(names)) != len(names):
            seen: set[str] = set()
            twice = next(id_ for id_ in names if id_ in seen or seen.add(id_))  # type: ignore[func-returns-value]
            raise UsageError(f"the item id {twice!r} appears twice")
        return cls(names, _normalised(names, matrix))

    @classmethod
    def from_texts(cls, ids: Sequence[Any], texts: Sequence[str], encoder: TextEncoder) -> ItemVectors:
        """Items from their texts.

        Args:
            ids: n ids.
            texts: n texts; text beyond the encoder's limit is ignored. Index long texts instead.
            encoder: a bi-encoder, or an engine.

        Raises:
            UsageError: as `from_vectors`, or a text is blank.
        """
        return cls.from_vectors(ids, encoder.encode(as_texts(texts, "item text", blank=False)))

    @classmethod
    def from_passages(cls, ids: Sequence[Any], vectors: FloatMatrix, owners: RowArray) -> ItemVectors:
        """Items from the vectors of their passages: the mean of each item's, normalised.

        Args:
            ids: n ids.
            vectors: (p, dim) float32.
            owners: (p,) int64, the index into `ids` of each passage's item.

        Raises:
            UsageError: as `from_vectors`, or an item without a passage.
        """
        counts = np.bincount(owners, minlength=len(ids)) if len(owners) else np.zeros(len(ids), np.int64)
        missing = np.flatnonzero(counts == 0)
        if len(missing):
            raise UsageError(f"the item {ids[int(missing[0])]!r} has no passage")
        order = np.argsort(owners, kind="stable")
        if len(order) == len(ids):
            in_order = bool((order == np.arange(len(order))).all())
            return cls.from_vectors(ids, vectors if in_order else vectors[order])
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        sums = np.add.reduceat(vectors[order], starts, axis=0) if len(ids) else vectors[:0]
        return cls.from_vectors(ids, sums)

    def __len__(self) -> int:
        """Number of items."""
        return len(self.ids)

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return int(self.vectors.shape[1])


def _normalised(ids: Ids, vectors: FloatMatrix) -> FloatMatrix:
    """The same matrix if its rows have length 1, else a normalised copy."""
    norms = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), NORM_BLOCK_ROWS):
        block = vectors[start : start + NORM_BLOCK_ROWS]
        norms[start : start + NORM_BLOCK_ROWS] = np.sqrt(np.einsum("nd,nd->n", block, block))
    wrong = np.flatnonzero(~np.isfinite(norms) | (norms == 0))
    if len(wrong):
        raise UsageError(f"the vector of item {ids[wrong[0]]!r} has the length {norms[wrong[0]]}")
    if not len(norms) or np.abs(norms - 1).max() <= UNIT_TOLERANCE:
        return vectors
    result: FloatMatrix = vectors / norms[:, None]
    return result


def unit_rows(vectors: FloatMatrix) -> FloatMatrix:
    """The same vectors along the last axis with length 1; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: FloatMatrix = (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)
    return result
