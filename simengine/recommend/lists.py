"""Which items a list may contain, and how a veto changes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.interactions import as_id
from simengine.recommend.ranking import ListOptions, arrange
from simengine.recommend.veto import Veto
from simengine.text.arguments import items_of
from simengine.types import FloatMatrix, Mask, RowArray


def allowed_rows(
    catalogue: ItemCatalogue, unwanted: Sequence[object] | None, wanted: Sequence[object] | None
) -> RowArray:
    """Rows that may be recommended, ascending. Unwanted items need not exist."""
    rows = catalogue.live_rows() if wanted is None else np.unique(catalogue.rows_of(wanted))
    if unwanted is None:
        return rows
    names = [as_id(id_, "item") for id_ in items_of(unwanted, "item id", ordered=False)]
    gone = [catalogue.rows[name] for name in names if name in catalogue.rows]
    return np.setdiff1d(rows, np.array(gone, np.int64), assume_unique=True)


def vetted(
    scores: FloatMatrix,
    found: RowArray,
    catalogue: ItemCatalogue,
    k: int,
    options: ListOptions,
    veto: Veto | None,
) -> tuple[FloatMatrix, RowArray]:
    """Lists from pools; the veto checks the items that they would contain, until it refuses none of them."""
    while True:
        listed, chosen = arrange(scores, found, catalogue.vectors, k, options)
        if veto is None:
            return listed, chosen
        asked = np.unique(chosen[chosen >= 0])
        refused = asked[veto.refused(list(catalogue.ids[asked]))]
        if not len(refused):
            return listed, chosen
        scores, found = _closed_up(scores, found, np.isin(found, refused))


def _closed_up(scores: FloatMatrix, rows: RowArray, gone: Mask) -> tuple[FloatMatrix, RowArray]:
    """Pools without some candidates."""
    gone = gone | (rows < 0)
    order = np.argsort(gone, axis=1, kind="stable")
    after = np.take_along_axis(gone, order, axis=1)
    return (
        np.where(after, np.float32(-np.inf), np.take_along_axis(scores, order, axis=1)),
        np.where(after, -1, np.take_along_axis(rows, order, axis=1)),
    )
