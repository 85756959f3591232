"""An index read without models, and dry runs of deletions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simengine.engine.contents import index_facts, open_contents, read_documents
from simengine.engine.writing import compact_index, delete_documents, write_documents
from simengine.errors import FilterError, IndexNotFoundError
from simengine.store.writer import IndexWriter
from simengine.types import Document
from tests.faults.encoder import load_word_encoder


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, documents: list[Document], tmp_path: Path) -> Path:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    write_documents(documents, tmp_path / "index", "sync", create=True)
    return tmp_path / "index"


def test_documents_passages_and_vectors_are_those_that_were_written(
    index: Path, documents: list[Document]
) -> None:
    delete_documents(index, [documents[0].id])
    with open_contents(index) as contents:
        assert list(contents.documents()) == documents[1:]
        passages = list(contents.passages())
        (places, vectors), *others = contents.vectors()
        assert not others
    assert [each["text"] for each in passages] == [each.text for each in documents[1:]]
    assert [(each["id"], each["start"], each["end"]) for each in passages] == [
        (each["id"], each["start"], each["end"]) for each in places
    ]
    assert vectors.shape == (11, contents.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_filter_keeps_documents(index: Path, documents: list[Document]) -> None:
    money = [each for each in documents if each.metadata["topic"] == "money"]
    assert list(read_documents(index, 'topic == "money"')) == money
    with pytest.raises(FilterError):
        list(read_documents(index, "nosuch == 1"))
    with pytest.raises(IndexNotFoundError):
        list(read_documents(index / "none"))


def test_facts_are_those_of_the_index(index: Path) -> None:
    assert index_facts(index)["counts"]["documents"] == 12


def test_a_dry_run_counts_what_would_go_and_takes_no_lock(index: Path, documents: list[Document]) -> None:
    with IndexWriter.open(index):
        report = delete_documents(index, [documents[0].id, "none"], 'topic == "money"', dry_run=True)
    money = {each.id for each in documents if each.metadata["topic"] == "money"}
    assert (report.deleted, report.missing) == (len(money | {documents[0].id}), ["none"])
    assert index_facts(index)["counts"]["documents"] == 12


def test_a_compaction_reports_deleted_and_remaining_documents(index: Path, documents: list[Document]) -> None:
    delete_documents(index, [each.id for each in documents[:2]])
    report = compact_index(index)
    facts = index_facts(index)
    assert (report.purged, report.kept, report.generation) == (2, 10, facts["generation"])
    assert facts["counts"]["passages"] == 10
