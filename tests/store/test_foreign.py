"""What the index did not write is never removed, and no symbolic link inside an index is followed."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import DamagedIndexError, IndexExistsError, UsageError
from simengine.store.manifest import read_pointer
from simengine.store.ours import contents, is_inside
from simengine.store.records import put_named
from simengine.store.segments import SegmentRecord
from simengine.store.snapshot import Snapshot
from simengine.store.verify import repair_manifest, verify
from simengine.store.writer import IndexWriter
from tests.store.samples import change, settings


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with files that nobody may lose, named like those of an index."""
    folder = tmp_path / "elsewhere"
    (folder / "vectors").mkdir(parents=True)
    for name in (
        "precious.txt",
        "000001-00000000.faiss",
        "000001.npy",
        "vectors/000009.npy",
        "documents.sqlite",
    ):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    path = tmp_path / "index"
    with IndexWriter.create(path, settings()) as writer:
        writer.commit(change(["a", "b"]))
        writer.finish()
    return path


def held(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def compacted(path: Path) -> Path:
    """Compact, so that the first generation goes; the folder of the second."""
    with IndexWriter.open(path) as writer, writer.begin_compact() as new:
        new.publish()
        new.collect_garbage()
        return new.folder


FOREIGN = (
    "notes.tmp",
    "old.trash",
    "gen-000001.bak",
    "mine/a.npy",
    "gen-000001/readme.txt",
    "gen-000001/notes.tmp",
    "gen-000001/mine/000001-0123abcd.faiss",
    "gen-000001/vectors/mine.npy",
    "gen-000001/vectors/000007.npy.bak",
    "gen-000001/lexical/mine.txt",
    "gen-000001/ann/model.faiss",
)


def test_a_writer_leaves_foreign_files_alone_and_verify_lists_them(index: Path) -> None:
    for name in FOREIGN:
        (index / name).parent.mkdir(parents=True, exist_ok=True)
        (index / name).write_text(name)
    with IndexWriter.open(index) as writer:
        writer.commit(change(["c"]))
    report = verify(index)
    assert report.ok
    told = {note.partition(": ")[0] for note in report.notes}
    folders = {index / "mine", index / "gen-000001/mine"}  # named as a whole
    files = {index / name for name in FOREIGN if "mine/" not in name}
    assert told == {str(path) for path in folders | files}
    compacted(index)
    for name in FOREIGN:
        assert (index / name).read_text() == name
    assert not (index / "gen-000001/documents.sqlite").exists()
    assert not (index / "gen-000001/vectors/000001.npy").exists()
    with Snapshot.open(index) as snapshot:
        assert (snapshot.generation, snapshot.counts.documents) == (2, 3)


def test_what_killed_writers_leave_is_removed_whole(index: Path) -> None:
    for name in ("gen-000007", "gen-000008.0123abcd.tmp", "gen-000001.0123abcd.tmp.89abcdef.trash"):
        for part in (
            "vectors/000001.npy",
            "ann/000003-0123abcd.faiss",
            f"lexical/{0:032x}.term",
            "documents.sqlite",
        ):
            (index / name / part).parent.mkdir(parents=True, exist_ok=True)
            (index / name / part).write_text("")
    left = ["manifest.json.0123abcd.tmp", "gen-000001/probe.0123abcd.tmp", "gen-000001/vectors/000009.npy"]
    for name in left:
        (index / name).write_text("")
    with IndexWriter.open(index):
        pass
    assert {entry.name for entry in index.iterdir()} == {"manifest.json", "write.lock", "gen-000001"}
    assert not any((index / name).exists() for name in left)


@pytest.mark.parametrize("name", ["vectors", "ann", "lexical", "lexical.new", "lexical.old"])
def test_a_link_where_the_index_has_a_folder_is_damage_and_nothing_behind_it_is_lost(
    index: Path, elsewhere: Path, name: str
) -> None:
    before = held(elsewhere)
    link = index / "gen-000001" / name
    if link.exists():
        link.rename(elsewhere.parent / "away")
    link.symlink_to(elsewhere, target_is_directory=True)
    for use in (Snapshot.open, IndexWriter.open):
        with pytest.raises(DamagedIndexError, match="symbolic link") as caught:
            use(index)
        assert caught.value.path == link
    assert link in [problem.file for problem in verify(index).problems]
    assert held(elsewhere) == before


def test_a_linked_generation_is_damage(index: Path, elsewhere: Path) -> None:
    (index / "gen-000001").rename(elsewhere / "moved")
    (index / "gen-000001").symlink_to(elsewhere / "moved", target_is_directory=True)
    before = held(elsewhere)
    for use in (Snapshot.open, IndexWriter.open, repair_manifest):
        with pytest.raises(DamagedIndexError, match="symbolic link"):
            use(index)
    assert not verify(index).ok
    assert held(elsewhere) == before


@pytest.mark.parametrize("name", ["gen-000009", "gen-000001/other", "gen-000001/vectors/000009.npy", "other"])
def test_other_links_are_told_and_neither_followed_nor_removed(
    index: Path, elsewhere: Path, name: str
) -> None:
    before = held(elsewhere)
    (index / name).symlink_to(elsewhere, target_is_directory=True)
    with IndexWriter.open(index) as writer:
        writer.commit(change(["c"]))
    (problem,) = verify(index).problems
    assert problem.file == index / name
    assert compacted(index).name == ("gen-000010" if name == "gen-000009" else "gen-000002")
    assert (index / name).is_symlink()
    assert held(elsewhere) == before


@pytest.mark.parametrize("name", ["documents.sqlite", "documents.sqlite-wal", "write.lock"])
def test_a_linked_database_or_lock_is_not_written_through(index: Path, elsewhere: Path, name: str) -> None:
    link = index / name if name == "write.lock" else index / "gen-000001" / name
    link.unlink(missing_ok=True)
    link.symlink_to(elsewhere / "precious.txt")
    with pytest.raises(DamagedIndexError, match="symbolic link") as caught:
        IndexWriter.open(index)
    assert caught.value.path == link
    assert (elsewhere / "precious.txt").read_text() == "precious.txt"


@pytest.mark.parametrize("name", ["manifest.json", "gen-000001/vectors/000001.npy"])
def test_a_linked_manifest_or_segment_is_not_read(index: Path, elsewhere: Path, name: str) -> None:
    (index / name).rename(elsewhere / "moved")
    (index / name).symlink_to(elsewhere / "moved")
    before = held(elsewhere)
    for use in (Snapshot.open, IndexWriter.open):
        with pytest.raises(DamagedIndexError, match="symbolic link") as caught, use(index) as opened:
            opened.vectors(np.arange(2)) if isinstance(opened, Snapshot) else opened.commit(change(["c"]))
        assert caught.value.path == index / name
    (problem,) = verify(index).problems
    assert problem.file == index / name
    assert held(elsewhere) == before


def test_a_linked_manifest_is_made_anew(index: Path, elsewhere: Path) -> None:
    (index / "manifest.json").rename(elsewhere / "moved")
    (index / "manifest.json").symlink_to(elsewhere / "moved")
    before = held(elsewhere)
    assert repair_manifest(index)
    assert not (index / "manifest.json").is_symlink()
    assert verify(index).ok
    assert held(elsewhere) == before


def test_a_linked_derived_file_is_not_read(index: Path, elsewhere: Path) -> None:
    with IndexWriter.open(index) as writer:
        path = writer.new_derived_path(suffix=".faiss")
        path.symlink_to(elsewhere / "precious.txt")
        writer.set_derived("candidates", {"file": f"ann/{path.name}"})
    with Snapshot.open(index) as snapshot, pytest.raises(DamagedIndexError, match="symbolic link"):
        snapshot.derived_file("candidates")


def test_the_index_itself_may_be_given_as_a_link(index: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(index, target_is_directory=True)
    with IndexWriter.open(tmp_path / "link") as writer:
        writer.commit(change(["c"]))
    with Snapshot.open(tmp_path / "link") as snapshot:
        assert snapshot.counts.documents == 3
    assert verify(tmp_path / "link").ok


def test_a_folder_with_somebodys_temporary_files_is_not_empty_enough_to_build_in(tmp_path: Path) -> None:
    (tmp_path / "notes.tmp").write_text("mine")
    with pytest.raises(IndexExistsError, match="other files"):
        IndexWriter.create(tmp_path, settings())
    assert (tmp_path / "notes.tmp").read_text() == "mine"


OUTSIDE = [
    "../../elsewhere/000001.npy",
    "/etc/passwd",
    "000001.npy/../../x",
    "..",
    "a\0b",
    "c:\\x",
    "sub/000001.npy",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_segment_name_that_leads_elsewhere_is_refused_before_it_is_opened(index: Path, name: str) -> None:
    with sqlite3.connect(index / "gen-000001/documents.sqlite") as connection:
        (row,) = connection.execute("SELECT first_row, n_rows, name, bytes, sha256 FROM segments").fetchall()
        record = SegmentRecord(*row[:2], name, *row[3:])
        connection.execute("UPDATE segments SET name = ?, crc = ?", (name, record.crc()))
    connection.close()
    for use in (Snapshot.open, IndexWriter.open):
        with pytest.raises(DamagedIndexError, match="not the name of a vector segment"):
            use(index)


@pytest.mark.parametrize("name", [*OUTSIDE[:-1], "ann/../../x", "ann//x", ""])
def test_a_registered_file_that_leads_elsewhere_is_refused(index: Path, name: str) -> None:
    assert not is_inside(name)
    with IndexWriter.open(index) as writer, pytest.raises(UsageError, match="not a name inside"):
        writer.set_derived("ann", {"file": name})
    with sqlite3.connect(index / "gen-000001/documents.sqlite") as connection:
        put_named(connection, "derived", "ann", {"file": name})
    connection.close()
    for use in (Snapshot.open, IndexWriter.open):
        with pytest.raises(DamagedIndexError, match="outside the index"):
            use(index)


@pytest.mark.parametrize("field", ["generation", "generation_id", "commit_number", "revision"])
@pytest.mark.parametrize("value", ["../../x", [], None, 1.5])
def test_a_manifest_of_other_types_is_damage_even_with_a_right_check_sum(
    index: Path, field: str, value: object
) -> None:
    from simengine.store.manifest import _check_sum

    manifest = json.loads((index / "manifest.json").read_text())
    if field == "generation_id" and isinstance(value, str):
        value = 7
    manifest[field] = value
    manifest["checksum"] = _check_sum(manifest)
    (index / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DamagedIndexError):
        read_pointer(index)


def test_everything_that_a_writer_makes_is_ours(index: Path) -> None:
    with IndexWriter.open(index) as writer:
        file = writer.new_derived_path("ann", ".faiss")
        file.write_bytes(b"1")
        writer.set_derived("ann", {"file": file.relative_to(writer.folder).as_posix()})
        found = dict(contents(writer.folder))
    assert all(found.values())
    assert {path.name for path in found} >= {"documents.sqlite", "vectors", "000001.npy", "ann", file.name}


def test_an_opened_index_stays_the_same_after_a_change_of_directory(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    with IndexWriter.create("other/index", settings()) as writer:
        writer.commit(change(["x"]))
        writer.finish()
    with IndexWriter.open("index") as writer, Snapshot.open("index") as snapshot:
        os.chdir("other")
        writer.commit(change(["c"]))
        assert not snapshot.is_current()
        assert snapshot.path == index
    with Snapshot.open(index) as mine, Snapshot.open(tmp_path / "other/index") as theirs:
        assert (mine.counts.documents, theirs.counts.documents) == (3, 1)
