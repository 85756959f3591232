"""An index read without models, and dry runs of deletions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simengine.engine import Engine
from simengine.engine.contents import open_contents, read_documents
from simengine.engine.writing import compact_index, delete_documents, write_documents
from simengine.errors import FilterError, IndexNotFoundError
from simengine.store.writer import IndexWriter
from simengine.types import Document
from tests.faults.encoder import load_word_encoder, vector_of
from tests.serving.library import word_models


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


def test_facts_and_counts_are_those_of_the_index(index: Path) -> None:
    with open_contents(index) as contents:
        assert contents.facts()["counts"]["documents"] == contents.counts.documents == 12


def test_a_change_gives_another_version(index: Path, documents: list[Document]) -> None:
    with open_contents(index) as before:
        delete_documents(index, [documents[0].id])
    with open_contents(index) as after:
        assert after.version[0] == before.version[0]
        assert after.version[1] > before.version[1]


def test_values_are_in_the_order_of_the_documents_or_of_the_ids(
    index: Path, documents: list[Document]
) -> None:
    delete_documents(index, [documents[1].id])
    topics = [each.metadata["topic"] for each in documents]
    ids = [documents[2].id, documents[1].id, "none", documents[0].id]
    with open_contents(index) as contents:
        assert contents.fields()["topic"].count == 11
        assert contents.values(["topic"]) == {"topic": [topics[0], *topics[2:]]}
        assert contents.values(["topic"], ids) == {"topic": [topics[2], None, None, topics[0]]}


def test_documents_are_spread_evenly_and_deleted_ones_are_not_among_them(
    index: Path, documents: list[Document]
) -> None:
    delete_documents(index, [documents[0].id])
    with open_contents(index) as contents:
        assert contents.spread_documents(3) == [documents[1], documents[6], documents[11]]
        assert contents.spread_documents(50) == documents[1:]


def test_a_documents_vector_is_the_mean_of_its_passages(tmp_path: Path) -> None:
    long = " ".join(f"Sentence number {n} is about topic {n % 5}." for n in range(12))
    with (
        word_models(),
        Engine.build(
            [Document("a", "one two"), Document("long", long), Document("b", "three four")],
            tmp_path / "index",
        ) as engine,
    ):
        engine.delete(["b"])
    with open_contents(tmp_path / "index") as contents:
        documents, vectors = contents.sampled_vectors(10)
        assert [each.id for each in documents] == ["a", "long"]
        ((places, passages),) = contents.vectors()
    mean = passages[[place["id"] == "long" for place in places]].mean(axis=0)
    assert len(passages) > 2
    np.testing.assert_allclose(vectors[0], vector_of("one two"), atol=1e-6)
    np.testing.assert_allclose(vectors[1], mean / np.linalg.norm(mean), atol=1e-6)


def test_a_random_sample_is_the_same_for_the_same_seed_and_in_the_order_of_the_index(
    index: Path, documents: list[Document]
) -> None:
    with open_contents(index) as contents:
        (few, vectors), (same, again) = contents.sampled_vectors(5, 7), contents.sampled_vectors(5, 7)
    assert few == same == [each for each in documents if each in few]
    assert len(few) == 5
    np.testing.assert_array_equal(vectors, again)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)


def test_a_dry_run_counts_what_would_go_and_takes_no_lock(index: Path, documents: list[Document]) -> None:
    with IndexWriter.open(index):
        report = delete_documents(index, [documents[0].id, "none"], 'topic == "money"', dry_run=True)
    money = {each.id for each in documents if each.metadata["topic"] == "money"}
    assert (report.deleted, report.missing) == (len(money | {documents[0].id}), ["none"])
    with open_contents(index) as contents:
        assert contents.counts.documents == 12


def test_a_compaction_reports_deleted_and_remaining_documents(index: Path, documents: list[Document]) -> None:
    delete_documents(index, [each.id for each in documents[:2]])
    report = compact_index(index)
    with open_contents(index) as contents:
        assert (report.purged, report.kept, report.generation) == (2, 10, contents.version[0])
        assert contents.counts.passages == 10
