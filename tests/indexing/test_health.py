"""What a check of an index names: damage of the store, damage of the lexical index, and nothing that a writer did."""

from __future__ import annotations

from pathlib import Path

import pytest

from simengine.engine.writing import delete_documents, write_documents
from simengine.errors import DamagedIndexError, IndexNotFoundError
from simengine.indexing import health
from simengine.indexing.health import check_index
from simengine.lexical.index import LexicalIndex
from simengine.store.snapshot import Snapshot
from simengine.store.verify import REMAKE, IntegrityProblem
from simengine.types import Document
from tests.faults.encoder import load_word_encoder


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, documents: list[Document], tmp_path: Path) -> Path:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    write_documents(documents, tmp_path / "index", "sync", create=True)
    return tmp_path / "index"


def lexical_folder(index: Path) -> Path:
    with Snapshot.open(index) as snapshot:
        return snapshot.lexical_path


def damage(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def test_a_sound_index_has_no_problem_and_the_lexical_folder_counts_as_read(index: Path) -> None:
    report = check_index(index)
    assert report.ok
    assert (report.documents, report.passages) == (12, 12)
    assert report.checked[-1] == lexical_folder(index)
    assert index / "manifest.json" in report.checked


def test_a_damaged_lexical_file_is_named_with_what_to_do(index: Path) -> None:
    file = next(file for file in sorted(lexical_folder(index).iterdir()) if file.suffix == ".store")
    damage(file)
    (problem,) = check_index(index).problems
    assert problem.file == file
    assert problem.remedy == REMAKE


def test_a_missing_lexical_index_is_named(index: Path) -> None:
    folder = lexical_folder(index)
    folder.rename(index.parent / "away")
    (problem,) = check_index(index).problems
    assert problem.file == folder


def test_damage_of_store_and_lexical_index_is_told_together_and_each_once(index: Path) -> None:
    folder = lexical_folder(index)
    (index / "manifest.json").unlink()
    folder.rename(index.parent / "away")
    assert [problem.file for problem in check_index(index).problems] == [index / "manifest.json", folder]


def test_an_index_that_cannot_be_opened_is_told_by_the_report(index: Path) -> None:
    damage(next(index.rglob("*.sqlite*")))
    assert not check_index(index).ok


def test_what_only_opening_finds_is_an_error(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> Snapshot:
        raise DamagedIndexError(path, "gone meanwhile")

    monkeypatch.setattr(health.Snapshot, "open", fail)
    with pytest.raises(DamagedIndexError, match="gone meanwhile"):
        check_index(index)


def test_no_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError):
        check_index(tmp_path)


def test_an_index_without_passages_needs_no_lexical_index(index: Path) -> None:
    ids = [f"{topic}-{n}" for topic in ("animals", "money", "space") for n in range(4)]
    assert delete_documents(index, ids, None).deleted == 12
    assert check_index(index).ok


@pytest.mark.parametrize("current", [False, True])
def test_lexical_damage_is_looked_at_again_when_the_index_has_changed(
    index: Path, current: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = IntegrityProblem(index, "damaged", REMAKE)
    answers = [(index, [problem]), (index, [])]
    monkeypatch.setattr(health, "_look", lambda snapshot: answers.pop(0))
    monkeypatch.setattr(Snapshot, "is_current", lambda self: current)
    assert check_index(index).problems == ((problem,) if current else ())


def test_a_lexical_index_behind_the_store_is_a_problem(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LexicalIndex, "n_rows", property(lambda self: 11))
    (problem,) = check_index(index).problems
    assert "has 11 of 12 passages" in problem.what
