"""The contents of an index directory, read without models: documents, passages, vectors, and facts about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from simengine.calibration.stored import stored_calibrations
from simengine.indexing.facts import facts_of
from simengine.search.masks import Selections
from simengine.store.contract import Counts
from simengine.store.snapshot import Snapshot
from simengine.types import Document, FieldSummary, FloatMatrix, Json, RowArray

BLOCK = 4_096


class Contents:
    """The documents, passages and vectors of an index at the time of opening; see `open_contents`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return self._snapshot.dimension

    @property
    def counts(self) -> Counts:
        """Numbers of documents, passages and vectors."""
        return self._snapshot.counts

    @property
    def version(self) -> tuple[int, int]:
        """Generation and commit; every change of the documents gives another pair."""
        return self._snapshot.generation, self._snapshot.commit_number

    def facts(self) -> dict[str, Any]:
        """Contents and settings, as JSON; see `facts_of`.

        Raises:
            DamagedIndexError: a calibration stored with the index is damaged.
        """
        stored_calibrations(self._snapshot)
        return facts_of(self._snapshot.path, self._snapshot)

    def fields(self) -> Mapping[str, FieldSummary]:
        """The metadata fields by dotted name."""
        return self._snapshot.fields()

    def values(self, fields: Sequence[str], ids: Sequence[str] | None = None) -> dict[str, list[Any]]:
        """Each field's values, one for every document, or for every id.

        None where there is no value or no such document; a tuple of several where the field is in a list of objects.
        """
        known = {} if ids is None else self._snapshot.doc_keys_by_id(ids)
        keys = self._keys().tolist() if ids is None else [known.get(name) for name in ids]
        return {
            name: [None if key is None else column.values[key] for key in keys]
            for name, column in self._snapshot.columns(fields).items()
        }

    def documents(self, where: str | None = None) -> Iterator[Document]:
        """See `selected_documents`."""
        return selected_documents(self._snapshot, where)

    def spread_documents(self, n: int) -> list[Document]:
        """At most n documents, evenly spread over the index."""
        keys = self._keys()
        return self._documents(keys[np.linspace(0, len(keys) - 1, n).astype(int)] if len(keys) > n else keys)

    def sampled_vectors(self, n: int, seed: int = 0) -> tuple[list[Document], FloatMatrix]:
        """At most n random documents, in the order of the index, and the mean of each one's passage vectors.

        Returns:
            d documents and (d, dim) float32, rows L2-normalised.
        """
        from simengine.recommend.items import ItemVectors

        keys, owners = self._keys(), self._snapshot.row_documents()
        if len(keys) > n:
            keys = np.sort(np.random.default_rng(seed).choice(keys, n, replace=False))
        documents, rows = self._documents(keys), np.flatnonzero(np.isin(owners, keys))
        vectors, owners = self._snapshot.vectors(rows), np.searchsorted(keys, owners[rows])
        return documents, ItemVectors.from_passages([each.id for each in documents], vectors, owners).vectors

    def _keys(self) -> RowArray:
        live = self._snapshot.live_documents()
        return np.arange(self._snapshot.n_documents) if live is None else np.flatnonzero(live)

    def _documents(self, keys: RowArray) -> list[Document]:
        found = self._snapshot.documents(keys)
        stored = [found[key] for key in keys.tolist()]
        return [Document(each.id, each.text, each.title, each.metadata) for each in stored]

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
