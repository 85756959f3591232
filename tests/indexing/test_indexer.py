"""Documents into commits: what is encoded, what is skipped, what is counted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simengine.encoders.contract import BiEncoder, Encoded, Role
from simengine.engine.writing import write_documents
from simengine.errors import DataError, StoreError
from simengine.indexing import indexer as module
from simengine.indexing.facts import facts_of
from simengine.indexing.report import IndexReport
from simengine.models.fingerprint import Fingerprint
from simengine.store.settings import IndexSettings
from simengine.store.snapshot import Snapshot
from simengine.store.unknown import fetch_unknown
from simengine.store.writer import IndexWriter
from simengine.types import Document

DIMENSION = 8


class WordTokenizer:
    """A word is a token."""

    n_special_tokens = 2

    def offsets(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [
            np.array([m.span() for m in re.finditer(r"\w+|[^\w\s]", text)], np.int32).reshape(-1, 2)
            for text in texts
        ]


class CountingEncoder(BiEncoder):
    """Vectors from a hash of the text; remembers what it was given."""

    def __init__(self) -> None:
        self.fingerprint = Fingerprint.from_parts({"weights": "hash"})
        self.dimension, self.max_tokens, self.runtime = DIMENSION, 32, "fake"
        self.tokenizer = WordTokenizer()
        self.texts: list[str] = []

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        if role == "passage":  # other texts are measurements
            self.texts += texts
        rows = [np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)[:DIMENSION] for text in texts]
        vectors = np.array(rows, np.float32).reshape(len(texts), DIMENSION) + 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        counts = np.array([len(text.split()) + 2 for text in texts], np.int32)
        return Encoded(vectors, counts, np.zeros(len(texts), np.int32))


class Recorder:
    """Progress that keeps what it was told."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.done = 0

    def stage(self, name: str, total: int | None = None) -> None:
        self.stages.append(name)

    def advance(self, n: int) -> None:
        self.done += n


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    path = tmp_path / "index"
    settings = IndexSettings(
        "fake", CountingEncoder().fingerprint.digest, DIMENSION, 32, 32, 4, recipe="flat"
    )
    with IndexWriter.create(path, settings) as writer:
        writer.finish()
    return path


def some(n: int, start: int = 0) -> list[Document]:
    return [Document(f"d{i}", f"text number {i}", metadata={"i": i}) for i in range(start, start + n)]


def write(
    path: Path, documents: list[Document], encoder: CountingEncoder, policy: str = "sync", **more
) -> IndexReport:
    return write_documents(documents, path, policy, encoder=encoder, **more)


def test_only_new_and_changed_documents_are_encoded(index: Path, encoder: CountingEncoder) -> None:
    assert write(index, some(10), encoder).added == 10
    encoder.texts.clear()
    changed = [Document("d3", "another text", metadata={"i": 3}), *some(4, start=8)]
    report = write(index, changed, encoder)
    assert (report.updated, report.unchanged, report.added) == (1, 2, 2)
    assert sorted(encoder.texts) == ["another text", "text number 10", "text number 11"]


def test_changed_metadata_alone_is_a_change(index: Path, encoder: CountingEncoder) -> None:
    write(index, some(2), encoder)
    report = write(index, [Document("d0", "text number 0", metadata={"i": "other"})], encoder)
    assert report.updated == 1
    with Snapshot.open(index) as snapshot:
        assert snapshot.document_by_id("d0").metadata == {"i": "other"}


def test_what_the_model_does_not_know_is_counted_and_kept_with_its_document(index: Path, monkeypatch) -> None:
    """Passages are encoded longest first, a few at a time: the counts go back to the documents that they are of."""

    class Measuring(CountingEncoder):
        def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
            plain = super().encode_counted(texts, role=role)
            unknown = np.array([text.count("\u732b") for text in texts], np.int32)
            return replace(plain, n_unknown=unknown, unknown_share=(unknown / 4).astype(np.float32))

    monkeypatch.setattr(module, "ENCODE_PASSAGES", 2)
    texts = ["\u732b", "a long text without it", "\u732b \u732b \u732b", "\u732b and \u732b", "plain"]
    report = write(index, [Document(f"d{n}", text) for n, text in enumerate(texts)], Measuring())
    assert (report.tokens_unknown, report.passages_unreadable) == (6, 1)
    with Snapshot.open(index) as snapshot:
        kept = fetch_unknown(snapshot.reader, 0, 5)
        assert [kept[key].n_tokens for key in range(5)] == [1, 0, 3, 2, 0]
        assert [kept[key].n_passages for key in range(5)] == [0, 0, 1, 0, 0]
        assert facts_of(index, snapshot)["unknown"]["tokens_unknown"] == 6


def test_prune_deletes_what_the_corpus_no_longer_holds(index: Path, encoder: CountingEncoder) -> None:
    from simengine.requests.index import IndexOptions

    write(index, some(10), encoder)
    report = write(index, some(5, start=3), encoder, options=IndexOptions(prune=True))
    assert (report.deleted, report.unchanged) == (5, 5)
    with Snapshot.open(index) as snapshot:
        assert {stored.id for stored in snapshot.iter_documents()} == {f"d{i}" for i in range(3, 8)}


def test_commits_are_bounded_and_order_is_kept(index: Path, encoder: CountingEncoder, monkeypatch) -> None:
    monkeypatch.setattr(module, "COMMIT_PASSAGES", 7)
    monkeypatch.setattr(module, "READ_DOCUMENTS", 3)
    report = write(index, some(20), encoder)
    assert report.commits == 3
    with Snapshot.open(index) as snapshot:
        assert [stored.id for stored in snapshot.iter_documents()] == [f"d{i}" for i in range(20)]
        expected = CountingEncoder().encode([f"text number {i}" for i in range(20)])
        np.testing.assert_array_equal(snapshot.vectors(range(20)), expected)


def test_vectors_stand_in_order_though_encoded_by_length(
    index: Path, encoder: CountingEncoder, monkeypatch
) -> None:
    monkeypatch.setattr(module, "ENCODE_PASSAGES", 4)
    documents = [Document(str(i), "word " * (1 + (i * 7) % 5) + str(i)) for i in range(15)]
    write(index, documents, encoder)
    with Snapshot.open(index) as snapshot:
        expected = CountingEncoder().encode([document.text for document in documents])
        np.testing.assert_array_equal(snapshot.vectors(range(15)), expected)


def test_progress_reaches_the_number_of_documents(index: Path, encoder: CountingEncoder) -> None:
    recorder = Recorder()
    long = Document("long", "A sentence of several words. " * 40)
    write(index, [*some(30), long], encoder, progress=recorder)
    assert recorder.done == 31
    recorder = Recorder()
    write(index, some(30), encoder, progress=recorder)
    assert recorder.done == 30


@pytest.mark.parametrize("gap", [0, 600])
def test_the_same_id_twice_is_refused_however_far_apart(
    index: Path, encoder: CountingEncoder, gap: int, monkeypatch
) -> None:
    monkeypatch.setattr(module, "COMMIT_PASSAGES", 100)
    with pytest.raises(DataError, match="'x' occurs twice") as caught:
        write(index, [Document("x", "one"), *some(gap), Document("x", "one")], encoder)
    assert caught.value.line == gap + 2


def test_the_same_unchanged_id_twice_is_refused_too(index: Path, encoder: CountingEncoder) -> None:
    write(index, some(3), encoder)
    with pytest.raises(DataError, match="'d1' occurs twice"):
        write(index, [*some(3), *some(1, start=1)], encoder)


def test_what_was_committed_before_an_error_stays(index: Path, encoder: CountingEncoder, monkeypatch) -> None:
    monkeypatch.setattr(module, "COMMIT_PASSAGES", 5)
    monkeypatch.setattr(module, "READ_DOCUMENTS", 5)

    def broken():
        yield from some(12)
        raise DataError("bad record", "file", 13)

    with pytest.raises(DataError):
        write(index, broken(), encoder)
    encoder.texts.clear()
    report = write(index, some(12), encoder)
    assert (report.unchanged, report.added) == (10, 2)
    assert len(encoder.texts) == 2


def test_add_to_an_unfinished_build_is_refused(index: Path, encoder: CountingEncoder, tmp_path: Path) -> None:
    path = tmp_path / "begun"
    settings = IndexSettings("fake", encoder.fingerprint.digest, DIMENSION, 32, 32, 4, recipe="flat")
    IndexWriter.create(path, settings).close()
    with pytest.raises(StoreError, match="build was stopped"):
        write(path, some(3), encoder, "add")
    assert write(path, some(3), encoder).added == 3
    assert write(path, some(1, start=3), encoder, "add").added == 1


def test_documents_that_the_corpus_lacks_are_counted(index: Path, encoder: CountingEncoder) -> None:
    write(index, some(10), encoder)
    assert write(index, some(4, start=8), encoder).absent == 8


def test_recipe_of_a_file_is_kept_in_the_index(tmp_path: Path, encoder: CountingEncoder, monkeypatch) -> None:
    from simengine.engine.models import Models
    from simengine.engine.reading import open_reader
    from simengine.engine.writing import open_writer
    from simengine.requests.index import IndexOptions

    recipe = tmp_path / "mine.toml"
    recipe.write_text('description = "mine"\nfactory = "HNSW8"\nmin_rows = 10\n')
    monkeypatch.setattr("simengine.engine.writing.open_encoder", lambda settings, options: encoder)
    writer, _ = open_writer(
        tmp_path / "i", Models(), IndexOptions(recipe=str(recipe), chunk_tokens=32), create=True
    )
    writer.close()
    recipe.unlink()
    write(tmp_path / "i", some(60), encoder)
    reader = open_reader(tmp_path / "i", lambda: encoder, threads=None)
    assert reader.snapshot.derived("ann")["factory"] == "HNSW8"
    reader.retire()


def test_report_counts_tokens_and_split_documents(index: Path, encoder: CountingEncoder) -> None:
    long = Document("long", "A sentence of several words. " * 40)
    report = write(index, [*some(2), long], encoder)
    assert report.documents_split == 1
    assert report.passages > 3
    assert report.tokens == sum(len(text.split()) + 2 for text in encoder.texts)
    assert report.coverage == 1.0


def test_candidate_index_is_built_and_its_recall_stored(tmp_path: Path, encoder: CountingEncoder) -> None:
    path = tmp_path / "hnsw"
    with IndexWriter.create(
        path, IndexSettings("fake", CountingEncoder().fingerprint.digest, DIMENSION, 32, 32, 4, recipe="hnsw")
    ) as writer:
        writer.finish()
    write(path, some(300), encoder)
    with Snapshot.open(path) as snapshot:
        entry = snapshot.derived("ann")
        assert entry["rows"] == 300
        assert 0.5 < entry["recall_at_10"] <= 1.0
        assert snapshot.derived_file("ann").stat().st_size == entry["bytes"]
    write(path, some(20, start=300), encoder)
    with Snapshot.open(path) as snapshot:
        assert snapshot.derived("ann")["rows"] == 300  # the tail is searched exactly
