"""Corpus out: JSON Lines in BEIR's layout (`_id`, `title`, `text`), other fields beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from simengine.corpus.fields import escaped_name
from simengine.files import replacing
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


def write_corpus(documents: Iterable[Document], path: Path) -> int:
    """Write documents to a file that appears whole or not at all.

    Returns:
        The number of documents.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with replacing(path) as partial, partial.open("x", encoding="utf-8", newline="\n") as file:
        for document in documents:
            file.write(json.dumps(document_record(document), ensure_ascii=False) + "\n")
            count += 1
    return count
