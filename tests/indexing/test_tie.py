"""A lexical index is tied to the commit of the documents that it was made for, as vectors are."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from simengine import Engine
from simengine.engine.writing import delete_documents, repair_index, write_documents
from simengine.errors import DamagedIndexError
from simengine.indexing.health import check_index
from simengine.lexical.tie import Tie, read_tie, write_tie
from simengine.store.snapshot import Snapshot
from simengine.types import Document
from tests.faults.encoder import load_word_encoder


@pytest.fixture(autouse=True)
def word_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)


@pytest.fixture
def index(documents: list[Document], tmp_path: Path) -> Path:
    write_documents(documents, tmp_path / "index", "sync", create=True)
    return tmp_path / "index"


def lexical(index: Path) -> Path:
    return index / "gen-000001" / "lexical"


def add(index: Path, *texts: str) -> None:
    write_documents([Document(text, text) for text in texts], index, "add")


def found(index: Path, word: str) -> list[str]:
    with Engine.open(index) as engine:
        return [hit.id for hit in engine.search(word, mode="lexical")]


def swap(index: Path, other: Path) -> None:
    shutil.rmtree(lexical(index))
    shutil.copytree(lexical(other), lexical(index))


def check_refused_and_repaired(index: Path, word: str, expected: list[str]) -> None:
    with pytest.raises(DamagedIndexError) as caught:
        Engine.open(index)
    assert caught.value.path == lexical(index)
    assert [problem.file for problem in check_index(index).problems] == [lexical(index)]
    assert "lexical index" in repair_index(index)
    assert check_index(index).ok
    assert found(index, word) == expected


def test_a_build_and_each_write_tie_the_lexical_index_to_their_last_commit(index: Path) -> None:
    for text in ("walrus", "narwhal"):
        add(index, text)
        with Snapshot.open(index) as snapshot:
            stamp = snapshot.commit_stamp(snapshot.commit_number)
            assert stamp is not None
            assert read_tie(lexical(index)) == Tie(snapshot.generation_id, snapshot.commit_number, stamp)
    delete_documents(index, ["walrus"], None)  # the lexical index stays at the commit before
    assert check_index(index).ok
    assert found(index, "narwhal") == ["narwhal"]


def test_the_lexical_index_of_another_index_with_as_many_rows_is_refused(
    index: Path, documents: list[Document], tmp_path: Path
) -> None:
    others = [dataclasses.replace(document, text=f"walrus {document.id}") for document in documents]
    write_documents(others, tmp_path / "other", "sync", create=True)
    swap(index, tmp_path / "other")
    check_refused_and_repaired(index, "walrus", [])


def test_copies_of_an_index_that_were_changed_apart_do_not_fit_each_other(
    index: Path, tmp_path: Path
) -> None:
    shutil.copytree(index, tmp_path / "copy")
    add(index, "walrus")
    add(tmp_path / "copy", "badger")
    swap(index, tmp_path / "copy")
    check_refused_and_repaired(index, "walrus", ["walrus"])


def test_a_database_from_an_earlier_time_under_a_newer_lexical_index_is_refused(
    index: Path, tmp_path: Path
) -> None:
    shutil.copytree(index, tmp_path / "copy")
    add(index, "walrus")
    newer = lexical(index).rename(tmp_path / "newer")
    shutil.rmtree(index)
    shutil.copytree(tmp_path / "copy", index)
    shutil.rmtree(lexical(index))
    newer.rename(lexical(index))
    check_refused_and_repaired(index, "walrus", [])


def test_the_next_writer_makes_a_lexical_index_anew_that_does_not_belong_there(
    index: Path, tmp_path: Path
) -> None:
    shutil.copytree(index, tmp_path / "copy")
    add(index, "walrus")
    add(tmp_path / "copy", "badger")
    swap(index, tmp_path / "copy")
    add(index, "narwhal")
    assert check_index(index).ok
    assert [found(index, word) for word in ("walrus", "badger", "narwhal")] == [["walrus"], [], ["narwhal"]]


def test_an_index_of_an_earlier_version_opens_and_is_tied_by_the_next_write(index: Path) -> None:
    (lexical(index) / "tie.json").unlink()
    assert check_index(index).ok
    assert found(index, "walrus") == []
    add(index, "walrus")
    assert read_tie(lexical(index)) is not None
    assert found(index, "walrus") == ["walrus"]


def test_a_snapshot_that_a_writer_has_left_behind_may_use_a_newer_lexical_index(index: Path) -> None:
    with Engine.open(index) as engine:
        before = [hit.id for hit in engine.search("walrus", mode="lexical")]
        add(index, "walrus")
        assert [hit.id for hit in engine.search("walrus", mode="lexical")] == before == []
        engine.refresh()
        assert [hit.id for hit in engine.search("walrus", mode="lexical")] == ["walrus"]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"generation": "x"}', '{"generation":"a","commit":1,"stamp":"b","checksum":"0"}']
)
def test_a_damaged_tie_is_named(index: Path, content: str) -> None:
    file = lexical(index) / "tie.json"
    file.write_text(content)
    with pytest.raises(DamagedIndexError) as caught:
        Engine.open(index)
    assert caught.value.path == file


def test_writing_a_tie_goes_through_no_link_and_an_equal_one_is_left(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / ".tmptie.json").symlink_to(precious)
    tie = Tie("f00d", 3, "beef")
    write_tie(tmp_path, tie)
    assert precious.read_text() == "mine"
    assert read_tie(tmp_path) == tie
    assert json.loads((tmp_path / "tie.json").read_text())["commit"] == 3
    stamp = (tmp_path / "tie.json").stat().st_mtime_ns
    write_tie(tmp_path, tie)
    assert (tmp_path / "tie.json").stat().st_mtime_ns == stamp
