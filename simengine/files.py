"""Files that are written whole or not at all, flushed to the device, and hashed."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from simengine.errors import StorageFullError, StoreError

_FULL = frozenset(
    number for number in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", None)) if number is not None
)
_PROBE_BYTES = 256 << 10


def hash_file(path: Path) -> str:
    """Hex sha256 of a file's content."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def random_name() -> str:
    """Eight hexadecimal digits that no other process draws."""
    return os.urandom(4).hex()


def is_full(error: OSError) -> bool:
    """Whether an operating system error means that the disk, a quota or a file size limit is full."""
    return error.errno in _FULL


def no_room(folder: Path, growing: Iterable[Path]) -> bool:
    """Whether writing fails for lack of room, for libraries that report this as any other I/O error.

    Args:
        folder: where a file is written to find out.
        growing: files of which one may have reached the limit of a file's size.
    """
    import tempfile

    with contextlib.suppress(ImportError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        for file in growing if limit >= 0 else ():
            with contextlib.suppress(OSError):
                if file.stat().st_size + _PROBE_BYTES >= limit:
                    return True
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return is_full(error)
    return False


@contextlib.contextmanager
def writing(path: Path, kept: str = "") -> Iterator[None]:
    """Turn operating system errors while writing `path` into the errors of this package.

    Args:
        path: named in the message.
        kept: a sentence on what is not lost when there is no room.

    Raises:
        StorageFullError: disk, quota or file size limit.
        StoreError: anything else, such as missing permission.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if is_full(error):
            raise StorageFullError(full_message(path, reason, kept)) from error
        raise StoreError(f"{path}: cannot write: {reason}") from error


def full_message(path: Path, reason: str, kept: str = "") -> str:
    """Text of a StorageFullError."""
    return f"{path}: no room to write ({reason}). {kept}Free some space and run the same command again"


def sync_fd(fd: int) -> None:
    """Flush an open file to the device, through the drive's own cache on macOS too."""
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Make names created, renamed or removed in a folder durable (a no-op where folders cannot be opened)."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        # Some network and user-space file systems do not sync folders; they answer with one of these.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Create a folder durably; it may exist."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)


@contextlib.contextmanager
def replacing(path: Path, temporary: str = "") -> Iterator[Path]:
    """The path of a new file beside `path` that takes its place at the end, or goes after an error.

    Args:
        path: a reader finds the old content there or the new, never a part.
        temporary: name of the new file, by default a random one; what a killed writer left under it is removed.
    """
    place = path.with_name(temporary or f"{path.name}.{random_name()}.tmp")
    if temporary:
        place.unlink(missing_ok=True)  # never written through, should it be a link
    try:
        yield place
        _rename(place, path)
    except BaseException:
        discard_file(place)
        raise


@contextlib.contextmanager
def rewriting(path: Path, temporary: str = "", *, private: bool = False) -> Iterator[BinaryIO]:
    """As `replacing`, the new file opened; after a power cut too `path` holds the old content or the new.

    Args:
        path, temporary: see `replacing`.
        private: only the owner may read the file.
    """
    mode = 0o600 if private else 0o666
    with (
        replacing(path, temporary) as place,
        open(place, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file,
    ):
        yield file
        file.flush()
        sync_fd(file.fileno())
    sync_folder(path.parent)


def replace_file(path: Path, content: bytes, temporary: str = "", *, private: bool = False) -> None:
    """Give a file new content, atomically and durably; see `rewriting`.

    Raises:
        OSError: nothing has changed then.
    """
    with rewriting(path, temporary, private=private) as file:
        file.write(content)


def discard_file(path: Path) -> None:
    """Remove a file if that is possible; Windows refuses while a reader has it open."""
    with contextlib.suppress(OSError):
        path.unlink()


def _rename(source: Path, target: Path) -> None:
    # Windows refuses to replace a file in the moment in which a reader has it open.
    for wait_s in (0.01, 0.05, 0.2, 0.5) if os.name == "nt" else ():
        try:
            source.replace(target)
            return
        except PermissionError:
            time.sleep(wait_s)
    source.replace(target)
