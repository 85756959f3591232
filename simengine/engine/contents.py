"""The contents of an index directory, read without models: documents, passages, vectors, and facts about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from simengine.calibration.stored import stored_calibrations
from simengine.indexing.facts import facts_of
from simengine.search.masks import Selections
from simengine.store.snapshot import Snapshot
from simengine.types import Document, FloatMatrix, Json

BLOCK = 4_096


def index_facts(path: Path) -> dict[str, Any]:
    """An index's contents and settings, as JSON; see `facts_of`.

    Raises:
        IndexNotFoundError: there is no index at `path`.
        DamagedIndexError: a file of it, or a calibration stored with it, is damaged.
    """
    with Snapshot.open(path) as snapshot:
        stored_calibrations(snapshot)
        return facts_of(path, snapshot)


class Contents:
    """The documents, passages and vectors of an index at the time of opening; see `open_contents`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return self._snapshot.dimension

    def documents(self, where: str | None = None) -> Iterator[Document]:
        """See `selected_documents`."""
        return selected_documents(self._snapshot, where)

    def passages(self) -> Iterator[dict[str, Json]]:
        """The live passages as JSON: id and title of the document, characters of its text, tokens."""
        rows = self._snapshot.iter_rows()
        while block := list(islice(rows, BLOCK)):
            places = self._snapshot.passages([row.row for row in block])
            names = self._snapshot.document_ids([row.doc_key for row in block])
            for row, place, name in zip(block, places, names, strict=True):
                yield {
                    "id": name,
                    "start": place.start,
                    "end": place.end,
                    "title": row.title,
                    "text": row.text,
                    "n_tokens": place.n_tokens,
                    "n_truncated": place.n_truncated,
                }

    def vectors(self) -> Iterator[tuple[list[dict[str, Json]], FloatMatrix]]:
        """The live passages in blocks: for each its {"id", "start", "end"}, and (n, dim) float32."""
        snapshot = self._snapshot
        live = snapshot.live_rows()
        rows = np.arange(snapshot.n_rows) if live is None else np.flatnonzero(live)
        for at in range(0, len(rows), BLOCK):
            block = rows[at : at + BLOCK]
            places = snapshot.passages(block)
            names = snapshot.document_ids([place.doc_key for place in places])
            yield (
                [
                    {"id": name, "start": place.start, "end": place.end}
                    for place, name in zip(places, names, strict=True)
                ],
                snapshot.vectors(block),
            )


@contextmanager
def open_contents(path: Path) -> Iterator[Contents]:
    """An index's contents, as a context manager.

    Raises:
        IndexNotFoundError: there is no index at `path`.
        DamagedIndexError: a file of it is damaged.
    """
    with Snapshot.open(path) as snapshot:
        yield Contents(snapshot)


def read_documents(path: Path, where: str | None = None) -> Iterator[Document]:
    """The documents of an index that match a filter; it is opened on the first one."""
    with open_contents(path) as contents:
        yield from contents.documents(where)


def selected_documents(snapshot: Snapshot, where: str | None) -> Iterator[Document]:
    """The live documents of an index that match a filter, in the order of addition.

    Raises:
        FilterError: the filter cannot be read or does not fit the metadata; at once, not when first iterated.
    """
    keep = None if where is None else Selections(snapshot).select(where).documents

    def documents() -> Iterator[Document]:
        for stored in snapshot.iter_documents():
            if keep is None or keep[stored.doc_key]:
                yield Document(stored.id, stored.text, stored.title, stored.metadata)

    return documents()
