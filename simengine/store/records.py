"""The small tables: head, derived registry, commit log, segments. Every row has a check sum."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from simengine.errors import DamagedIndexError
from simengine.store.contract import Counts
from simengine.store.digest import canonical_json, document_crc, text_crc
from simengine.store.ours import is_inside, is_segment_name, named_files
from simengine.store.schema import translated
from simengine.store.segments import SegmentRecord
from simengine.store.settings import IndexSettings
from simengine.types import Json

_NUMBERS = struct.Struct("<12q")


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """The numbers of a commit: what it appended and what was live after it."""

    number: int
    first_doc_key: int
    n_documents: int
    first_row: int
    n_rows: int
    live_documents: int
    live_passages: int
    live_tokens: int
    live_tokens_truncated: int
    lengths_crc: int
    removed_crc: int
    metadata_crc: int

    def crc(self) -> int:
        """Check sum of these numbers."""
        return zlib.crc32(_NUMBERS.pack(*_numbers_of(self)))

    @property
    def next_doc_key(self) -> int:
        """Documents ever added up to this commit."""
        return self.first_doc_key + self.n_documents

    @property
    def next_row(self) -> int:
        """Rows up to this commit."""
        return self.first_row + self.n_rows

    @property
    def counts(self) -> Counts:
        """For people and for `info`."""
        return Counts(
            documents=self.live_documents,
            passages=self.live_passages,
            tokens=self.live_tokens,
            tokens_truncated=self.live_tokens_truncated,
            rows=self.next_row,
            deleted_rows=self.next_row - self.live_passages,
        )


# dataclasses.astuple copies each value deeply, which a log of thousands of commits makes felt at every opening.
_numbers_of = attrgetter(*(field.name for field in fields(CommitRecord)))
NO_COMMIT = CommitRecord(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Head:
    """What one look at the database gives: all of it belongs to the same revision."""

    generation_id: str
    state: str
    revision: int
    settings: IndexSettings
    last: CommitRecord
    segments: tuple[SegmentRecord, ...]
    derived: Mapping[str, Mapping[str, Json]]


def put_named(
    connection: sqlite3.Connection, table: str, name: str, value: Json | Mapping[str, Json]
) -> None:
    """Insert or replace a row of `head` or `derived`."""
    text = canonical_json(value)
    connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", (name, text, text_crc(name, text)))


def _named(connection: sqlite3.Connection, table: str, path: Path) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = {}
    for name, text, crc in connection.execute(f"SELECT name, value, crc FROM {table} ORDER BY name"):
        if text_crc(name, text) != crc:
            raise DamagedIndexError(path, f"the check sum of {table} entry {name!r} differs")
        value = json.loads(text)
        if not isinstance(value, dict):
            raise DamagedIndexError(path, f"the {table} entry {name!r} is not a JSON object")
        found[name] = value
    return found


def put_state(connection: sqlite3.Connection, state: str, revision: int) -> None:
    """Write state and revision."""
    put_named(connection, "head", "state", {"state": state, "revision": revision})


COMMIT_COLUMNS = (
    "number, first_doc_key, n_documents, first_row, n_rows, live_documents, live_passages, live_tokens, "
    "live_tokens_truncated, lengths_crc, removed_crc, metadata_crc"
)


def put_commit(connection: sqlite3.Connection, record: CommitRecord, lengths: bytes, removed: bytes) -> None:
    """Append to the commit log."""
    connection.execute(
        f"INSERT INTO commits ({COMMIT_COLUMNS}, crc, lengths, removed) VALUES ({', '.join('?' * 15)})",
        (*astuple(record), record.crc(), lengths, removed),
    )


def commit_record(numbers: tuple[int, ...], crc: int, path: Path) -> CommitRecord:
    """A row of the commit log, checked."""
    record = CommitRecord(*numbers)
    if record.crc() != crc:
        raise DamagedIndexError(path, f"the check sum of commit {record.number} differs")
    return record


def put_segment(connection: sqlite3.Connection, record: SegmentRecord) -> None:
    """Name a segment file."""
    connection.execute(
        "INSERT INTO segments (first_row, n_rows, name, bytes, sha256, crc) VALUES (?, ?, ?, ?, ?, ?)",
        (*astuple(record), record.crc()),
    )


def read_head(connection: sqlite3.Connection, path: Path) -> Head:
    """Read everything small in one transaction.

    Raises:
        DamagedIndexError: naming `path`, the database.
    """
    connection.execute("BEGIN")
    try:
        head = _named(connection, "head", path)
        missing = {"generation", "settings", "state"} - set(head)
        if missing:
            raise DamagedIndexError(path, f"its head lacks {', '.join(sorted(missing))}")
        derived = _named(connection, "derived", path)
        for file in named_files(derived):
            if not is_inside(file):
                raise DamagedIndexError(path, f"names the file {file!r}, which would lie outside the index")
        row = connection.execute(
            f"SELECT {COMMIT_COLUMNS}, crc FROM commits ORDER BY number DESC LIMIT 1"
        ).fetchone()
        last = commit_record(row[:-1], row[-1], path) if row else NO_COMMIT
        segments = _segments(connection, last.next_row, path)
    finally:
        connection.execute("ROLLBACK")
    state = head["state"]
    return Head(
        generation_id=str(head["generation"]["id"]),
        state=str(state["state"]),
        revision=int(str(state["revision"])),
        settings=IndexSettings.from_json(head["settings"]),
        last=last,
        segments=segments,
        derived=derived,
    )


def _segments(connection: sqlite3.Connection, n_rows: int, path: Path) -> tuple[SegmentRecord, ...]:
    records, next_row = [], 0
    query = "SELECT first_row, n_rows, name, bytes, sha256, crc FROM segments ORDER BY first_row"
    for *values, crc in connection.execute(query):
        record = SegmentRecord(*values)
        if not is_segment_name(record.name):
            raise DamagedIndexError(path, f"names {record.name!r}, which is not the name of a vector segment")
        if record.crc() != crc or record.first_row != next_row:
            raise DamagedIndexError(
                path, f"the entry of vector segment {record.name} is not what was written"
            )
        next_row += record.n_rows
        records.append(record)
    if next_row != n_rows:
        raise DamagedIndexError(path, f"its vector segments hold {next_row:,} rows, its passages {n_rows:,}")
    return tuple(records)


STAMPED = 128
"""Commits, and documents, that a stamp is made of."""

_Rows = Callable[[str, Sequence[int]], list[tuple[Any, ...]]]
_LATEST_COMMITS = (
    f"SELECT {COMMIT_COLUMNS}, crc FROM commits WHERE number > ? AND number <= ? ORDER BY number"
)
_LATEST_DOCUMENTS = (
    "SELECT doc_key, first_row, n_passages, n_tokens, n_truncated, added_commit, digest, id, crc FROM documents "
    "WHERE doc_key >= ? AND doc_key < ? ORDER BY doc_key"
)


def commit_stamp(rows: _Rows, path: Path, generation_id: str, number: int) -> str | None:
    """A digest over a commit's numbers, those of the latest before it, and the latest documents up to it.

    Two copies of an index that were changed apart give different stamps for the same number.

    Args:
        rows: runs a query on the database.
        path: of the database.
        generation_id: of the database.
        number: of the commit.

    Returns:
        Hexadecimal digits; None where there is no such commit.

    Raises:
        DamagedIndexError: the commit or one of the documents is not what was written.
    """
    with translated(path):
        commits = [
            commit_record(row[:-1], row[-1], path)
            for row in rows(_LATEST_COMMITS, (number - STAMPED, number))
        ]
        if not commits or commits[-1].number != number:
            return None
        crcs = [commit.crc() for commit in commits]
        hasher = hashlib.blake2b(f"{generation_id} {number} {crcs}".encode(), digest_size=16)
        end = commits[-1].next_doc_key
        for *numbers, digest, id_, crc in rows(_LATEST_DOCUMENTS, (end - STAMPED, end)):
            if document_crc((*numbers,), digest, id_) != crc:
                raise DamagedIndexError(path, f"the check sum of document {id_!r} differs")
            hasher.update(digest)
            hasher.update(crc.to_bytes(4, "little"))
    return hasher.hexdigest()
