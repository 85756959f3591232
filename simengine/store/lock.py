"""One writer per index directory; the operating system frees the lock when the process dies."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from simengine.errors import DamagedIndexError, IndexLockedError, StorageFullError, StoreError
from simengine.files import is_full
from simengine.store.files import LOCK, full_message
from simengine.store.ours import A_LINK
from simengine.text.checks import parse_own_json


class WriteLock:
    """The exclusive right to change an index directory, counted: released as often as acquired."""

    def __init__(self, root: Path) -> None:
        self._path = root / LOCK
        self._lock = FileLock(self._path, thread_local=False)

    def acquire(self, timeout_s: float = 0.0) -> None:
        """Take the lock, waiting at most `timeout_s` seconds.

        Raises:
            IndexLockedError: another writer has it; names it where known.
            DamagedIndexError: a symbolic link stands in its place.
            StorageFullError, StoreError: the folder cannot be written.
        """
        if self._lock.is_locked:
            self._lock.acquire()
            return
        if self._path.is_symlink():
            raise DamagedIndexError(self._path, f"{A_LINK}. Remove the link")
        holder = self._holder()
        try:
            self._lock.acquire(timeout=max(0.0, timeout_s), poll_interval=0.02)
        except Timeout as error:
            waited = f" after {timeout_s:g} s" if timeout_s > 0 else ""
            raise IndexLockedError(
                f"{self._path.parent}: another process is writing to this index{waited}: "
                f"{self._holder() or holder or 'unknown process'}. Try again when it has ended"
            ) from error
        except OSError as error:
            if is_full(error):
                raise StorageFullError(full_message(self._path, error.strerror or str(error))) from error
            raise StoreError(f"{self._path}: cannot lock the index for writing: {error}") from error
        self._say_who()

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()

    def _say_who(self) -> None:
        # For people only: the lock does not depend on it, so a full disk must not stop the writer here.
        who = {
            "pid": os.getpid(),
            "host": platform.node(),
            "command": " ".join(sys.argv)[:500],
            "since": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        with contextlib.suppress(OSError):
            self._path.write_text(json.dumps(who) + "\n", encoding="utf-8", errors="replace")

    def _holder(self) -> str:
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            who = parse_own_json(self._path.read_text(encoding="utf-8"))
            return f"process {who['pid']} on {who['host']} since {who['since']} ({who['command']})"
        return ""
