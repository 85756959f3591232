"""Fetching documents and passages; each is compared with its digest or checksum."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.errors import DamagedIndexError, UsageError
from simengine.store.contract import StoredDocument, StoredPassage
from simengine.store.digest import canonical_json, digest_parts, document_crc, passage_crc
from simengine.store.reader import DatabaseReader, Row
from simengine.store.schema import translated
from simengine.types import RowArray

BATCH_CHARACTERS = 8_000_000
"""Approximate characters in memory at once while streaming; a single document may be longer."""

_COLUMNS = (
    "d.doc_key, d.first_row, d.n_passages, d.n_tokens, d.n_truncated, d.added_commit, d.digest, d.id, d.crc, "
    "d.metadata, t.title, t.text"
)
_FROM = "FROM documents d JOIN texts t ON t.doc_key = d.doc_key"
_TEXT_COLUMN = 11
_PASSAGE_COLUMNS = 'row, doc_key, start, "end", n_tokens, n_truncated, crc'


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A document with what only the store needs: the position of its rows, digest, metadata as text."""

    document: StoredDocument
    first_row: int
    n_passages: int
    digest: bytes
    metadata: str


def _document(row: Row, reader: DatabaseReader) -> RawDocument:
    """Decode a row of `_COLUMNS`.

    Raises:
        DamagedIndexError: it is damaged.
    """
    with translated(reader.path):
        numbers, (digest, id_, crc, metadata, title, text) = row[:6], row[6:]
        if document_crc((numbers[0], *numbers[1:]), digest, id_) != crc:
            raise DamagedIndexError(reader.path, f"the checksum of document {numbers[0]} ({id_!r}) differs")
        value = json.loads(metadata)
        if not isinstance(value, dict) or digest_parts(id_, title, text, canonical_json(value)) != digest:
            raise DamagedIndexError(reader.path, f"the content of document {id_!r} is not what was written")
    stored = StoredDocument(numbers[0], id_, title, text, value)
    return RawDocument(stored, numbers[1], numbers[2], digest, metadata)


def fetch_documents(reader: DatabaseReader, doc_keys: Sequence[int]) -> dict[int, StoredDocument]:
    """Documents by key.

    Raises:
        DamagedIndexError: one is missing or damaged.
    """
    query = f"SELECT {_COLUMNS} {_FROM} WHERE d.doc_key IN {{}}"
    found = {}
    for row in reader.rows_in(query, doc_keys):
        document = _document(row, reader).document
        found[document.doc_key] = document
    _all_there(reader, "document", doc_keys, found)
    return found


def fetch_ids(reader: DatabaseReader, doc_keys: Sequence[int]) -> dict[int, str]:
    """Ids by key, without reading texts.

    Raises:
        DamagedIndexError: one is missing or damaged.
    """
    query = (
        "SELECT doc_key, first_row, n_passages, n_tokens, n_truncated, added_commit, digest, id, crc "
        "FROM documents WHERE doc_key IN {}"
    )
    found: dict[int, str] = {}
    for row in reader.rows_in(query, doc_keys):
        with translated(reader.path):
            if document_crc((row[0], *row[1:6]), row[6], row[7]) != row[8]:
                raise DamagedIndexError(
                    reader.path, f"the checksum of document {row[0]} ({row[7]!r}) differs"
                )
        found[row[0]] = row[7]
    _all_there(reader, "document", doc_keys, found)
    return found


def fetch_passages(reader: DatabaseReader, rows: Sequence[int]) -> dict[int, StoredPassage]:
    """Passages by row.

    Raises:
        DamagedIndexError: one is missing or damaged.
    """
    found: dict[int, StoredPassage] = {}
    for values in reader.rows_in(f"SELECT {_PASSAGE_COLUMNS} FROM passages WHERE row IN {{}}", rows):
        passage = _passage(values, reader)
        found[passage.row] = passage
    _all_there(reader, "passage", rows, found)
    return found


def passage_range(reader: DatabaseReader, first_row: int, end_row: int) -> list[StoredPassage]:
    """Passages of rows [first_row, end_row).

    Raises:
        DamagedIndexError: one is missing or damaged.
    """
    query = f"SELECT {_PASSAGE_COLUMNS} FROM passages WHERE row >= ? AND row < ? ORDER BY row"
    found = [_passage(values, reader) for values in reader.rows(query, (first_row, end_row))]
    for row, passage in enumerate(found, start=first_row):
        if passage.row != row:
            break
    else:
        if len(found) == end_row - first_row:
            return found
    raise DamagedIndexError(reader.path, f"passages are missing between rows {first_row} and {end_row}")


def _passage(values: Row, reader: DatabaseReader) -> StoredPassage:
    with translated(reader.path):
        if passage_crc(*values[:6]) != values[6]:
            raise DamagedIndexError(reader.path, f"the checksum of passage {values[0]} differs")
    return StoredPassage(*values[:6])


def _all_there(reader: DatabaseReader, what: str, wanted: Sequence[int], found: Mapping[int, object]) -> None:
    if len(found) < len(wanted):
        missing = next((key for key in wanted if key not in found), None)
        if missing is not None:
            raise DamagedIndexError(reader.path, f"{what} {missing} is missing")


def stream_documents(
    reader: DatabaseReader, first_key: int, end_key: int, batch: int
) -> Iterator[list[RawDocument]]:
    """All documents with keys in [first_key, end_key), including deleted ones, in that order.

    Args:
        batch: documents per list at most; fewer if texts are long.

    Raises:
        DamagedIndexError: one is missing or damaged.
    """
    query = f"SELECT {_COLUMNS} {_FROM} WHERE d.doc_key >= ? AND d.doc_key < ? ORDER BY d.doc_key"
    while first_key < end_key:
        upper = min(end_key, first_key + batch)
        rows = reader.rows_until(query, (first_key, upper), BATCH_CHARACTERS, _TEXT_COLUMN)
        documents = [_document(row, reader) for row in rows]
        for key, document in enumerate(documents, start=first_key):
            if document.document.doc_key != key:
                raise DamagedIndexError(reader.path, f"document {key} is missing")
        if not documents:
            raise DamagedIndexError(reader.path, f"document {first_key} is missing")
        yield documents
        first_key += len(documents)


def keys_by_id(reader: DatabaseReader, ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    """(id, doc_key) of every document, live or deleted, that has one of these ids."""
    query = (
        "SELECT id, doc_key FROM documents WHERE id IN {} AND deleted_commit IS NULL "
        "UNION ALL SELECT id, doc_key FROM documents WHERE id IN {} AND deleted_commit IS NOT NULL"
    )
    for row in reader.rows_in(query, ids):
        yield row[0], row[1]


def checked_numbers(values: RowArray | Sequence[int], end: int, what: str) -> RowArray:
    """(n,) int64 of numbers that must be in [0, end).

    Raises:
        UsageError: one is not; the message names it, as a `what`.
    """
    numbers = np.asarray(values, dtype=np.int64).reshape(-1)
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < end):
        wrong = numbers[(numbers < 0) | (numbers >= end)][0]
        raise UsageError(f"{what} {wrong} does not exist; there are {end:,}, counted from 0")
    return numbers
