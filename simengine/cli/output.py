"""Files that commands write: whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, BinaryIO

from simengine.errors import UsageError
from simengine.files import random_name, replacing

STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_OTHER_FORMATS = (".csv", ".tsv", ".parquet", ".xlsx", ".gz", ".zst", ".zip")
UTF_8 = ("utf-8", "utf8")


@contextmanager
def open_output(path: Path | None) -> Iterator[IO[str]]:
    """A text file (UTF-8) that gets its new content when the block ends well, and keeps the old one when it fails.

    What exists and is no regular file (a FIFO, /dev/null) is written to directly.

    Args:
        path: None and "-" are stdout. Missing folders are made.

    Raises:
        OSError: it cannot be written; names `path`.
    """
    if path is None or str(path) in STDOUT:
        with _named("<stdout>"):
            if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.encoding.lower() not in UTF_8:
                sys.stdout.reconfigure(encoding="utf-8")
            yield sys.stdout
            sys.stdout.flush()
        return
    with (
        _named(str(path)),
        _written(path) as place,
        place.open("w", encoding="utf-8", newline="\n") as file,
    ):
        yield file


def write_lines(records: Iterable[Mapping[str, object]], path: Path | None) -> int:
    """Write records as JSON Lines, as `open_output` writes. Returns their number."""
    count = 0
    with open_output(path) as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def check_json_lines(path: Path | None) -> None:
    """Refuse a name that promises another format than JSON Lines, by which the file would be read wrongly later.

    Raises:
        UsageError: it ends in .csv, .gz or the like.
    """
    if path is not None and path.suffix.lower() in _OTHER_FORMATS:
        raise UsageError(
            f"the output is JSON Lines, and {path} would be read as {path.suffix}; name it NAME.jsonl"
        )


@contextmanager
def open_binary_output(path: Path) -> Iterator[BinaryIO]:
    """As `open_output`, for bytes; the file can be sought in.

    Raises:
        UsageError: `path` exists and is no regular file.
        OSError: it cannot be written; names `path`.
    """
    if _is_special(path):
        raise UsageError(f"{path} is no regular file; an array needs one")
    with _named(str(path)), _written(path) as place, place.open("wb") as file:
        yield file


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """Where to write: a file beside the target that takes its place at the end, or the target itself."""
    if _is_special(path) or str(path).startswith(("/dev/fd/", "/dev/stderr", "/proc/")):
        yield path
        return
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from error
    with replacing(target, f".simengine-{os.getpid()}-{random_name()}.partial") as partial:
        yield partial
        if target.exists():
            shutil.copymode(target, partial)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Errors of writing name what the user named, not the partial file, and not nothing at all."""
    try:
        yield
    except OSError as error:
        if error.filename is None or str(error.filename).endswith(".partial"):
            error.filename, error.filename2 = name, None
        raise
