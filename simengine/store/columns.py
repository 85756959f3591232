"""Metadata by field: one column over all documents, loaded when a filter first needs it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from simengine.errors import DamagedIndexError
from simengine.store.commitlog import CommitLog
from simengine.store.contract import Column
from simengine.store.digest import metadata_crc
from simengine.store.documents import fetch_ids
from simengine.store.reader import DatabaseReader
from simengine.store.schema import translated
from simengine.types import FieldSummary, Json, Mask

ID_FIELD = "_id"
TITLE_FIELD = "title"
_BATCH = 8_192
_N_EXAMPLES = 5
_MISSING = object()


def metadata_batches(reader: DatabaseReader, log: CommitLog) -> Iterator[tuple[int, list[dict[str, Json]]]]:
    """(first doc_key, metadata of the documents from there on), over all documents, including deleted ones.

    Raises:
        DamagedIndexError: metadata is missing or damaged.
    """
    keys = log.first_doc_keys
    commit, n_commits = 0, len(keys) - 1
    query = "SELECT metadata FROM documents WHERE doc_key >= ? AND doc_key < ? ORDER BY doc_key"
    while commit < n_commits:
        end = max(commit + 1, int(np.searchsorted(keys, keys[commit] + _BATCH, side="right")) - 1)
        first = int(keys[commit])
        texts = [row[0] for row in reader.rows(query, (first, int(keys[end])))]
        with translated(reader.path):
            for number in range(commit, end):
                part = texts[int(keys[number]) - first : int(keys[number + 1]) - first]
                if metadata_crc(part) != log.metadata_crcs[number]:
                    raise DamagedIndexError(
                        reader.path,
                        f"metadata of the documents of commit {number + 1} is not what was written",
                    )
            if len(texts) != keys[end] - first:
                raise DamagedIndexError(reader.path, f"documents are missing from {first} on")
            if texts:
                yield first, json.loads("[" + ",".join(texts) + "]")
        commit = end


def load_columns(
    reader: DatabaseReader, log: CommitLog, names: Sequence[str], live: Mask | None = None
) -> dict[str, Column]:
    """Columns of several fields in one pass.

    Args:
        names: field names; "a.b" finds the field "a.b", else the field "b" inside the field "a". `ID_FIELD` and
            `TITLE_FIELD` are the documents' own ids and titles, unless live documents have such a field.
        live: (n_documents,) bool, None if nothing is deleted.
    """
    n = log.lengths.size
    values: dict[str, npt.NDArray[np.object_]] = {name: np.full(n, None, dtype=np.object_) for name in names}
    paths = {name: _Path(name) for name in names}
    known: dict[str, str] = {}
    for first, batch in metadata_batches(reader, log):
        for name, column in values.items():
            path = paths[name] if "." in name else None
            for key, metadata in enumerate(batch, start=first):
                value = metadata.get(name) if path is None else path.value(metadata)
                # One object for equal strings: a field such as `kind` has few values and many documents.
                column[key] = known.setdefault(value, value) if isinstance(value, str) else value
        if len(known) > 100_000:
            known.clear()
    for name in {ID_FIELD, TITLE_FIELD}.intersection(values):
        there = values[name] if live is None else values[name][live]
        if all(value is None for value in there):
            values[name] = _own_column(reader, n, name)
    return {name: Column(column) for name, column in values.items()}


def _own_column(reader: DatabaseReader, n: int, name: str) -> npt.NDArray[np.object_]:
    """(n,) ids, or titles with None for the empty one, by doc_key.

    Titles are not compared with the documents' digests, as that would read every text.

    Raises:
        DamagedIndexError: a document is missing, or an id is damaged.
    """
    column: npt.NDArray[np.object_] = np.full(n, None, dtype=np.object_)
    if name == ID_FIELD:
        for key, id_ in fetch_ids(reader, range(n)).items():
            column[key] = id_
        return column
    query = "SELECT doc_key, title FROM texts WHERE doc_key >= ? AND doc_key < ?"
    for first in range(0, n, _BATCH):
        rows = reader.rows(query, (first, min(n, first + _BATCH)))
        if len(rows) != min(n, first + _BATCH) - first:
            raise DamagedIndexError(reader.path, f"documents are missing from {first} on")
        for key, title in rows:
            column[key] = title or None
    return column


class _Path:
    """A dotted name, prepared to be looked up in many documents. Keys that themselves contain a dot win."""

    def __init__(self, name: str) -> None:
        parts = name.split(".")
        n = len(parts)
        # By the number of parts consumed: the longest key first, and the parts consumed by then.
        self._keys = [
            [(".".join(parts[start:end]), end) for end in range(n, start, -1)] for start in range(n)
        ]
        self._n = n

    def value(self, metadata: Mapping[str, Json]) -> object:
        """The field's value, None if it is missing; inside lists of objects a tuple of all values present."""
        found = self._find(metadata, 0)
        if not isinstance(found, tuple):
            return None if found is _MISSING else found
        there = tuple(value for value in found if value is not None)
        return there if len(there) > 1 else there[0] if there else None

    def _find(self, inner: Mapping[str, Json], start: int) -> object:
        for key, end in self._keys[start]:
            if key not in inner:
                continue
            value = inner[key]
            if end == self._n:
                return value
            found: object = _MISSING
            if isinstance(value, dict):
                found = self._find(value, end)
            elif isinstance(value, list):
                found = self._find_in_list(value, end)
            if found is not _MISSING:
                return found
        return _MISSING

    def _find_in_list(self, members: list[Json], start: int) -> object:
        found: list[object] = []
        for member in objects_in(members):
            value = self._find(member, start)
            if isinstance(value, tuple):
                found += value
            elif value is not _MISSING:
                found.append(value)
        return tuple(found) if found else _MISSING


def objects_in(members: list[Json]) -> Iterator[dict[str, Json]]:
    """The objects in a list, in order, including those in nested lists."""
    waiting: list[Json] = list(reversed(members))
    while waiting:
        member = waiting.pop()
        if isinstance(member, dict):
            yield member
        elif isinstance(member, list):
            waiting.extend(reversed(member))


_TYPE_NAMES = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    list: "list",
    dict: "object",
    type(None): "null",
}


def summarise_fields(reader: DatabaseReader, log: CommitLog, live: Mask | None) -> dict[str, FieldSummary]:
    """Types, counts and examples of all metadata fields of the live documents, by dotted name, sorted."""
    types: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    examples: dict[str, list[Json]] = {}
    for first, batch in metadata_batches(reader, log):
        for key, metadata in enumerate(batch, start=first):
            if live is not None and not live[key]:
                continue
            in_document: set[str] = set()
            for name, value in _flat(metadata):
                types.setdefault(name, set()).add(_TYPE_NAMES[type(value)])
                if name not in in_document:
                    in_document.add(name)
                    counts[name] = counts.get(name, 0) + 1
                seen = examples.setdefault(name, [])
                if (
                    len(seen) < _N_EXAMPLES
                    and value is not None
                    and not isinstance(value, dict)
                    and value not in seen
                ):
                    seen.append(value)
    return {
        name: FieldSummary(tuple(sorted(types[name])), counts[name], tuple(examples[name]))
        for name in sorted(counts)
    }


def _flat(metadata: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """All fields and their values, by dotted name; one inside a list of objects occurs once for each object."""
    waiting: list[tuple[str, Json]] = list(metadata.items())[::-1]
    while waiting:
        name, value = waiting.pop()
        yield name, value
        inner = [value] if isinstance(value, dict) else objects_in(value) if isinstance(value, list) else ()
        below = [(f"{name}.{key}", item) for each in inner for key, item in each.items()]
        waiting.extend(below[::-1])
