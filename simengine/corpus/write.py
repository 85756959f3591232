"""Writes a corpus: JSON Lines in BEIR's layout (`_id`, `title`, `text`), with the other fields next to them."""

from __future__ import annotations

from simengine.corpus.fields import escaped_name
from simengine.types import Document, Json


def document_record(document: Document) -> dict[str, Json]:
    """The record that `read_corpus` turns back into the same document.

    A metadata field with the name of one of the record's own three is written as "metadata.NAME" (and one already
    named so as "metadata.metadata.NAME"); the reader removes the prefix.
    """
    record: dict[str, Json] = {"_id": document.id, "title": document.title, "text": document.text}
    for name, value in document.metadata.items():
        record[escaped_name(name)] = value
    return record
