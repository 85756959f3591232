"""Kills at points that Python sees, on every system: files opened, renamed, removed, synced; SQL; lexical commits."""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simengine.lexical.index import LexicalIndex

_PATHS = frozenset(("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "shutil.rmtree"))
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CHANGES = ("BEGIN IMMEDIATE", "COMMIT", "INSERT", "UPDATE", "DELETE", "CREATE", "PRAGMA wal")


def _changed(event: str, details: tuple[Any, ...]) -> str:
    """The file or folder that an audit event changes, or ""."""
    writes = event == "open" and isinstance(details[2], int) and details[2] & _WRITES
    if (
        not details
        or not (writes or event in _PATHS)
        or not isinstance(details[0], (str, bytes, os.PathLike))
    ):
        return ""
    return os.fsdecode(details[0])


def count_events(
    function: Callable[..., Any], arguments: tuple[Any, ...], folder: Path, kill_at: int
) -> tuple[Any, list[str]]:
    """Call a function in this process, which is killed by SIGKILL before its `kill_at`-th event (from 1).

    It must be called in a child: what it hangs into the process stays there.

    Returns:
        The function's value and the events in `folder`, when that one was not reached.
    """
    events: list[str] = []

    def happens(event: str) -> None:
        events.append(event)
        if len(events) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(event: str, details: tuple[Any, ...]) -> None:
        name = _changed(event, details)
        if name.startswith(str(folder)):
            happens(f"{event} {name.removeprefix(str(folder))}")

    def before(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            happens(name)
            return call(*args, **kwargs)

        return wrapper

    class Connection(sqlite3.Connection):
        def __init__(self, database: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(database, *args, **kwargs)
            self.counts = str(folder) in str(database)

        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            if self.counts and sql.startswith(_CHANGES):
                happens(f"sql {sql[:30]}")
            return super().execute(sql, *args)

        def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
            if self.counts:
                happens(f"sql {sql[:30]}")
            return super().executemany(sql, *args)

    sys.addaudithook(audit)
    os.fsync = before("fsync", os.fsync)
    sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)  # type: ignore[assignment]
    LexicalIndex.commit = before("lexical commit", LexicalIndex.commit)  # type: ignore[method-assign]
    LexicalIndex.add = before("lexical add", LexicalIndex.add)  # type: ignore[method-assign]
    return function(*arguments), events
