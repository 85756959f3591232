"""Documents from what a program has at hand, under the same rules as documents from files."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import cast

from simengine.corpus.duplicates import SeenIds
from simengine.corpus.fields import DocumentMaker, FieldMapping, check_encodable, check_keys, check_storable
from simengine.corpus.report import RecordFault
from simengine.errors import DataError
from simengine.types import Document, Json

SOURCE = "documents"
ID_HEX_DIGITS = 16


def as_documents(items: Iterable[Document | Mapping[str, Json] | str]) -> Iterator[Document]:
    """Documents from documents, mappings (as a record of a JSON Lines corpus) or plain texts.

    A plain text, and a mapping without an id, is named by its content (see `content_id`): given again it
    is the same document, and another text is another document.

    Raises:
        DataError: an item is empty, lacks a text, holds what cannot be stored, or is without id and has
            the content of one before; `line` is its position, counted from 1.
    """
    if isinstance(items, (str, Mapping, Document)):
        raise DataError(
            f"expected several documents, got one {type(items).__name__}; put it in a list", SOURCE
        )
    maker = DocumentMaker(FieldMapping())
    seen: SeenIds | None = None
    with ExitStack() as stack:
        for number, item in enumerate(items, 1):
            try:
                document, made = _as_document(item, number, maker)
            except RecordFault as fault:
                raise DataError(fault.reason, SOURCE, number) from fault
            if made:
                if seen is None:
                    seen = stack.enter_context(SeenIds())
                    seen.begin(SOURCE)
                if first := seen.add([(document.id, number)]):
                    raise DataError(_repeated(document.id, first[0]), SOURCE, number)
            yield document


def content_id(text: str, title: str = "") -> str:
    """The id of a document that has none: "text:" and 16 hexadecimal digits of a digest.

    Args:
        text: the body.
        title: digested in front of the text, with U+0000 between them, unless it is empty.

    Returns:
        "text:" and the first 16 hexadecimal digits of BLAKE2b (RFC 7693, 64 bytes) of the UTF-8 text.
    """
    content = f"{title}\0{text}" if title else text
    return f"text:{hashlib.blake2b(content.encode()).hexdigest()[:ID_HEX_DIGITS]}"


def _repeated(document_id: str, first: str) -> str:
    position = first.removeprefix("line ")
    return (
        f"duplicate id: the same text was given at position {position}, and texts without an id are named "
        f"by their content ({document_id!r}); leave the repetition out, or give the documents ids"
    )


def _as_document(item: object, number: int, maker: DocumentMaker) -> tuple[Document, bool]:
    """The document of an item, and whether its id was made."""
    if isinstance(item, Document):
        return _checked(item, number, maker), False
    record: dict[str, object]
    if isinstance(item, str):
        record = {"text": item}
    elif isinstance(item, Mapping):
        record = dict(item)
        _check_record(record)
    else:
        raise RecordFault(
            "not a document", f"expected a Document, a mapping or a text, got {type(item).__name__}"
        )
    document, made = maker.make(record, SOURCE, number, escaped=True)
    if made:
        document = dataclasses.replace(document, id=content_id(document.text, document.title))
    return document, made


def _checked(document: Document, number: int, maker: DocumentMaker) -> Document:
    """The document itself, when it has what a file's record would have to have."""
    for name in ("id", "title", "text"):
        value: object = getattr(document, name)
        if not isinstance(value, str):
            detail = f"{name} of the document is {type(value).__name__} {value!r:.40}; expected a string"
            raise RecordFault("not a text", detail)
    metadata: object = document.metadata
    if not isinstance(metadata, Mapping):
        detail = f"metadata of document {document.id!r} is {type(metadata).__name__}; expected a mapping"
        raise RecordFault("not a JSON value", detail)
    fields = dict(metadata)
    _check_record(fields)
    record = {"_id": document.id, "text": document.text, "title": document.title}
    maker.make(cast("dict[str, object]", record), SOURCE, number, escaped=True)
    if fields:
        check_encodable(document.id, "", "", fields)
    return document


def _check_record(record: dict[str, object]) -> None:
    check_keys(cast("Mapping[object, object]", record))
    for name, value in record.items():
        try:
            check_storable(value, name)
        except RecursionError as error:
            raise RecordFault("not a JSON value", f"field {name!r} is nested too deeply") from error
