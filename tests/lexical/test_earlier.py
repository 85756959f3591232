"""Indexes that the first analysis wrote: searched by its rules, and made anew by the next writer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tantivy

from simengine.engine.writing import compact_index, repair_index, write_documents
from simengine.errors import UsageError
from simengine.indexing.health import check_index
from simengine.lexical import LexicalIndex, earlier
from simengine.lexical import files as lexical_files
from simengine.store.snapshot import Snapshot
from simengine.types import Document
from tests.faults.encoder import load_word_encoder

TEXTS = [
    "pump S-100 of the first kind",
    "pump T-100 of the second kind",
    "naïve Bayes in getusername os path",
]


def write_earlier(folder: Path, texts: list[str]) -> None:
    """As the first analysis did it for texts without joined words: the Rust side alone split and folded them."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name="simengine1", index_option="freq")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    index = tantivy.Index(builder.build(), str(folder))
    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
    analyzer = analyzer.filter(tantivy.Filter.ascii_fold()).filter(tantivy.Filter.stemmer("english"))
    index.register_tokenizer("simengine1", analyzer.build())
    writer = index.writer(num_threads=1)
    for row, text in enumerate(texts):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        document.add_text("text", text)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    lexical_files.seal(folder)


def test_it_is_searched_by_the_rules_that_wrote_it(tmp_path: Path) -> None:
    write_earlier(tmp_path / "index", TEXTS)
    with LexicalIndex.open(tmp_path / "index") as index:
        assert index.is_outdated
        assert index.n_rows == 3
        for query, row in (
            ("second pumps", 1),
            ("naive", 2),
            ("NAÏVE", 2),
            ("getUserName", 2),
            ("S-100 first", 0),
        ):
            assert index.search([query], 1, n_rows=3)[1][0, 0] == row
        index.verify()
        with pytest.raises(UsageError, match="rebuild"):
            index.add([3], [""], ["more"])


def test_its_queries_keep_the_first_analysis() -> None:
    assert earlier.query_terms("the S-100") == {"100": 1.0}
    assert earlier.query_terms("what is C++")["c\ua4fb\ua4fb"] == 1.0
    assert set(earlier.query_terms("我住北京")) == {"我住", "住北", "北京"}
    assert earlier.spelling_terms("S-100") == {}


@pytest.mark.parametrize("rewritten_by", ["writer", "compact", "repair"])
def test_whatever_writes_next_makes_it_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rewritten_by: str
) -> None:
    monkeypatch.setattr("simengine.engine.encoder.load_encoder", load_word_encoder)
    path = tmp_path / "index"
    documents = [Document(id=f"d{row}", text=text) for row, text in enumerate(TEXTS)]
    write_documents(documents, path, "sync", create=True)
    write_earlier(lexical_folder(path), TEXTS)
    assert check_index(path).ok
    if rewritten_by == "writer":
        write_documents([Document(id="d3", text="İstanbul")], path, "add")
    elif rewritten_by == "compact":
        compact_index(path)
    else:
        assert repair_index(path) == ["lexical index"]
        assert repair_index(path) == []
    with LexicalIndex.open(lexical_folder(path)) as index:
        assert not index.is_outdated
        assert index.search(["S-100"], 1, n_rows=index.n_rows)[1][0, 0] == 0
        assert index.n_rows == 3 + (rewritten_by == "writer")


def lexical_folder(path: Path) -> Path:
    with Snapshot.open(path) as snapshot:
        return snapshot.lexical_path
