"""How much of each document its model could not read: a table that indexes of earlier versions lack."""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections.abc import Sequence

from simengine.errors import DamagedIndexError
from simengine.store.contract import Unknown, UnknownCounts
from simengine.store.reader import DatabaseReader

TABLE = """
CREATE TABLE IF NOT EXISTS unknown (
  doc_key INTEGER PRIMARY KEY, n_unknown INTEGER NOT NULL, n_unreadable INTEGER NOT NULL, crc INTEGER NOT NULL
);
"""
_NUMBERS = struct.Struct("<3q")


def put_unknown(connection: sqlite3.Connection, measured: Sequence[tuple[int, Unknown]]) -> None:
    """Append documents by key, inside the caller's transaction; creates the table if it is missing."""
    if not measured:
        return
    connection.execute(TABLE)
    rows = [(key, each.n_tokens, each.n_passages) for key, each in measured]
    connection.executemany("INSERT INTO unknown VALUES (?, ?, ?, ?)", ((*row, _crc(*row)) for row in rows))


def fetch_unknown(reader: DatabaseReader, first_key: int, end_key: int) -> dict[int, Unknown]:
    """Documents with first_key <= key < end_key that were measured.

    Raises:
        DamagedIndexError: an entry is damaged.
    """
    if not _has_table(reader):
        return {}
    query = "SELECT doc_key, n_unknown, n_unreadable, crc FROM unknown WHERE doc_key >= ? AND doc_key < ?"
    found = {}
    for key, n_unknown, n_unreadable, crc in reader.rows(query, (first_key, end_key)):
        if _crc(key, n_unknown, n_unreadable) != crc:
            raise DamagedIndexError(reader.path, f"the checksum of document {key} in table unknown differs")
        found[key] = Unknown(n_unknown, n_unreadable)
    return found


def count_unknown(reader: DatabaseReader, commit_number: int) -> UnknownCounts | None:
    """Sums over the documents that were live after a commit; None if none of them was measured."""
    if not _has_table(reader):
        return None
    ((n, *sums),) = reader.rows(
        "SELECT count(*), sum(d.n_passages), sum(d.n_tokens), sum(u.n_unknown), sum(u.n_unreadable) "
        "FROM unknown u JOIN documents d ON d.doc_key = u.doc_key "
        "WHERE d.added_commit <= ? AND (d.deleted_commit IS NULL OR d.deleted_commit > ?)",
        (commit_number, commit_number),
    )
    return UnknownCounts(n, *sums) if n else None


def _has_table(reader: DatabaseReader) -> bool:
    return bool(reader.rows("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'unknown'"))


def _crc(doc_key: int, n_unknown: int, n_unreadable: int) -> int:
    return zlib.crc32(_NUMBERS.pack(doc_key, n_unknown, n_unreadable))
