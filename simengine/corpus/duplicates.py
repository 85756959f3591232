"""Which ids have been seen, on disk: memory does not grow with the corpus."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from simengine.errors import StorageFullError

_CACHE_KIB = 32_768


class SeenIds:
    """A set of ids with the place where each was first seen, in a temporary SQLite table.

    SQLite keeps the table in a file of its own temporary folder (SQLITE_TMPDIR, TMPDIR or /tmp) and
    removes it when closed.
    """

    def __init__(self) -> None:
        # An empty name is SQLite's temporary on-disk database. A generator may be resumed from
        # another thread than the one that began it, never from two at once.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute(
            "CREATE TABLE seen (id TEXT PRIMARY KEY, source INTEGER, line INTEGER) WITHOUT ROWID"
        )
        self._database.execute("CREATE TABLE sources (number INTEGER PRIMARY KEY, name TEXT)")
        self._database.execute("BEGIN")
        self._current = -1

    def __enter__(self) -> SeenIds:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def begin(self, name: str) -> None:
        """Say that the ids added from now on come from the source of that name."""
        self._current += 1
        self._database.execute("INSERT INTO sources VALUES (?, ?)", (self._current, name))

    def add(self, places: Sequence[tuple[str, int]]) -> dict[int, str]:
        """Add ids in order and say which were there already.

        Args:
            places: (id, line) each; no line twice within a source.

        Returns:
            For each position in `places` whose id is a repetition: where the first stands, in words.

        Raises:
            StorageFullError: the temporary folder has no room.
        """
        current = self._current
        before = self._database.total_changes
        rows = [(document_id, current, line) for document_id, line in places]
        try:
            self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows)
            if self._database.total_changes - before == len(rows):
                return {}
            firsts = [self._first(document_id) for document_id, _ in places]
        except sqlite3.OperationalError as error:
            raise StorageFullError(
                f"the ids seen so far do not fit into the temporary folder ({error}); "
                "make room there or set TMPDIR to a folder with room"
            ) from error
        return {
            position: f"line {line}" if source == current else f"{name}:{line}"
            for position, (source, line, name) in enumerate(firsts)
            if (source, line) != rows[position][1:]
        }

    def _first(self, document_id: str) -> tuple[int, int, str]:
        query = "SELECT source, line, name FROM seen JOIN sources ON number = source WHERE id = ?"
        source, line, name = self._database.execute(query, (document_id,)).fetchone()
        return source, line, name
