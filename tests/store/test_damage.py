"""Flipped bytes: everything comes back exactly right, or an error names the file, and `verify` names it too."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
from pathlib import Path

import pytest

from simengine.errors import DamagedIndexError, StoreError
from simengine.store.files import DATABASE, MANIFEST
from simengine.store.snapshot import Snapshot
from simengine.store.verify import repair_manifest, verify
from simengine.store.writer import IndexWriter
from tests.store.samples import Model, change, check_index, settings

MODEL: Model = {"a": (0, 2), "c": (0, 2), "b": (1, 3), "d": (1, 3), "e": (2, 1)}


def build(path: Path, *, hot: bool = False) -> None:
    writer = IndexWriter.create(path, settings())
    writer.commit(change(["a", "b", "c", "x"]))
    writer.commit(change(["b", "d"], version=1, n_passages=3, remove=["b"]))
    file = writer.new_derived_path("ann", ".faiss")
    file.write_bytes(bytes(range(256)) * 4)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    writer.set_derived(
        "ann", {"file": file.relative_to(writer.folder).as_posix(), "sha256": digest, "bytes": 1024}
    )
    writer.delete(["x"])
    writer.commit(change(["e"], version=2, n_passages=1))
    writer.finish()
    if hot:
        os.kill(os.getpid(), signal.SIGKILL)
    writer.close()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "index"
    build(path)
    return path


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index whose writer was killed, so that all commits are still in SQLite's log."""
    path = tmp_path_factory.mktemp("killed") / "index"
    child = os.fork()
    if child == 0:
        build(path, hot=True)
    os.waitpid(child, 0)
    return path


def files_of(path: Path) -> list[str]:
    return sorted(
        file.relative_to(path).as_posix()
        for file in path.rglob("*")
        if file.is_file() and file.stat().st_size
    )


def flip(path: Path, rng: random.Random) -> tuple[int, int]:
    content = bytearray(path.read_bytes())
    # Headers are short and matter most: every other flip is among the first bytes.
    where = rng.randrange(min(256, len(content))) if rng.random() < 0.5 else rng.randrange(len(content))
    before = content[where]
    content[where] ^= 1 << rng.randrange(8) if rng.random() < 0.7 else rng.randrange(1, 256)
    path.write_bytes(content)
    return where, before


def check_flipped(index: Path, name: str, where: tuple[int, int]) -> bool:
    """Returns whether the damage showed."""
    damaged = index / name
    error: StoreError | None = None
    try:
        check_index(index, MODEL)
    except StoreError as raised:
        error = raised
    report = verify(index)
    if error is not None:
        assert isinstance(error, DamagedIndexError), (name, where, error)
        assert names(error.path, damaged), (name, where, error)
        assert report.problems, (name, where)
    for problem in report.problems:
        assert names(problem.file, damaged), (name, where, problem)
    return not report.ok


def names(found: Path, damaged: Path) -> bool:
    # The log is part of the database: SQLite reads pages from either.
    return found == damaged or str(damaged) == f"{found}-wal"


def flip_every_file(index: Path, copy: Path, n_flips: int, skip: str = "nothing") -> dict[str, int]:
    rng = random.Random(7)
    shown: dict[str, int] = {}
    for name in files_of(index):
        if name == "write.lock" or name.endswith(skip):
            continue
        for _ in range(n_flips):
            shutil.copytree(index, copy)
            where = flip(copy / name, rng)
            shown[name] = shown.get(name, 0) + check_flipped(copy, name, where)
            shutil.rmtree(copy)
    return shown


def test_flipped_bytes_in_any_file_never_give_wrong_answers(sound: Path, memory_path: Path) -> None:
    shown = flip_every_file(sound, memory_path / "index", 40)
    assert set(shown) >= {MANIFEST, f"gen-000001/{DATABASE}", "gen-000001/vectors/000001.npy"}
    for name, n in shown.items():
        if name.endswith((".npy", ".faiss")):
            assert n == 40, name


def test_flipped_bytes_in_a_hot_log_never_lose_a_commit_silently(killed: Path, memory_path: Path) -> None:
    check_index(killed, MODEL)
    shown = flip_every_file(killed, memory_path / "index", 40, skip=".npy")
    assert shown[f"gen-000001/{DATABASE}-wal"] > 0


@pytest.mark.parametrize("name", [MANIFEST, f"gen-000001/{DATABASE}", "gen-000001/vectors/000002.npy"])
@pytest.mark.parametrize("content", [b"", b"\0" * 100, None])
def test_cut_files_are_named(sound: Path, memory_path: Path, name: str, content: bytes | None) -> None:
    index = memory_path / "index"
    shutil.copytree(sound, index)
    whole = (index / name).read_bytes()
    (index / name).write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(DamagedIndexError) as caught:
        Snapshot.open(index)
    assert caught.value.path == index / name
    assert index / name in [problem.file for problem in verify(index).problems]


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b"nonsense"])
def test_a_manifest_is_made_anew_from_the_database(
    sound: Path, memory_path: Path, content: bytes | None
) -> None:
    index = memory_path / "index"
    shutil.copytree(sound, index)
    if content is None:
        (index / MANIFEST).unlink()
        check_index(index, MODEL)
    else:
        (index / MANIFEST).write_bytes(content)
        with pytest.raises(DamagedIndexError, match="repair"):
            IndexWriter.open(index)
    assert [problem.file for problem in verify(index).problems] == [index / MANIFEST]
    assert repair_manifest(index)
    assert not repair_manifest(index)
    assert json.loads((index / MANIFEST).read_bytes()) == json.loads((sound / MANIFEST).read_bytes())
    check_index(index, MODEL)
    assert verify(index).ok


def test_without_a_manifest_the_newest_complete_generation_is_the_index(
    sound: Path, memory_path: Path
) -> None:
    index = memory_path / "index"
    shutil.copytree(sound, index)
    with IndexWriter.open(index) as writer, writer.begin_compact() as new:
        new.publish()
        new.commit(change(["new"]))
    (index / MANIFEST).unlink()
    with pytest.raises(DamagedIndexError, match="2 generations"):
        Snapshot.open(index)
    assert repair_manifest(index)
    check_index(index, {**MODEL, "new": (0, 2)})


def test_a_newer_format_is_refused_with_a_clear_message(
    sound: Path, memory_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simengine.store import manifest

    index = memory_path / "index"
    shutil.copytree(sound, index)
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "FORMAT_VERSION", 2)
        with IndexWriter.open(index) as writer:
            writer.delete(["a"])
    for opener in (Snapshot.open, IndexWriter.open, verify):
        with pytest.raises(StoreError, match="newer simengine") as caught:
            opener(index)
        assert not isinstance(caught.value, DamagedIndexError)


def test_verify_of_a_sound_index_finds_nothing_and_says_what_it_read(sound: Path) -> None:
    report = verify(sound)
    assert report.ok
    assert report.notes == ()
    assert (report.documents, report.passages) == (7, 15)
    assert {file.relative_to(sound).as_posix() for file in report.checked} == {
        name for name in files_of(sound) if name != "write.lock" and not name.endswith("-shm")
    }
    assert verify(sound, deep=False).ok


def test_verify_notes_what_a_killed_writer_left(sound: Path, memory_path: Path) -> None:
    index = memory_path / "index"
    shutil.copytree(sound, index)
    (index / "gen-000001" / "vectors" / "000009.npy").write_bytes(b"half")
    (index / "gen-000002").mkdir()
    report = verify(index)
    assert report.ok
    assert len(report.notes) == 2
    IndexWriter.open(index).close()
    assert verify(index).notes == ()
