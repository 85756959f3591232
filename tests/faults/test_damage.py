"""A changed, cut or missing file: results are exactly right, or an error names the file; never a crash, never a wrong
text. `verify` names it, and what is derived can be made anew."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.jobs import Damaged, command, damage_each, repair_each, tidy
from tests.faults.operations import Operations, copy_index
from tests.faults.state import State, read_state

RANDOM_FLIPS = 2
DATABASE_FLIPS = 25
WITHOUT_CONTENT = ("write.lock",)


@dataclass(frozen=True)
class Sound:
    """An index without damage, and what it holds."""

    path: Path
    state: State
    pattern: str

    def files(self) -> list[str]:
        """All files with content; of the lexical index's many segments, which are all alike, the files of one."""
        found = sorted(
            str(file.relative_to(self.path))
            for file in self.path.rglob(self.pattern)
            if file.is_file() and file.stat().st_size and file.name not in WITHOUT_CONTENT
        )
        segments = {name: name.rpartition("/")[2].partition(".")[0] for name in found if "/lexical/" in name}
        first = min((stem for stem in segments.values() if stem and stem != "meta"), default="")
        return [name for name in found if segments.get(name, "") in ("", "meta", first)]


@pytest.fixture(scope="module", params=["hnsw", "pq-fastscan"])
def sound(request: pytest.FixtureRequest, operations: Operations) -> Sound:
    """With additions and deletions after a compaction; or with more rows, for the file of a recipe that needs them."""
    names = ("index", "add", "delete", "compact", "update") if request.param == "hnsw" else ("index-many",)
    pattern = "*" if request.param == "hnsw" else "*.faiss"
    path = operations.folder / f"sound-{request.param}"
    copy_index(operations.base(names), path)
    state = operations.server.call(read_state, path)
    operations.server.call(tidy, path)
    return Sound(path, state, pattern)


def faults_of(path: Path, file: str) -> list[tuple[str, str, int]]:
    """(file, kind, position) of all faults that are tried on a file."""
    content = (path / file).read_bytes()
    size = len(content)
    chance = random.Random(file.rpartition("/")[2][-8:])
    n_random = DATABASE_FLIPS if file.endswith(".sqlite") else RANDOM_FLIPS
    positions = {0, size // 2, size - 1, *(chance.randrange(size) for _ in range(n_random))}
    # Numbers that can change into others that look as good.
    positions |= {
        found.end() - 1
        for found in re.finditer(rb'"(max_doc|opstamp|revision|commit_number)": ?\d+', content)
    }
    flips = [(file, "flip", position) for position in sorted(positions)]
    return [*flips, (file, "cut", 0), (file, "cut", size // 2), (file, "cut", size - 1), (file, "remove", 0)]


def test_every_damage_is_harmless_or_named(sound: Sound, operations: Operations, folder: Path) -> None:
    index = folder / "index"
    copy_index(sound.path, index)
    faults = [fault for file in sound.files() for fault in faults_of(index, file)]
    log = folder / "log"
    outcome = operations.server.run(damage_each, index, faults, sound.state, log)
    assert not outcome.signal, (
        f"signal {outcome.signal} after {log.read_text().splitlines()[-1]}\n{outcome.output}"
    )
    found: list[Damaged] = outcome.result()
    assert len(found) == len(faults)
    wrong = [
        line for fault, damaged in zip(faults, found, strict=True) if (line := fault_found(fault, damaged))
    ]
    assert not wrong, "\n".join(wrong)


def fault_found(fault: tuple[str, str, int], damaged: Damaged) -> str:
    """What is wrong with how a fault was met; "" where nothing is."""
    file, kind, position = fault
    name = file.rpartition("/")[2]
    where = f"{kind} at {position} of {file}"
    if damaged.error:
        if damaged.error not in ("DamagedIndexError", "IndexNotFoundError"):
            return f"{where}: {damaged.error}: {damaged.message}"
        if name not in damaged.message:
            return f"{where}: the error does not name it: {damaged.message}"
    elif damaged.difference:
        return f"{where}: read without an error, but wrong: {damaged.difference}"
    if damaged.verify == 0:
        # Bytes that are nobody's content: unused parts of a database page, white space, counters and versions in JSON.
        harmless = not damaged.error and ("/lexical/" in file or name.endswith((".sqlite", ".json")))
        return "" if harmless else f"{where}: verify found nothing ({damaged.error or 'read rightly'})"
    return "" if name in damaged.verified else f"{where}: verify does not name it: {damaged.verified}"


def is_derived(file: str) -> bool:
    return file == "manifest.json" or "/ann/" in file or "/lexical/" in file


def test_whatever_is_derived_can_be_made_anew(sound: Sound, operations: Operations, folder: Path) -> None:
    index = folder / "index"
    copy_index(sound.path, index)
    faults = []
    for file in filter(is_derived, sound.files()):
        size = (index / file).stat().st_size
        faults += [(file, "flip", size // 3), (file, "cut", size // 2), (file, "remove", 0)]
    outcome = operations.server.run(repair_each, index, faults, sound.state, folder / "spare")
    found: list[str] = outcome.result()
    wrong = [f"{fault}: {text}" for fault, text in zip(faults, found, strict=True) if text]
    assert not wrong, "\n".join(wrong)


def test_a_damaged_document_cannot_be_repaired_and_says_so(operations: Operations, folder: Path) -> None:
    index = folder / "index"
    copy_index(operations.base(("index",)), index)
    vectors = next((index / "gen-000001" / "vectors").iterdir())
    content = bytearray(vectors.read_bytes())
    content[200] ^= 1
    vectors.write_bytes(content)
    outcome = operations.server.run(command, ["verify", str(index), "--repair"])
    assert outcome.value == 1
    assert vectors.name in outcome.output
    assert "Traceback" not in outcome.output
