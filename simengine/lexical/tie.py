"""What a lexical index is an index of: a small file that names the commit of the documents it was level with."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from simengine.errors import DamagedIndexError
from simengine.files import writing
from simengine.lexical.files import replace_small
from simengine.lexical.own_files import TIE


@dataclass(frozen=True, slots=True)
class Tie:
    """The commit whose rows a lexical index holds (and perhaps later ones).

    Attributes:
        generation: id of the generation of the documents.
        commit: number of the commit.
        stamp: what tells that commit from another with its number.
    """

    generation: str
    commit: int
    stamp: str

    @property
    def checksum(self) -> str:
        """CRC-32 of the rest, in hexadecimal digits."""
        return f"{zlib.crc32(f'{self.generation} {self.commit} {self.stamp}'.encode()):08x}"


def write_tie(folder: Path, tie: Tie) -> None:
    """Replace the file atomically and durably; does nothing where it says so already.

    Raises:
        StorageFullError, StoreError: what was there before stays.
    """
    content = json.dumps({**asdict(tie), "checksum": tie.checksum}) + "\n"
    file = folder / TIE
    with writing(file):
        if not file.is_file() or file.read_bytes() != content.encode():
            replace_small(file, content)


def read_tie(folder: Path) -> Tie | None:
    """What the file says; None where there is none, as in an index of an earlier version.

    Raises:
        DamagedIndexError: it is not what was written.
    """
    file = folder / TIE
    try:
        value = json.loads(file.read_bytes())
        tie = Tie(str(value["generation"]), int(value["commit"]), str(value["stamp"]))
        intact = value["checksum"] == tie.checksum
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise DamagedIndexError(file, f"cannot be read: {error}; rebuild the lexical index") from error
    if not intact:
        raise DamagedIndexError(file, "is not what was written; rebuild the lexical index")
    return tie
