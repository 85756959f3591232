"""tantivy is kept inside its folder, and only files of a lexical index are removed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from simengine.errors import DamagedIndexError
from simengine.lexical import LexicalIndex
from simengine.lexical.own_files import check_names, discard_folder
from tests.lexical.samples import build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build(tmp_path / "i", ["gas flow", "jet"]).close()
    return tmp_path / "i"


MANAGED = [
    "../precious.txt",
    "/etc/hostname",
    "write.lock",
    "..",
    "a\0b",
    f"x/{0:032x}.idx",
    "meta.json/..",
    7,
    None,
]


@pytest.mark.parametrize("name", MANAGED)
def test_a_managed_name_that_is_no_file_of_tantivy_is_refused_and_nothing_is_removed(
    folder: Path, name: object
) -> None:
    precious = folder.parent / "precious.txt"
    precious.write_text("mine")
    managed = folder / ".managed.json"
    managed.write_text(json.dumps([*json.loads(managed.read_text()), name]))
    with pytest.raises(DamagedIndexError) as caught:
        LexicalIndex.open(folder)
    assert caught.value.path == managed
    with LexicalIndex.rebuild(folder, [([0], [""], ["gas"])]) as index:
        assert index.search(["gas"], 1, n_rows=1)[1].tolist() == [[0]]
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("content", ["{}", "not json", "[" * 100_000])
def test_a_managed_file_of_another_form_is_damage(folder: Path, content: str) -> None:
    (folder / ".managed.json").write_text(content)
    with pytest.raises(DamagedIndexError):
        LexicalIndex.open(folder)


@pytest.mark.parametrize(
    "segment",
    [
        {"segment_id": "../../precious", "deletes": None},
        {"segment_id": f"{0:032x}", "deletes": {"opstamp": "../x"}},
        {"segment_id": f"{0:032x}", "deletes": "../x"},
        {"segment_id": 7, "deletes": None},
        "x",
    ],
)
def test_a_segment_whose_files_would_lie_elsewhere_is_damage(folder: Path, segment: object) -> None:
    meta = json.loads((folder / "meta.json").read_text())
    meta["segments"].append(segment)
    (folder / "meta.json").write_text(json.dumps(meta))
    (folder / "meta.crc32").unlink()
    with pytest.raises(DamagedIndexError, match="names a segment"):
        LexicalIndex.open(folder)


def test_a_lock_that_is_a_link_is_refused_and_not_created_elsewhere(folder: Path) -> None:
    lock = folder / ".tantivy-writer.lock"
    lock.unlink(missing_ok=True)
    lock.symlink_to(folder.parent / "made")
    with pytest.raises(DamagedIndexError, match="symbolic link"):
        LexicalIndex.open(folder)
    assert not (folder.parent / "made").exists()


@pytest.mark.parametrize("pattern", ["meta.json", "*.store"])
def test_a_linked_file_is_not_read(folder: Path, pattern: str) -> None:
    link = next(folder.glob(pattern))
    link.rename(folder.parent / "moved")
    link.symlink_to(folder.parent / "moved")
    with pytest.raises(DamagedIndexError, match="symbolic link") as caught:
        LexicalIndex.open(folder)
    assert caught.value.path == link


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_all_files_have_the_permissions_that_the_umask_gives(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        with LexicalIndex.open(tmp_path / "i", create=True) as index:
            for row in range(3):
                index.add([row], [""], ["gas"])
                index.commit()
    finally:
        os.umask(before)
    files = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "i").iterdir()}
    assert {"meta.json", ".managed.json"} <= set(files)
    assert set(files.values()) == {mode}


def test_rebuilding_keeps_what_others_put_into_the_folder(folder: Path) -> None:
    for place in ("i", "i.new", "i.old"):
        (folder.parent / place).mkdir(exist_ok=True)
        (folder.parent / place / f"{place}.txt").write_text("mine")
    (folder / "link").symlink_to(folder.parent)
    for _ in range(2):
        with LexicalIndex.rebuild(folder, [([0], [""], ["gas"])]) as index:
            assert index.n_rows == 1
    assert sorted(path.name for path in folder.glob("*.txt")) == ["i.new.txt", "i.old.txt", "i.txt"]
    assert (folder / "link").is_symlink()
    assert [path.name for path in folder.parent.iterdir()] == ["i"]


@pytest.mark.parametrize("name", ["i", "i.new", "i.old"])
def test_rebuilding_does_not_write_through_a_link(folder: Path, name: str) -> None:
    place = folder.with_name(name)
    target = folder.parent / "elsewhere"
    folder.rename(target)
    before = sorted(path.name for path in target.iterdir())
    place.symlink_to(target, target_is_directory=True)
    with pytest.raises(DamagedIndexError, match="symbolic link"):
        LexicalIndex.rebuild(folder, [([0], [""], ["gas"])])
    LexicalIndex.discard_leftovers(folder)
    assert sorted(path.name for path in target.iterdir()) == before


def test_all_that_an_index_writes_passes_and_can_be_removed(folder: Path) -> None:
    with LexicalIndex.open(folder) as index:
        index.add(range(2, 40), [""] * 38, ["gas"] * 38)
        index.commit()
        index.truncate(30)
    check_names(folder)
    discard_folder(folder)
    assert not folder.exists()


def test_writing_the_record_of_meta_json_goes_through_no_link(folder: Path) -> None:
    precious = folder.parent / "precious.txt"
    precious.write_text("mine")
    (folder / ".tmpmeta.crc32").symlink_to(precious)
    with LexicalIndex.open(folder) as index:
        index.add([2], [""], ["gas"])
        index.commit()
    assert precious.read_text() == "mine"
    assert not (folder / "meta.crc32").is_symlink()
