"""Corpus out: JSON Lines in BEIR's layout (`_id`, `title`, `text`), other fields beside them."""

from __future__ import annotations

from simengine.corpus.fields import escaped_name
from simengine.types import Document, Json


def document_record(document: Document) -> dict[str, Json]:
    """The record that `read_corpus` turns back into the same document.

    A metadata field named like one of the record's own three is written as "metadata.NAME" (and one that
    is named so already as "metadata.metadata.NAME"); the reader takes the prefix off again.
    """
    record: dict[str, Json] = {"_id": document.id, "title": document.title, "text": document.text}
    for name, value in document.metadata.items():
        record[escaped_name(name)] = value
    return record
