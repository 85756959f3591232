"""From a filter expression to the rows of a snapshot that may be found; kept for the next search."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simengine.search.filters import Factors, Filter
from simengine.store.contract import Column, FieldSummary
from simengine.text.arguments import as_where
from simengine.types import Mask, RowArray

KEPT_MASKS = 64
KEPT_MASK_BYTES = 64_000_000


class Metadata(Protocol):
    """What filters need of a snapshot."""

    n_rows: int
    n_documents: int

    def column(self, field: str) -> Column: ...

    def fields(self) -> Mapping[str, FieldSummary]: ...

    def live_documents(self) -> Mask | None: ...

    def row_documents(self) -> RowArray: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """What a filter leaves.

    Attributes:
        documents: (n_documents,) bool by doc_key, deleted ones left out.
        rows: (n_rows,) bool.
        n_rows: how many rows are kept.
        n_documents: how many documents are kept.
    """

    documents: Mask
    rows: Mask
    n_rows: int
    n_documents: int


class Selections:
    """Evaluates filters over one snapshot and keeps the latest results. Safe for use from several threads."""

    def __init__(self, snapshot: Metadata) -> None:
        self._snapshot = snapshot
        self._factors: dict[str, Factors] = {}
        self._kept: OrderedDict[str, Selection] = OrderedDict()
        self._lock = threading.Lock()

    def select(self, expression: str) -> Selection:
        """Documents and rows that an expression keeps.

        Raises:
            UsageError: it is not a string.
            FilterError: the expression cannot be read, or does not fit the metadata.
        """
        expression = as_where(expression)
        with self._lock:
            known = self._kept.get(expression)
            if known is not None:
                self._kept.move_to_end(expression)
                return known
            selection = self._evaluate(Filter.parse(expression))
            self._kept[expression] = selection
            limit = max(1, min(KEPT_MASKS, KEPT_MASK_BYTES // max(1, selection.rows.size)))
            while len(self._kept) > limit:
                self._kept.popitem(last=False)
            return selection

    def _evaluate(self, parsed: Filter) -> Selection:
        snapshot = self._snapshot
        documents = parsed.evaluate(self._factors_of, snapshot.n_documents, lambda: list(snapshot.fields()))
        live = snapshot.live_documents()
        if live is not None:
            documents = documents & live
        rows = documents if snapshot.n_rows == snapshot.n_documents else documents[snapshot.row_documents()]
        return Selection(documents, rows, int(np.count_nonzero(rows)), int(np.count_nonzero(documents)))

    def _factors_of(self, field: str) -> Factors:
        if field not in self._factors:
            self._factors[field] = Factors.of(self._snapshot.column(field))
        return self._factors[field]
