"""Writes a corpus: JSON Lines in BEIR's layout (`_id`, `title`, `text`), with the other fields next to them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

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


def write_corpus(documents: Iterable[Document], path: Path) -> int:
    """Write documents to a file that appears complete or not at all.

    Returns:
        The number of documents.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    count = 0
    try:
        partial.unlink(missing_ok=True)
        with partial.open("x", encoding="utf-8", newline="\n") as file:
            for document in documents:
                file.write(json.dumps(document_record(document), ensure_ascii=False) + "\n")
                count += 1
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count
