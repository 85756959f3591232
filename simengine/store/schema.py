"""The SQLite database of a generation: its tables, how it is opened, and what its errors mean."""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

from simengine.errors import DamagedIndexError, SimengineError, StorageFullError, StoreError
from simengine.files import no_room
from simengine.store.files import full_message

PAGE_BYTES = 4096
APPLICATION_ID = 0x73696D65
BUSY_TIMEOUT_S = 60.0
CHECKED_AT_OPEN_BYTES = 4 << 20
"""Databases up to this size have their b-trees and indexes checked whenever they are opened."""

SCHEMA = """
CREATE TABLE head (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE derived (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE commits (
  number INTEGER PRIMARY KEY,
  first_doc_key INTEGER NOT NULL, n_documents INTEGER NOT NULL,
  first_row INTEGER NOT NULL, n_rows INTEGER NOT NULL,
  live_documents INTEGER NOT NULL, live_passages INTEGER NOT NULL,
  live_tokens INTEGER NOT NULL, live_tokens_truncated INTEGER NOT NULL,
  lengths_crc INTEGER NOT NULL, removed_crc INTEGER NOT NULL, metadata_crc INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  lengths BLOB NOT NULL, removed BLOB NOT NULL
);
CREATE TABLE segments (
  first_row INTEGER PRIMARY KEY, n_rows INTEGER NOT NULL, name TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, crc INTEGER NOT NULL
);
CREATE TABLE documents (
  doc_key INTEGER PRIMARY KEY, id TEXT NOT NULL,
  first_row INTEGER NOT NULL, n_passages INTEGER NOT NULL,
  n_tokens INTEGER NOT NULL, n_truncated INTEGER NOT NULL,
  added_commit INTEGER NOT NULL, deleted_commit INTEGER,
  digest BLOB NOT NULL, crc INTEGER NOT NULL,
  metadata TEXT NOT NULL
);
CREATE UNIQUE INDEX live_ids ON documents (id) WHERE deleted_commit IS NULL;
CREATE INDEX dead_ids ON documents (id) WHERE deleted_commit IS NOT NULL;
CREATE TABLE texts (doc_key INTEGER PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (
  row INTEGER PRIMARY KEY, doc_key INTEGER NOT NULL,
  start INTEGER NOT NULL, "end" INTEGER NOT NULL,
  n_tokens INTEGER NOT NULL, n_truncated INTEGER NOT NULL, crc INTEGER NOT NULL
);
"""


@contextlib.contextmanager
def closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Close a connection where the block raises."""
    with contextlib.ExitStack() as stack:
        stack.callback(connection.close)
        yield
        stack.pop_all()


def _connect(path: Path, options: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{options}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
    )
    with closed_on_error(connection):
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "temp_store=MEMORY", "cache_size=-8000"):
            connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_writer(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the database for writing: write-ahead log, every commit flushed to the device.

    Raises:
        DamagedIndexError, StorageFullError, StoreError: see `translated`.
    """
    with translated(path):
        connection = _connect(path, "mode=rwc" if create else "mode=rw")
        with closed_on_error(connection):
            if create:
                connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            if mode != "wal":
                raise StoreError(
                    f"{path}: this file system cannot keep SQLite's write-ahead log (shared memory); "
                    "put the index on a local disk"
                )
            for pragma in (
                "synchronous=FULL",
                "fullfsync=ON",
                "checkpoint_fullfsync=ON",
                "wal_autocheckpoint=8192",
                "journal_size_limit=67108864",
                "cache_size=-32000",
            ):
                connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_reader(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the database for reading, beside a writer or on a read-only medium.

    Returns:
        The connection, and whether it is immutable: opened without locks because the medium lets no one
        create the shared-memory file and no write-ahead log waits to be read.

    Raises:
        FileNotFoundError: no such file.
        StoreError: the file is there but cannot be opened.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        return _connect_and_look(path, "mode=ro"), False
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        if not path.exists():
            raise FileNotFoundError(path) from error
        _refuse_hot_log(path, error)
    return _connect_and_look(path, "mode=ro&immutable=1"), True


def _connect_and_look(path: Path, options: str) -> sqlite3.Connection:
    connection = _connect(path, options)
    with closed_on_error(connection):
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return connection


def _refuse_hot_log(path: Path, error: sqlite3.Error) -> None:
    log = path.with_name(path.name + "-wal")
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > 0:
            raise StoreError(
                f"{path}: the last writer was stopped before it could fold {log.name} in, and this folder is "
                "read-only; open the index once where it can be written (simengine info), or copy it there"
            ) from error


def check_database(connection: sqlite3.Connection, path: Path) -> None:
    """Check application id always, and b-trees and indexes where the database is small.

    Raises:
        DamagedIndexError: naming the database.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise DamagedIndexError(
            path, f"this is not a database of simengine (application id {application_id:#x})"
        )
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    if pages * page_bytes <= CHECKED_AT_OPEN_BYTES:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise DamagedIndexError(path, f"SQLite finds the database damaged: {found}")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A write transaction: committed durably when the block ends, undone when it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite and the decoding of its values raise into the errors of this package.

    Raises:
        StorageFullError: disk, quota or file size limit.
        DamagedIndexError: the content is not what was written.
        StoreError: locked by something that is no simengine, not writable, or too many open files.
    """
    try:
        yield
    except SimengineError:
        raise
    except sqlite3.Error as error:
        raise _meaning(error, path) from error
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, struct.error) as error:
        raise DamagedIndexError(path, f"holds a value that was not written there ({error})") from error


def _meaning(error: sqlite3.Error, path: Path) -> SimengineError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StorageFullError(full_message(path, "disk full"))
        # Where no file can be created any more (no inodes), SQLite says that it cannot open or write.
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY if no_room(
            path.parent, (path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))
        ):
            return StorageFullError(full_message(path, "quota or file size limit"))
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreError(f"{path}: cannot write: {error}; check the permissions of file and folder")
        case sqlite3.SQLITE_CANTOPEN:
            return StoreError(f"{path}: cannot open: {error}; check permissions and the limit of open files")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return StoreError(f"{path}: another program holds the database locked ({error})")
        case sqlite3.SQLITE_NOMEM:
            return StoreError(f"{path}: not enough memory")
    return DamagedIndexError(
        path, f"{error}; `simengine verify` says more, then restore a copy or build again"
    )
