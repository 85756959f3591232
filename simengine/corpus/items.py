"""Documents from what a program has at hand, under the same rules as documents from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from simengine.corpus.fields import DocumentMaker, FieldMapping
from simengine.corpus.report import RecordFault
from simengine.errors import DataError
from simengine.types import Document, Json

SOURCE = "documents"


def as_documents(items: Iterable[Document | Mapping[str, Json] | str]) -> Iterator[Document]:
    """Documents from documents, mappings (as a record of a JSON Lines corpus) or plain texts.

    A mapping without an id, and a plain text, is named "documents:N" by its position, counted from 1.

    Raises:
        DataError: an item is empty, lacks a text, or holds what cannot be stored; `line` is its position.
    """
    if isinstance(items, (str, Mapping, Document)):
        raise DataError(
            f"expected several documents, got one {type(items).__name__}; put it in a list", SOURCE
        )
    maker = DocumentMaker(FieldMapping())
    for number, item in enumerate(items, 1):
        try:
            yield _as_document(item, number, maker)
        except RecordFault as fault:
            raise DataError(fault.reason, SOURCE, number) from fault


def _as_document(item: object, number: int, maker: DocumentMaker) -> Document:
    if isinstance(item, Document):
        record: dict[str, object] = {"id": item.id, "title": item.title, "text": item.text}
        maker.make(record, SOURCE, number, escaped=True)  # raises what a file's record would raise
        return item
    if isinstance(item, str):
        return maker.make({"text": item}, SOURCE, number, escaped=True)[0]
    if isinstance(item, Mapping):
        return maker.make(dict(item), SOURCE, number, escaped=True)[0]
    raise RecordFault(
        "not a document", f"expected a Document, a mapping or a text, got {type(item).__name__}"
    )
