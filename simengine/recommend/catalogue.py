"""The items of a recommender, each in a row that it keeps while others are added and removed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.interactions import Ids, as_id, rows_of
from simengine.recommend.items import ItemVectors, unit_rows
from simengine.text.arguments import items_of
from simengine.types import FloatMatrix, Mask, RowArray

CENTRING_ITEMS = 100
"""With this many items half of their mean is subtracted: the mean of a few is not what all texts share."""


class ItemCatalogue:
    """Rows of items. It never changes; `updated` gives a new one in which old items keep their rows.

    What all items' texts have in common is no sign of taste, and makes some items near to everything. So profiles
    and content scores use centred vectors: the mean of all items subtracted, then normalised.

    Attributes:
        ids: (n_rows,) object array of str.
        vectors: (n_rows, dim) float32, rows L2-normalised.
        middle: (dim,) float32, the subtracted mean; that of the initial items.
        centred: (n_rows, dim) float32, rows of length 1 (or 0).
        live: (n_rows,) bool, False for removed items; None if there are none.
        rows: row of each live item by id.
    """

    def __init__(
        self,
        ids: Ids,
        vectors: FloatMatrix,
        middle: FloatMatrix,
        centred: FloatMatrix,
        live: Mask | None = None,
    ) -> None:
        """Use `ItemCatalogue.of`."""
        self.ids, self.vectors, self.middle, self.centred, self.live = ids, vectors, middle, centred, live
        self.rows: dict[str, int] = {id_: row for row, id_ in enumerate(ids) if live is None or live[row]}

    @classmethod
    def of(cls, items: ItemVectors, centring: float = 1.0) -> ItemCatalogue:
        """All of these items, in their order.

        Args:
            items: at least one.
            centring: in [0, 1], how much of their mean is subtracted.

        Raises:
            UsageError: there are no items.
        """
        if not len(items):
            raise UsageError("there are no items to recommend")
        share = centring * len(items) / (len(items) + CENTRING_ITEMS)
        middle = (share * items.vectors.mean(axis=0, dtype=np.float64)).astype(np.float32)
        return cls(items.ids, items.vectors, middle, _centred(items.vectors, middle))

    def centre(self, vectors: FloatMatrix) -> FloatMatrix:
        """Centred vectors of other texts (n, dim), like `centred` for the items."""
        return _centred(vectors, self.middle)

    def __len__(self) -> int:
        """Number of items that can be recommended."""
        return len(self.rows)

    @property
    def n_rows(self) -> int:
        """Rows, including those of removed items."""
        return len(self.ids)

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return int(self.vectors.shape[1])

    def live_rows(self) -> RowArray:
        """Rows of the items that can be recommended, ascending."""
        return np.arange(self.n_rows) if self.live is None else np.flatnonzero(self.live)

    def row(self, item: object) -> int:
        """The row of an item.

        Raises:
            UsageError: no such item.
        """
        name = as_id(item, "item")
        if name not in self.rows:
            raise UsageError(f"there is no item {name!r:.60} among the {len(self):,} that can be recommended")
        return self.rows[name]

    def rows_of(self, items: Sequence[object]) -> RowArray:
        """Rows of several items; UsageError for an unknown one."""
        return np.array([self.row(item) for item in items_of(items, "item id", ordered=False)], np.int64)

    def added(self, items: ItemVectors) -> ItemCatalogue:
        """With these items added; known ids get their new vectors."""
        self._check_dimension(items)
        known = rows_of(self.rows, items.ids)
        new, old = np.flatnonzero(known < 0), np.flatnonzero(known >= 0)
        centred_items = self.centre(items.vectors)
        vectors = np.concatenate([self.vectors, items.vectors[new]])
        centred = np.concatenate([self.centred, centred_items[new]])
        vectors[known[old]], centred[known[old]] = items.vectors[old], centred_items[old]
        live = None
        if self.live is not None:
            live = np.concatenate([self.live, np.ones(len(new), np.bool_)])
        return ItemCatalogue(np.concatenate([self.ids, items.ids[new]]), vectors, self.middle, centred, live)

    def removed(self, items: Sequence[object]) -> ItemCatalogue:
        """Without these items; UsageError for an unknown one."""
        live = np.ones(self.n_rows, np.bool_) if self.live is None else self.live.copy()
        live[self.rows_of(items)] = False
        return ItemCatalogue(self.ids, self.vectors, self.middle, self.centred, live)

    def updated(self, items: ItemVectors) -> ItemCatalogue:
        """Exactly these items; known ones keep their rows."""
        self._check_dimension(items)
        present = set(items.ids)
        gone = [id_ for id_ in self.rows if id_ not in present]
        return (self.removed(gone) if gone else self).added(items)

    def _check_dimension(self, items: ItemVectors) -> None:
        if items.dimension != self.dimension:
            raise UsageError(
                f"the new items' vectors have {items.dimension} dimensions, the others {self.dimension}"
            )


def _centred(vectors: FloatMatrix, middle: FloatMatrix) -> FloatMatrix:
    if not middle.any():
        return vectors
    return unit_rows(vectors - middle)
