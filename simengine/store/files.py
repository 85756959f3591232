"""Names in an index directory, and writes to it that leave the old file or the new one after a power cut."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from simengine.errors import StorageFullError, StoreError

MANIFEST = "manifest.json"
LOCK = "write.lock"
DATABASE = "documents.sqlite"
VECTORS = "vectors"
ANN = "ann"
LEXICAL = "lexical"

_GENERATION = re.compile(r"gen-([0-9]{6,})")
_FULL = frozenset(
    number for number in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", None)) if number is not None
)


def generation_name(number: int) -> str:
    """Folder of a generation: `gen-000001` for 1."""
    return f"gen-{number:06d}"


def generation_number(name: str) -> int | None:
    """The number in a generation folder's name, or None for any other name."""
    match = _GENERATION.fullmatch(name)
    return int(match[1]) if match else None


def generation_numbers(root: Path) -> list[int]:
    """Numbers of the generation folders in an index directory, ascending."""
    numbers = (generation_number(entry.name) for entry in root.iterdir() if entry.is_dir())
    return sorted(number for number in numbers if number is not None)


def is_full(error: OSError) -> bool:
    """Whether an operating system error means that the disk, a quota or a file size limit is full."""
    return error.errno in _FULL


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn operating system errors while writing `path` into the errors of this package.

    Raises:
        StorageFullError: disk, quota or file size limit.
        StoreError: anything else, such as missing permission.
    """
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StorageFullError(full_message(path, error.strerror or str(error))) from error
        raise StoreError(f"{path}: cannot write: {error.strerror or error}") from error


def full_message(path: Path, reason: str) -> str:
    """Text of a StorageFullError."""
    return (
        f"{path}: no space to write ({reason}). Earlier commits are kept and can be searched; "
        "free some space and run the same command again"
    )


def sync_fd(fd: int) -> None:
    """Flush an open file to the device, through the drive's own cache on macOS too."""
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Make names created, renamed or removed in a folder durable (a no-op if folders cannot be opened)."""
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


def random_name() -> str:
    """Eight random hexadecimal digits."""
    return os.urandom(4).hex()


def make_folder(folder: Path) -> None:
    """Create a folder durably; it may exist."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file's content atomically and durably: after a crash it has the old content or the new.

    Raises:
        StorageFullError, StoreError: nothing has changed.
    """
    temporary = path.with_name(f"{path.name}.{random_name()}.tmp")
    with writing(path):
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                sync_fd(file.fileno())
            _rename(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)


def _rename(source: Path, target: Path) -> None:
    # Windows refuses to replace a file while a reader has it open.
    for wait_s in (0.01, 0.05, 0.2, 0.5) if os.name == "nt" else ():
        try:
            source.replace(target)
            return
        except PermissionError:
            time.sleep(wait_s)
    source.replace(target)


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def discard_file(path: Path) -> None:
    """Remove a file if possible; Windows refuses while a reader has it open."""
    with contextlib.suppress(OSError):
        path.unlink()
