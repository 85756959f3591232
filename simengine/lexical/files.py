"""The files of a tantivy folder: what stands in them, whether they are whole, and what its errors mean."""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
import tempfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from simengine.errors import DamagedIndexError, SimengineError, StorageFullError, StoreError
from simengine.files import no_room, replace_file, sync_folder
from simengine.lexical.own_files import MANAGED, SEAL, is_segment_id
from simengine.text.checks import parse_own_json

_PARTS = ("term", "idx", "pos", "store", "fast", "fieldnorm")
_FOOTER_MAGIC = 1337
_FULL = re.compile(
    rf"os error ({errno.ENOSPC}|{errno.EDQUOT}|{errno.EFBIG})\b|no space left|quota exceeded", re.IGNORECASE
)
_NAMED_FILE = re.compile(
    r"[0-9a-f]{32}(?:\.\d+)?\.(?:term|idx|pos|store|fast|fieldnorm|del)|(?:meta|\.managed)\.json"
)
_WORKER_FAILED = "Worker thread failed"


@contextmanager
def no_panic(folder: Path) -> Iterator[None]:
    """Turn what tantivy raises, its panics included, into errors of this package that name the file."""
    try:
        yield
    except (SimengineError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        # A Rust panic arrives as a BaseException of its own; only its class name tells.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        text = str(error)
        if _FULL.search(text):
            raise StorageFullError(f"{folder}: no room to write the lexical index ({text})") from error
        if _WORKER_FAILED in text:  # tantivy does not pass on why
            if no_room(folder, folder.glob("*")):
                raise StorageFullError(f"{folder}: no room to write the lexical index") from error
            raise StoreError(
                f"{folder}: writing the lexical index failed ({text}). What was committed before is kept; run the "
                "same command again"
            ) from error
        named = _NAMED_FILE.search(text)
        if named is None:
            try:
                verify_files(folder)
            except DamagedIndexError as found:
                raise found from error
        raise DamagedIndexError(folder / named[0] if named else folder, f"lexical index: {text}") from error


def check_meta(folder: Path, analyses: Collection[str]) -> tuple[str, int]:
    """Raise DamagedIndexError unless meta.json reads well, names one of these analyses, and its files exist.

    Returns:
        The analysis, and bytes of those files.
    """
    meta = _read_meta(folder)
    _check_seal(folder)
    try:
        tokenizers = {
            field["options"]["indexing"]["tokenizer"] for field in meta["schema"] if field["type"] == "text"
        }
        names = list(_file_names(meta))
    except (KeyError, TypeError) as error:
        raise DamagedIndexError(folder / "meta.json", f"is not a lexical index: no {error}") from error
    analysis = tokenizers.pop() if len(tokenizers) == 1 else None
    if analysis not in analyses:
        reason = (
            f"was written by text analysis {analysis!r}; this version reads {', '.join(analyses)}; rebuild it"
        )
        raise DamagedIndexError(folder / "meta.json", reason)
    n_bytes = 0
    for name in names:
        try:
            n_bytes += (folder / name).stat().st_size
        except OSError:
            raise DamagedIndexError(folder / name, "is missing from the lexical index") from None
    return str(analysis), n_bytes


def seal(folder: Path) -> None:
    """Record meta.json's checksum beside it, now that no merging can change it any more.

    tantivy gives every file a checksum but this one, which says how many passages each of the others holds.
    """
    content = meta_bytes(folder)
    if content is None:
        return
    with suppress(OSError):  # without room for it, meta.json stays unchecked
        replace_small(folder / SEAL, f"{zlib.crc32(content):08x}\n")
        # tantivy makes these readable by their owner alone; they get the permissions that the umask gives all others.
        mode = stat.S_IMODE((folder / SEAL).stat().st_mode)
        for name in ("meta.json", MANAGED):
            with suppress(FileNotFoundError):
                (folder / name).chmod(mode)


def replace_small(path: Path, content: str) -> None:
    """Give a small file in the folder new content, atomically and durably; OSError leaves it as it was."""
    replace_file(path, content.encode(), temporary=f".tmp{path.name}")


def unseal(folder: Path) -> None:
    """Remove that record durably, before a writer changes anything."""
    if (folder / SEAL).exists():
        (folder / SEAL).unlink(missing_ok=True)
        sync_folder(folder)


def _check_seal(folder: Path) -> None:
    with suppress(FileNotFoundError):
        recorded = (folder / SEAL).read_bytes().strip()
        if recorded != f"{zlib.crc32(meta_bytes(folder) or b''):08x}".encode():
            reason = (
                f"is not what was written (its checksum is not the one in {SEAL}); rebuild the lexical index"
            )
            raise DamagedIndexError(folder / "meta.json", reason)


def meta_bytes(folder: Path) -> bytes | None:
    """What stands in meta.json; None where it cannot be read."""
    try:
        return (folder / "meta.json").read_bytes()
    except OSError:
        return None


def has_deletes(folder: Path) -> bool:
    """Whether a segment holds rows that were deleted from it."""
    return any(segment.get("deletes") for segment in _read_meta(folder)["segments"])


def verify_files(folder: Path) -> None:
    """Compare meta.json with its record, and every file that it names with the checksum in its footer."""
    _check_seal(folder)
    for name in _file_names(_read_meta(folder)):
        _verify_file(folder / name)


def readable_folder(folder: Path) -> tuple[Path, tempfile.TemporaryDirectory[str] | None]:
    """The folder itself; where it is read-only, one of links to its files: tantivy must make a lock file."""
    if os.access(folder, os.W_OK):
        return folder, None
    held = tempfile.TemporaryDirectory(prefix="simengine-lexical-")
    for file in folder.iterdir():
        if not file.name.endswith(".lock"):
            (Path(held.name) / file.name).symlink_to(file.resolve())
    return Path(held.name), held


def _read_meta(folder: Path) -> dict[str, Any]:
    file = folder / "meta.json"
    try:
        meta = parse_own_json(file.read_bytes())
    except (OSError, ValueError) as error:
        raise DamagedIndexError(file, f"cannot be read: {error}") from error
    if not isinstance(meta, dict) or not isinstance(meta.get("segments"), list):
        raise DamagedIndexError(file, "is not a lexical index")
    for segment in meta["segments"]:
        # The names of files are made from these two.
        deletes = segment.get("deletes") if isinstance(segment, dict) else 0
        known = deletes is None or (isinstance(deletes, dict) and type(deletes.get("opstamp")) is int)
        if not known or not is_segment_id(segment.get("segment_id")):
            raise DamagedIndexError(file, f"names a segment {segment!r:.80}, which is none; rebuild it")
    return meta


def _file_names(meta: dict[str, Any]) -> Iterator[str]:
    for segment in meta["segments"]:
        stem = str(segment["segment_id"]).replace("-", "")
        yield from (f"{stem}.{part}" for part in _PARTS)
        deletes = segment["deletes"]
        if isinstance(deletes, dict):
            yield f"{stem}.{deletes['opstamp']}.del"


def _verify_file(file: Path) -> None:
    """Check one file: it ends in a JSON footer with its body's CRC-32, the footer's length, a magic."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            stream.seek(max(0, size - 8))
            footer_bytes, magic = struct.unpack("<II", stream.read(8))
            body_bytes = size - 8 - footer_bytes
            if magic != _FOOTER_MAGIC or body_bytes < 0:
                raise DamagedIndexError(file, "has no valid footer; the lexical index must be rebuilt")
            stream.seek(body_bytes)
            expected = parse_own_json(stream.read(footer_bytes))["crc"]
            stream.seek(0)
            found = 0
            while body_bytes > 0:
                block = stream.read(min(1 << 20, body_bytes))
                found = zlib.crc32(block, found)
                body_bytes -= len(block)
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        if isinstance(error, SimengineError):
            raise
        raise DamagedIndexError(file, f"cannot be read: {error}") from error
    if found != expected:
        raise DamagedIndexError(file, "is not what was written (checksum differs); rebuild the lexical index")
