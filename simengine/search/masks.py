"""From a filter expression to the rows of a snapshot that may be found; cached for the next search."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simengine.search.filters import Factors, Filter
from simengine.store.columns import ID_FIELD, TITLE_FIELD
from simengine.store.contract import Column
from simengine.text.arguments import as_where
from simengine.types import FieldSummary, Mask, RowArray

KEPT_MASKS = 64
KEPT_MASK_BYTES = 64_000_000


class Metadata(Protocol):
    """What filters need of a snapshot."""

    n_rows: int
    n_documents: int

    def columns(self, fields: Sequence[str]) -> dict[str, Column]: ...

    def fields(self) -> Mapping[str, FieldSummary]: ...

    def live_documents(self) -> Mask | None: ...

    def row_documents(self) -> RowArray: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """The result of a filter.

    Attributes:
        documents: (n_documents,) bool by doc_key, without deleted ones.
        rows: (n_rows,) bool.
        n_rows: how many rows are kept.
        n_documents: how many documents are kept.
    """

    documents: Mask
    rows: Mask
    n_rows: int
    n_documents: int


class Selections:
    """Evaluates filters over one snapshot and caches the latest results. Safe for use from several threads."""

    def __init__(self, snapshot: Metadata) -> None:
        self._snapshot = snapshot
        self._factors: dict[str, Factors] = {}
        self._kept: OrderedDict[str, Selection] = OrderedDict()
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._names: Collection[str] | None = None

    def select(self, expression: str) -> Selection:
        """Documents and rows that an expression keeps.

        Raises:
            UsageError: not a string.
            FilterError: the expression cannot be read, or does not fit the metadata.
        """
        expression = as_where(expression)
        with self._lock:
            known = self._kept.get(expression)
            if known is not None:
                self._kept.move_to_end(expression)
                return known
        # Outside the lock: a slow filter does not block others.
        selection = self._evaluate(Filter.parse(expression))
        with self._lock:
            self._kept[expression] = selection
            limit = max(1, min(KEPT_MASKS, KEPT_MASK_BYTES // max(1, selection.rows.size)))
            while len(self._kept) > limit:
                self._kept.popitem(last=False)
        return selection

    def _evaluate(self, parsed: Filter) -> Selection:
        snapshot = self._snapshot
        live = snapshot.live_documents()
        if snapshot.n_documents == 0 or (live is not None and not live.any()):
            documents: Mask = np.zeros(snapshot.n_documents, dtype=np.bool_)
        else:
            factors = self._load(parsed, live)
            documents = parsed.evaluate(factors.__getitem__, snapshot.n_documents, self._known_fields)
        if live is not None:
            documents = documents & live
        rows = documents if snapshot.n_rows == snapshot.n_documents else documents[snapshot.row_documents()]
        return Selection(documents, rows, int(np.count_nonzero(rows)), int(np.count_nonzero(documents)))

    def _load(self, parsed: Filter, live: Mask | None) -> dict[str, Factors]:
        """The columns that an expression compares, read in one pass the first time.

        Once the names of all fields are known (from the first unknown one on), unknown ones cost no pass.
        """
        with self._loading:
            if self._names is not None:
                parsed.check_fields(self._names)
            missing = [name for name in parsed.fields if name not in self._factors]
            if missing:
                columns = self._snapshot.columns(missing)
                factors = {name: Factors.of(column, live) for name, column in columns.items()}
                if not all(each.kinds_present for each in factors.values()):
                    parsed.check_fields(self._known_fields())
                self._factors |= factors
            return {name: self._factors[name] for name in parsed.fields}

    def _known_fields(self) -> Collection[str]:
        if self._names is None:
            self._names = dict.fromkeys([*self._snapshot.fields(), ID_FIELD, TITLE_FIELD]).keys()
        return self._names
