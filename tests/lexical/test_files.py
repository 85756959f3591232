"""The lexical index's files: damage is named, kills leave nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simengine.errors import DamagedIndexError
from simengine.lexical import LexicalIndex
from simengine.lexical import index as index_module
from tests.lexical.samples import build, random_texts


def test_truncate_says_whether_the_words_of_removed_rows_still_count(tmp_path: Path) -> None:
    texts = [f"gas w{i % 7} " + "jet " * (i % 5) for i in range(90)]
    never = build(tmp_path / "never", texts[:70], commit_every=10)
    apart = build(tmp_path / "apart", texts[:80], commit_every=10)
    assert apart.truncate(70)
    np.testing.assert_array_equal(
        apart.search(["w3 jet"], 9, n_rows=70)[0], never.search(["w3 jet"], 9, n_rows=70)[0]
    )
    apart.close()
    build(tmp_path / "merged", texts, commit_every=10).close()
    merged = LexicalIndex.open(tmp_path / "merged")
    assert not merged.truncate(70)
    assert not merged.truncate(70)  # the same answer after a kill between this and the rebuilding
    assert merged.n_rows == 70
    merged.close()
    rows = range(70)
    again = LexicalIndex.rebuild(tmp_path / "merged", [(rows, [""] * 70, texts[:70])])
    np.testing.assert_array_equal(
        again.search(["w3 jet"], 9, n_rows=70)[0], never.search(["w3 jet"], 9, n_rows=70)[0]
    )


def test_leftovers_of_killed_writers_are_removed(tmp_path: Path) -> None:
    build(tmp_path / "i", ["gas"]).close()
    (tmp_path / "i" / ".tmpAb12Cd").write_bytes(b"half a meta.json")
    for name in ("i.new", "i.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{0:032x}.term").write_bytes(b"")
    LexicalIndex.discard_leftovers(tmp_path / "i")
    assert sorted(tmp_path.iterdir()) == [tmp_path / "i"]
    assert not list((tmp_path / "i").glob(".tmp*"))
    with LexicalIndex.open(tmp_path / "i") as index:
        assert index.search(["gas"], 1, n_rows=1)[1].tolist() == [[0]]
    LexicalIndex.discard_leftovers(tmp_path / "missing")


WRITE_AND_DIE = """
import os, signal, sys
from simengine.lexical import LexicalIndex

index = LexicalIndex.open(sys.argv[1])
index.add(range(5, 10), [""] * 5, ["gas"] * 5)
index.commit()
index.add(range(10, 4000), [""] * 3990, ["gas flow jet"] * 3990)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_writer_leaves_no_lock_and_its_commits(tmp_path: Path) -> None:
    build(tmp_path / "i", ["gas"] * 5).close()
    killed = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(tmp_path / "i")], check=False)
    assert killed.returncode == -signal.SIGKILL
    with LexicalIndex.open(tmp_path / "i") as index:
        assert index.n_rows == 10
        index.truncate(5)
        index.add([5], [""], ["gas"])
        index.commit()
        assert index.n_rows == 6
        index.verify()


def test_a_changed_file_is_named_when_the_index_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "i"
    build(path, random_texts(60)).close()
    for file in sorted(
        path.glob("*.f*")
    ):  # .fast and .fieldnorm: read without complaint, and searched wrongly
        good = file.read_bytes()
        file.write_bytes(good[:20] + bytes([good[20] ^ 1]) + good[21:])
        with pytest.raises(DamagedIndexError) as caught:
            LexicalIndex.open(path)
        assert caught.value.path == file
        file.write_bytes(good)
    LexicalIndex.open(path).close()


def test_what_tantivy_finds_in_a_large_index_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "i"
    build(path, random_texts(60)).close()
    file = next(path.glob("*.fast"))
    file.write_bytes(bytes([file.read_bytes()[0] ^ 255]) + file.read_bytes()[1:])
    with pytest.raises(DamagedIndexError) as caught:
        LexicalIndex.open(path, checked_bytes=0).search(["gas"], 3, n_rows=60)
    assert caught.value.path == file


def test_opening_tries_again_while_a_writer_replaces_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "i"
    build(path, ["gas"]).close()
    real, calls = index_module.verify_files, []

    def verify_files(folder: Path) -> None:
        calls.append(folder)
        if len(calls) == 1:  # a commit takes the files away that meta.json named a moment ago
            with LexicalIndex.open(path, checked_bytes=0) as writer:
                writer.add([1], [""], ["flow"])
                writer.commit()
            raise DamagedIndexError(folder / "x.term", "is missing")
        real(folder)

    monkeypatch.setattr(index_module, "verify_files", verify_files)
    with LexicalIndex.open(path) as index:
        assert index.n_rows == index.n_passages == 2


def test_every_changed_or_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "i"
    index = build(path, random_texts(60))
    index.truncate(55)
    index.close()
    index = LexicalIndex.open(path)
    index.verify()
    files = [
        f
        for f in sorted(path.iterdir())
        if f.suffix in {".term", ".idx", ".fast", ".fieldnorm", ".store", ".del"}
    ]
    assert {f.suffix for f in files} >= {".term", ".idx", ".fast", ".fieldnorm"}
    for file in files:
        good = file.read_bytes()
        for damaged in (good[: len(good) // 2], bytes([good[0] ^ 255]) + good[1:], b""):
            file.write_bytes(damaged)
            with pytest.raises(DamagedIndexError) as caught:
                index.verify()
            assert caught.value.path == file
        file.unlink()
        with pytest.raises(DamagedIndexError) as caught:
            LexicalIndex.open(path)
        assert caught.value.path == file
        file.write_bytes(good)
    index.verify()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"schema": [], "segments": []}'])
def test_damaged_meta_is_named(tmp_path: Path, content: bytes) -> None:
    build(tmp_path / "i", ["gas"]).close()
    (tmp_path / "i" / "meta.json").write_bytes(content)
    with pytest.raises(DamagedIndexError) as caught:
        LexicalIndex.open(tmp_path / "i")
    assert caught.value.path == tmp_path / "i" / "meta.json"


def test_lost_meta_is_damage_and_not_an_empty_index(tmp_path: Path) -> None:
    build(tmp_path / "i", ["gas"]).close()
    (tmp_path / "i" / "meta.json").unlink()
    with pytest.raises(DamagedIndexError):
        LexicalIndex.open(tmp_path / "i", create=True)


def test_rebuild_replaces_a_damaged_folder(tmp_path: Path) -> None:
    path = tmp_path / "i"
    build(path, random_texts(20)).close()
    (path / "meta.json").write_bytes(b"{")
    texts = random_texts(50, seed=9)
    batches = (([i, i + 1], ["", ""], texts[i : i + 2]) for i in range(0, 50, 2))
    with LexicalIndex.rebuild(path, batches) as index:
        assert index.n_rows == 50
        fresh = build(tmp_path / "fresh", texts)
        np.testing.assert_array_equal(
            index.search(["gas jet"], 50, n_rows=50)[1], fresh.search(["gas jet"], 50, n_rows=50)[1]
        )
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("i.")] == []


def test_a_changed_count_in_meta_json_is_noticed_once_the_writer_has_closed(tmp_path: Path) -> None:
    path = tmp_path / "i"
    build(path, random_texts(60)).close()
    good = (path / "meta.json").read_bytes()
    changed = good.replace(b'"max_doc": 10', b'"max_doc": 11')
    assert changed != good
    (path / "meta.json").write_bytes(changed)
    with pytest.raises(DamagedIndexError, match=r"meta\.crc32") as caught:
        LexicalIndex.open(path)
    assert caught.value.path == path / "meta.json"
    (path / "meta.json").write_bytes(good)
    with LexicalIndex.open(path) as index:
        index.add([60], [""], ["gas"])
        index.commit()
        assert not (path / "meta.crc32").exists()  # a killed writer must not look like damage
        with LexicalIndex.open(path) as reader:
            assert reader.n_rows == 61
    assert (path / "meta.crc32").exists()
    LexicalIndex.open(path).close()
