"""Names in an index directory, and what its errors of writing say."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path

from simengine import files

MANIFEST = "manifest.json"
LOCK = "write.lock"
DATABASE = "documents.sqlite"
VECTORS = "vectors"
ANN = "ann"
LEXICAL = "lexical"

_KEPT = "What was committed before is kept and can be searched. "
_GENERATION = re.compile(r"gen-([0-9]{6,})")


def generation_name(number: int) -> str:
    """Folder of a generation: `gen-000001` for 1."""
    return f"gen-{number:06d}"


def generation_number(name: str) -> int | None:
    """The number in a generation folder's name, or None for any other name."""
    match = _GENERATION.fullmatch(name)
    return int(match[1]) if match else None


def generation_numbers(root: Path) -> list[int]:
    """Numbers of the generation folders that stand in an index directory, rising."""
    numbers = (generation_number(entry.name) for entry in root.iterdir() if entry.is_dir())
    return sorted(number for number in numbers if number is not None)


def writing(path: Path) -> AbstractContextManager[None]:
    """As `simengine.files.writing`, for a file of an index."""
    return files.writing(path, _KEPT)


def full_message(path: Path, reason: str) -> str:
    """Text of a StorageFullError."""
    return files.full_message(path, reason, _KEPT)
