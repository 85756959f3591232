"""manifest.json: which generation is the index, and what `info` shows of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from simengine.errors import DamagedIndexError, StoreError
from simengine.files import replace_file
from simengine.store.contract import Counts
from simengine.store.digest import canonical_json
from simengine.store.files import MANIFEST, generation_name, generation_number, writing
from simengine.store.ours import refuse_link
from simengine.store.records import Head
from simengine.store.settings import IndexSettings
from simengine.types import Json

FORMAT = "simengine index"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """The head of an index directory.

    Attributes:
        generation: number of the folder that holds the index.
        generation_id: random name given to that generation when it was begun.
        state: "building" until the build has finished, then "complete".
        commit_number: commits in this generation.
        revision: counts commits and changes of the derived files; rises with each.
        counts: what the index holds.
        n_segments, vector_bytes: the vector segments.
        settings: what the index was built with.
        derived: the registry of derived files and learned values, by name.
    """

    generation: int
    generation_id: str
    state: str
    commit_number: int
    revision: int
    counts: Counts
    n_segments: int
    vector_bytes: int
    settings: IndexSettings
    derived: Mapping[str, Mapping[str, Json]]

    @classmethod
    def of(cls, generation: int, head: Head) -> Manifest:
        """The manifest that belongs to a state of a generation's database."""
        return cls(
            generation=generation,
            generation_id=head.generation_id,
            state=head.state,
            commit_number=head.last.number,
            revision=head.revision,
            counts=head.last.counts,
            n_segments=len(head.segments),
            vector_bytes=sum(segment.bytes for segment in head.segments),
            settings=head.settings,
            derived=head.derived,
        )

    def to_json(self) -> dict[str, Json]:
        """As written to manifest.json, without the check sum; the canary vectors stay in the database."""
        counts: dict[str, Json] = dict(asdict(self.counts))
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "generation": generation_name(self.generation),
            "generation_id": self.generation_id,
            "state": self.state,
            "commit_number": self.commit_number,
            "revision": self.revision,
            "counts": counts,
            "vectors": {"segments": self.n_segments, "bytes": self.vector_bytes},
            "settings": self.settings.to_json(canary=False),
            "derived": {name: dict(value) for name, value in self.derived.items()},
        }


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a reader needs of manifest.json: everything else it reads from the database."""

    generation: int
    generation_id: str
    commit_number: int
    revision: int


def _check_sum(value: Mapping[str, Json]) -> str:
    body = {key: item for key, item in value.items() if key != "checksum"}
    return hashlib.blake2b(canonical_json(body).encode(), digest_size=16).hexdigest()


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Replace manifest.json atomically and durably.

    Raises:
        StorageFullError, StoreError: the old one is still there.
    """
    value = manifest.to_json()
    value["checksum"] = _check_sum(value)
    with writing(root / MANIFEST):
        replace_file(root / MANIFEST, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def read_pointer(root: Path) -> Pointer | None:
    """Read and check manifest.json.

    Returns:
        None where there is no such file.

    Raises:
        DamagedIndexError: it is not what was written, or a symbolic link.
        StoreError: written by a newer version of the format.
    """
    path = root / MANIFEST
    refuse_link(path)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f"{path}: cannot read: {error.strerror or error}") from error
    try:
        value = json.loads(content)
        intact = value["format"] == FORMAT and value["checksum"] == _check_sum(value)
        version = value["format_version"]
        if intact and version > FORMAT_VERSION:
            raise StoreError(
                f"{path.parent}: written in format {version} by a newer simengine; this one reads formats up "
                f"to {FORMAT_VERSION}. Upgrade simengine"
            )
        generation = generation_number(value["generation"])
        pointed = value["generation_id"], value["commit_number"], value["revision"]
        if intact and generation is not None and [type(part) for part in pointed] == [str, int, int]:
            return Pointer(generation, *pointed)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise DamagedIndexError(
        path,
        "its content is not what was written (check sum differs). It can be made anew from the database: "
        "simengine verify --repair",
    )


def check_pointer(head: Head, pointer: Pointer | None, path: Path) -> None:
    """Refuse a database that lost what its manifest says was committed.

    Args:
        head: as read from the database, after `pointer`.
        pointer: None where there is no manifest to compare with.
        path: the database.

    Raises:
        DamagedIndexError: names the database, or its log.
    """
    if pointer is None:
        return
    if pointer.generation_id != head.generation_id:
        raise DamagedIndexError(
            path, "belongs to another index than manifest.json; were two indexes mixed in one folder?"
        )
    if pointer.commit_number > head.last.number or pointer.revision > head.revision:
        log = path.with_name(f"{path.name}-wal")
        raise DamagedIndexError(
            log if log.exists() and log.stat().st_size else path,
            f"ends at commit {head.last.number} (revision {head.revision}), but commit "
            f"{pointer.commit_number} (revision {pointer.revision}) was made: the database or its log was "
            "damaged, removed or replaced by an older copy",
        )
