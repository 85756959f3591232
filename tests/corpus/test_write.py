"""What is written is what is read back, whatever the metadata fields are called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.corpus.items import as_documents
from simengine.corpus.read import FieldMapping, ReadOptions, read_corpus
from simengine.corpus.write import document_record
from simengine.types import Document
from tests.corpora import write_corpus

Write = Callable[[str, "str | bytes"], Path]
OWN = ("_id", "title", "text")
NAMES = st.sampled_from(
    [*OWN, "id", "body", "metadata", "metadata.", "metadata.x", "year", "metadata.texts", "x.text"]
    + [f"{prefix}{name}" for prefix in ("metadata.", "metadata.metadata.") for name in OWN]
)


def test_metadata_fields_named_like_the_records_own_come_back(tmp_path: Path) -> None:
    documents = [
        Document("a", "t", "T", {"text": "other", "title": 5, "_id": ["x"], "year": 2020}),
        Document("b", "t", "", {"metadata.text": 1, "text": 2, "metadata.metadata.text": 3}),
    ]
    path = tmp_path / "c.jsonl"
    write_corpus(documents, path)
    assert json.loads(path.read_text().splitlines()[0])["metadata.text"] == "other"
    again = list(read_corpus([path]))
    assert again == documents
    assert [list(d.metadata) for d in again] == [list(d.metadata) for d in documents]


@settings(max_examples=200)
@given(st.dictionaries(NAMES, st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=8))
def test_every_document_comes_back_from_its_record(metadata: dict[str, int | str | None]) -> None:
    document = Document("x", "text", "", metadata)
    assert list(as_documents([document_record(document)])) == [document]


def test_records_not_in_the_layout_keep_their_names(write: Write) -> None:
    path = write("c.jsonl", '{"id": "a", "title": "T", "text": "t", "metadata.text": 1}')
    assert next(read_corpus([path])).metadata == {"metadata.text": 1}


def test_a_field_left_in_the_metadata_by_the_mapping_is_not_overwritten(write: Write) -> None:
    path = write("c.jsonl", '{"_id": "a", "title": "T", "text": "t", "b": "B", "metadata.text": 1}')
    options = ReadOptions(FieldMapping(text_fields=("b",)))
    assert list(read_corpus([path], options)) == [Document("a", "B", "T", {"text": "t", "metadata.text": 1})]
