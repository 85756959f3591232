"""A small index with a model that counts words, so that every score has an oracle."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from simengine.index.contract import ANNIndex
from simengine.index.exact import exact_search
from simengine.lexical import LexicalIndex
from simengine.search.searcher import Searcher
from simengine.store.contract import Change, NewDocument
from simengine.store.settings import IndexSettings
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter
from simengine.types import Document, FloatMatrix, RowArray, Span

DIMENSION = 24
WORDS = ["gas", "flow", "wing", "heat", "shock", "plate", "jet", "北京", "上海", "python", "layer"]


class WordEncoder:
    """Texts as sums of fixed random vectors of their words."""

    dimension = DIMENSION

    def __init__(self) -> None:
        self.n_calls = 0

    def encode(self, texts: Sequence[str], *, role: str = "text") -> FloatMatrix:
        self.n_calls += 1
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for i, text in enumerate(texts):
            for word in text.split() or [""]:
                vectors[i] += np.random.default_rng(zlib.crc32(word.encode())).normal(size=DIMENSION)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class FirstRows(ANNIndex):
    """An ANN index that is exact, over the first rows only; it gives at most `limit` rows."""

    def __init__(self, vectors: FloatMatrix, limit: int | None = None) -> None:
        self._vectors, self.n_rows, self.dimension, self._limit = vectors, len(vectors), DIMENSION, limit
        self.n_calls = 0

    def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
        self.n_calls += 1
        scores, rows = exact_search([(0, self._vectors)], queries, k)
        if self._limit is not None:
            scores[:, self._limit :], rows[:, self._limit :] = -np.inf, -1
        return scores, rows

    def save(self, path: Path) -> None:
        raise NotImplementedError


@dataclass
class Bench:
    """An index under test.

    Attributes:
        spans: for each live row (doc id, passage text, row).
    """

    writer: IndexWriter
    lexical: LexicalIndex
    encoder: WordEncoder
    path: Path

    def commit(
        self, documents: Sequence[Document], *, passage_words: int = 4, remove: Sequence[str] = ()
    ) -> None:
        new, texts, titles = [], [], []
        for document in documents:
            spans = list(cut(document.text, passage_words))
            new.append(NewDocument(document, spans, [1] * len(spans), [0] * len(spans)))
            texts += [document.text[s.start : s.end] for s in spans]
            titles += [document.title] * len(spans)
        first = self.writer.n_rows
        self.lexical.add(range(first, first + len(texts)), titles, texts)
        self.lexical.commit()
        vectors = self.encoder.encode(texts) if texts else np.empty((0, DIMENSION), np.float32)
        self.writer.commit(Change(new, vectors, remove))

    def searcher(self, *, n_covered: int | None = None, limit: int | None = None) -> Searcher:
        snapshot = Snapshot.open(self.path)
        candidates = None
        if n_covered is not None:
            candidates = FirstRows(np.array(snapshot.vectors(range(n_covered))), limit)
        lexical = LexicalIndex.open(self.writer.lexical_path)
        return Searcher(snapshot, lambda: self.encoder, candidates, lexical)  # type: ignore[arg-type,return-value]


def cut(text: str, n_words: int) -> Iterator[Span]:
    """Spans of `n_words` words each."""
    start = 0
    while start < len(text) or start == 0:
        end, left = start, n_words
        while end < len(text) and left:
            end += 1
            if end == len(text) or text[end] == " ":
                left -= 1
        yield Span(start, end)
        start = end + 1
        if start >= len(text):
            return


def random_documents(n: int, *, seed: int = 0, max_words: int = 12) -> list[Document]:
    rng = np.random.default_rng(seed)
    documents = []
    for i in rng.permutation(n).tolist():
        text = " ".join(rng.choice(WORDS, size=rng.integers(1, max_words)))
        documents.append(Document(f"d{i:03}", text, metadata={"year": 2000 + i % 7, "kind": "ab"[i % 2]}))
    return documents


def new_bench(path: Path) -> Bench:
    writer = IndexWriter.create(path, IndexSettings("words", "0" * 64, DIMENSION, 64, 64, 0))
    writer.publish()
    return Bench(writer, LexicalIndex.open(writer.lexical_path, create=True), WordEncoder(), path)


def close_bench(bench: Bench) -> None:
    bench.lexical.close()
    bench.writer.close()


def fill_bench(bench: Bench) -> Bench:
    """120 documents, many with several passages and some with equal texts, a few deleted or added later."""
    documents = random_documents(120)
    bench.commit(documents[:80])
    bench.commit(documents[80:])
    bench.commit([], remove=[d.id for d in documents[10:20]])
    bench.commit([Document("d200", "gas flow", metadata={"year": 2003, "kind": "a"})])
    return bench


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    made: list[Bench] = []

    def make() -> Bench:
        made.append(new_bench(tmp_path / f"index{len(made)}"))
        return made[-1]

    yield make
    for bench in made:
        close_bench(bench)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The filled index; not to be changed."""
    bench = fill_bench(new_bench(tmp_path_factory.mktemp("search") / "index"))
    yield bench
    close_bench(bench)
