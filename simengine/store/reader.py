"""One SQLite connection for reading, shared by threads under a lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from simengine.errors import DamagedIndexError, StoreError
from simengine.store.records import Head, read_head
from simengine.store.schema import check_database, closed_on_error, connect_reader, translated

Row = tuple[Any, ...]
SqlValue = int | float | str | bytes | None
PARAMETERS = 500
"""Values of one IN list; SQLite's own limit is far higher, its plan does not get better."""


class Reader:
    """The database of one generation, open for reading; it keeps serving after its files were removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._closed = False
        self._pid = os.getpid()
        with translated(path):
            self._connection, self.immutable = connect_reader(path)
            self._stamp = file_stamp(path)
            with closed_on_error(self._connection):
                check_database(self._connection, path)

    def head(self) -> Head:
        """Head, registry, last commit and segments as of now."""
        with self._lock:
            self._usable()
            with translated(self.path):
                return read_head(self._connection, self.path)

    def is_replaced(self) -> bool:
        """Whether another file stands at the path now, as after restoring a copy; the open one keeps its inode."""
        found = file_stamp(self.path)
        return found is not None and self._stamp is not None and found[0] != self._stamp[0]

    def data_version(self) -> int:
        """A number that changes whenever another connection has committed."""
        if self.immutable:
            return hash(file_stamp(self.path))
        return int(str(self.rows("PRAGMA data_version")[0][0]))

    def rows(self, query: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """All rows of a query.

        Raises:
            DamagedIndexError: naming the database.
        """
        with self._lock:
            self._usable()
            try:
                with translated(self.path):
                    return self._connection.execute(query, values).fetchall()
            except DamagedIndexError as error:
                raise self._explained(error) from error

    def rows_in(self, query: str, values: Sequence[SqlValue]) -> Iterator[Row]:
        """Rows of a query whose `{}` stands for an IN list of any length."""
        for start in range(0, len(values), PARAMETERS):
            part = values[start : start + PARAMETERS]
            marks = "(" + ",".join("?" * len(part)) + ")"
            n_lists = query.count("{}")
            yield from self.rows(query.replace("{}", marks), list(part) * n_lists)

    def rows_until(
        self, query: str, values: Sequence[SqlValue], budget: int, weight_column: int
    ) -> list[Row]:
        """Rows of a query until the lengths in a column add up to `budget`; at least one if there is one."""
        found: list[Row] = []
        with self._lock:
            self._usable()
            with translated(self.path):
                cursor = self._connection.execute(query, values)
                try:
                    for row in cursor:
                        found.append(row)
                        budget -= len(str(row[weight_column])) + 64
                        if budget <= 0:
                            break
                finally:
                    cursor.close()
        return found

    def close(self) -> None:
        """Close the connection; calls after this raise StoreError."""
        with self._lock:
            if not self._closed:
                self._closed = True
                # A process that inherited the connection must not close it: that frees the parent's locks.
                if self._pid == os.getpid():
                    self._connection.close()

    def _usable(self) -> None:
        if self._closed:
            raise StoreError(f"{self.path.parent.parent}: this snapshot is closed; open the index again")
        if self._pid != os.getpid():
            raise StoreError(
                f"{self.path.parent.parent}: this snapshot was opened by process {self._pid} before a fork; "
                "SQLite connections do not survive one, so open the index in each process"
            )

    def _explained(self, error: DamagedIndexError) -> StoreError:
        # An immutable connection takes no locks: a writer that came later may have changed pages under it.
        if self.immutable and file_stamp(self.path) != self._stamp:
            return StoreError(
                f"{self.path}: changed by a writer since it was opened read-only; open the index again"
            )
        return error


def file_stamp(path: Path) -> tuple[int, int, int] | None:
    """Something that differs once a file has been replaced or changed; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
