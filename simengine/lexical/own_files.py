"""Which files of a lexical folder are tantivy's or ours: others are left alone, and links are not followed."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

from simengine.errors import DamagedIndexError

SEAL = "meta.crc32"
TIE = "tie.json"
MANAGED = ".managed.json"
_SEGMENT_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
_TANTIVY = re.compile(r"[0-9a-f]{32}(?:\.[0-9]+)?\.[a-z]+(?:\.temp)?|meta\.json")
_UNFINISHED = re.compile(r"\.tmp[A-Za-z0-9.]+")
_OWN = re.compile(
    rf"{_TANTIVY.pattern}|{_UNFINISHED.pattern}|{re.escape(SEAL)}|{re.escape(TIE)}|{re.escape(MANAGED)}"
    r"|\.tantivy-[a-z]+\.lock"
)


def is_segment_id(value: object) -> bool:
    """Whether a value of meta.json is the id of a segment, so that the names made from it stay in the folder."""
    return isinstance(value, str) and _SEGMENT_ID.fullmatch(value) is not None


def check_names(folder: Path) -> None:
    """Refuse anything that would lead tantivy out of its folder, before it reads a file there.

    Its garbage collection removes whatever .managed.json lists and meta.json does not name, wherever it is.

    Raises:
        DamagedIndexError: .managed.json names files that are not tantivy's, or a file is a symbolic link.
    """
    file = folder / MANAGED
    try:
        names = json.loads(file.read_bytes())
    except FileNotFoundError:
        names = []
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedIndexError(file, f"cannot be read: {error}; rebuild the lexical index") from error
    if not isinstance(names, list):
        raise DamagedIndexError(file, "is not a list of file names; rebuild the lexical index")
    for name in names:
        if not isinstance(name, str) or not _TANTIVY.fullmatch(name):
            raise DamagedIndexError(
                file, f"lists {name!r:.80}, which is not a file of a lexical index; rebuild it"
            )
    for entry in folder.iterdir() if folder.is_dir() else ():
        if _OWN.fullmatch(entry.name) and not _UNFINISHED.fullmatch(entry.name):
            refuse_link(entry)


def refuse_link(path: Path) -> None:
    """Refuse a symbolic link in place of a folder or file of the index.

    Raises:
        DamagedIndexError: it is one.
    """
    if path.is_symlink():
        raise DamagedIndexError(path, "is a symbolic link, which simengine does not follow; remove it")


def discard_unfinished(folder: Path) -> None:
    """Remove unfinished files of a killed writer."""
    for file in folder.glob(".tmp*"):
        if _UNFINISHED.fullmatch(file.name) and _is_plain(file):
            file.unlink(missing_ok=True)


def discard_folder(folder: Path) -> None:
    """Remove a lexical index; other files in its folder stay."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for file in folder.iterdir():
        if _OWN.fullmatch(file.name) and _is_plain(file):
            with suppress(OSError):
                file.unlink()
    with suppress(OSError):
        folder.rmdir()


def move_rest(source: Path, target: Path) -> None:
    """Move what `discard_folder` left into another folder, under the same names where they are free."""
    if source.is_symlink() or not source.is_dir():
        return
    for entry in source.iterdir():
        place = target / entry.name
        number = 1
        while place.is_symlink() or place.exists():
            place, number = target / f"{entry.name}.kept{number}", number + 1
        entry.rename(place)
    source.rmdir()


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
