"""Which names in an index directory are ours: nothing else is ever removed, and no symbolic link is followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from simengine.errors import DamagedIndexError, StoreError
from simengine.files import random_name
from simengine.store.files import ANN, DATABASE, LEXICAL, LOCK, MANIFEST, VECTORS
from simengine.types import Json

_RANDOM = "[0-9a-f]{8}"
_BESIDE = rf"(?:\.{_RANDOM}\.(?:tmp|trash))"
_GENERATION_FOLDER = re.compile(rf"gen-[0-9]{{6,}}{_BESIDE}*")
_UNFINISHED_FOLDER = re.compile(rf"gen-[0-9]{{6,}}{_BESIDE}+")
_UNFINISHED_FILE = re.compile(rf"(?:{re.escape(MANIFEST)}|probe)\.{_RANDOM}\.tmp")
_DATABASE_FILE = re.compile(rf"{re.escape(DATABASE)}(?:-wal|-shm|-journal)?")
_SEGMENT = re.compile(r"[0-9]{6,}\.npy")
_DERIVED = re.compile(rf"[0-9]{{6,}}-{_RANDOM}(?:\.[A-Za-z0-9]+)?(?:\.tmp)?")
_LEXICAL_FILE = re.compile(
    r"[0-9a-f]{32}(?:\.[0-9]+)?\.[a-z]+(?:\.temp)?|meta\.json|meta\.crc32|tie\.json|\.managed\.json"
    r"|\.tantivy-[a-z]+\.lock|\.tmp[A-Za-z0-9.]+"
)
_INSIDE: Mapping[str, re.Pattern[str]] = {
    VECTORS: _SEGMENT,
    ANN: _DERIVED,
    LEXICAL: _LEXICAL_FILE,
    f"{LEXICAL}.new": _LEXICAL_FILE,
    f"{LEXICAL}.old": _LEXICAL_FILE,
}
_PART = re.compile(r"(?!\.{1,2}$)[^/\\:\0]+")
A_LINK = "is a symbolic link: an index holds none, and simengine follows none inside it"


def is_segment_name(name: str) -> bool:
    """Whether a name is one that vector segments get."""
    return _SEGMENT.fullmatch(name) is not None


def named_files(derived: Mapping[str, Mapping[str, Json]]) -> set[str]:
    """Files, relative to the generation's folder, that registry entries name under "file" or "files"."""
    found: set[str] = set()
    for value in derived.values():
        one, many = value.get("file"), value.get("files")
        if isinstance(one, str):
            found.add(one)
        if isinstance(many, list):
            found.update(item for item in many if isinstance(item, str))
    return found


def is_inside(name: str) -> bool:
    """Whether a relative name, its parts joined by "/", cannot lead out of the folder that it is relative to."""
    return all(_PART.fullmatch(part) for part in name.split("/"))


def refuse_links(folder: Path) -> None:
    """Refuse a generation in which a symbolic link stands where the index has a folder or its database.

    Raises:
        DamagedIndexError: names the link.
    """
    files = [f"{DATABASE}{suffix}" for suffix in ("", "-wal", "-shm")]
    for path in (folder, *(folder / name for name in (*_INSIDE, *files))):
        refuse_link(path)


def refuse_link(path: Path) -> None:
    """Raise DamagedIndexError where a symbolic link stands."""
    if path.is_symlink():
        raise DamagedIndexError(path, f"{A_LINK}. Put what it points to in its place")


def is_generation(path: Path) -> bool:
    """Whether a folder is a generation, whole, unfinished or on its way out."""
    return _GENERATION_FOLDER.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


def is_unfinished(path: Path) -> bool:
    """Whether a killed writer left this in an index directory or in a generation."""
    if path.is_symlink():
        return False
    pattern = _UNFINISHED_FOLDER if path.is_dir() else _UNFINISHED_FILE
    return pattern.fullmatch(path.name) is not None


def contents(folder: Path) -> Iterator[tuple[Path, bool]]:
    """What a generation's folder holds, files before the folder they are in, each with whether it is ours."""
    for entry in entries(folder):
        if entry.is_symlink() or not entry.is_dir():
            ours = _DATABASE_FILE.fullmatch(entry.name) or _UNFINISHED_FILE.fullmatch(entry.name)
            yield entry, ours is not None and _is_plain(entry)
            continue
        pattern = _INSIDE.get(entry.name)
        if pattern is not None:
            for file in entries(entry):
                yield file, pattern.fullmatch(file.name) is not None and _is_plain(file)
        yield entry, pattern is not None


def foreign(root: Path) -> list[Path]:
    """What stands in an index directory that the index did not write, in its generations too."""
    found = []
    for entry in entries(root):
        if is_generation(entry):
            found += [path for path, ours in contents(entry) if not ours]
        elif not (is_unfinished(entry) or (entry.name in (MANIFEST, LOCK) and _is_plain(entry))):
            found.append(entry)
    return sorted(found)


def discard_tree(folder: Path) -> None:
    """Remove a generation's folder as far as it is ours; what others put there stays, and its folder with it.

    It is renamed first, so that a kill halfway leaves nothing that looks like a generation; where something must stay,
    the database goes first for that.
    """
    if folder.is_symlink():
        return
    doomed = folder
    with suppress(OSError):
        if all(ours for _, ours in contents(folder)):
            doomed = folder.replace(folder.with_name(f"{folder.name}.{random_name()}.trash"))
    found = [path for path, ours in contents(doomed) if ours]
    for path in sorted(found, key=lambda path: path.name != DATABASE):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
    with suppress(OSError):
        doomed.rmdir()


def entries(folder: Path) -> list[Path]:
    """What stands in a folder; nothing where it does not exist.

    Raises:
        StoreError: it cannot be listed.
    """
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"{folder}: cannot list: {error.strerror or error}") from error


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
