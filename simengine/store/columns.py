"""Metadata by field: one column over all documents, loaded when a filter first needs it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from simengine.errors import DamagedIndexError
from simengine.store.commitlog import CommitLog
from simengine.store.contract import Column, FieldSummary
from simengine.store.digest import metadata_crc
from simengine.store.reader import Reader
from simengine.store.schema import translated
from simengine.types import Json, Mask

_BATCH = 8_192
_N_EXAMPLES = 5
_MISSING = object()


def metadata_batches(reader: Reader, log: CommitLog) -> Iterator[tuple[int, list[dict[str, Json]]]]:
    """(first doc_key, metadata of the documents from there on), over all documents, deleted ones too.

    Raises:
        DamagedIndexError: metadata is missing or not what was written.
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


def load_columns(reader: Reader, log: CommitLog, names: Sequence[str]) -> dict[str, Column]:
    """Columns of several fields in one pass.

    Args:
        names: field names; "a.b" finds the field "a.b", else the field "b" inside the field "a".
    """
    n = log.lengths.size
    values: dict[str, npt.NDArray[np.object_]] = {name: np.full(n, None, dtype=np.object_) for name in names}
    known: dict[str, str] = {}
    for first, batch in metadata_batches(reader, log):
        for name, column in values.items():
            nested = "." in name
            for key, metadata in enumerate(batch, start=first):
                value = lookup(metadata, name) if nested else metadata.get(name)
                # One object for equal strings: a field such as `kind` has few values and many documents.
                column[key] = known.setdefault(value, value) if isinstance(value, str) else value
        if len(known) > 100_000:
            known.clear()
    return {name: Column(column) for name, column in values.items()}


def lookup(metadata: Mapping[str, Json], name: str) -> Json:
    """Value of a field by its dotted name, None where it is missing; keys that hold a dot themselves win."""
    value = _resolve(metadata, name)
    return None if value is _MISSING else value  # type: ignore[return-value]


def _resolve(metadata: Mapping[str, Json], name: str) -> object:
    if name in metadata:
        return metadata[name]
    at = name.rfind(".")
    while at > 0:
        inner = metadata.get(name[:at])
        if isinstance(inner, dict):
            found = _resolve(inner, name[at + 1 :])
            if found is not _MISSING:
                return found
        at = name.rfind(".", 0, at)
    return _MISSING


_TYPE_NAMES = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    list: "list",
    dict: "object",
    type(None): "null",
}


def summarise_fields(reader: Reader, log: CommitLog, live: Mask | None) -> dict[str, FieldSummary]:
    """Types, counts and examples of all metadata fields of the live documents, by dotted name, sorted."""
    types: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    examples: dict[str, list[Json]] = {}
    for first, batch in metadata_batches(reader, log):
        for key, metadata in enumerate(batch, start=first):
            if live is not None and not live[key]:
                continue
            for name, value in _flat(metadata, ""):
                types.setdefault(name, set()).add(_TYPE_NAMES[type(value)])
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


def _flat(metadata: Mapping[str, Json], prefix: str) -> Iterator[tuple[str, Json]]:
    for key, value in metadata.items():
        name = f"{prefix}{key}"
        yield name, value
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
