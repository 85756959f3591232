"""Documents from Python objects, under the same rules as documents from files."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, TypeAlias, cast

from simengine.corpus.duplicates import SeenIds
from simengine.corpus.fields import (
    TEXT_FIELDS,
    TITLE_FIELD,
    DocumentMaker,
    FieldMapping,
    check_encodable,
    check_keys,
    check_storable,
)
from simengine.corpus.report import RecordFault
from simengine.corpus.tables import plain, table_rows
from simengine.errors import DataError, UsageError
from simengine.text.arguments import expect, is_open_file, is_table, items_of, shown
from simengine.types import Document, Json

Documents: TypeAlias = "Iterable[Document | Mapping[str, Json] | str] | Any"
"""Documents, mappings, texts, or a table of pandas, polars or pyarrow (which are not imported here)."""
SOURCE = "documents"
_FILE_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt", ".md", ".gz", ".zst")
ID_HEX_DIGITS = 16


def as_documents(items: Documents) -> Iterator[Document]:
    """Documents from documents, mappings (as a record of a JSON Lines corpus), plain texts, or the rows of a table.

    A plain text, and a mapping without an id, gets its id from its content (see `content_id`): given again it
    is the same document, and another text is another document.

    Args:
        items: read once; a list, a generator, an array of strings, a table of pandas, polars or pyarrow, or several
            tables one after the other. What is missing in a table (NaN, NA, NaT) becomes None, and the index of a
            pandas frame is not a column.

    Raises:
        DataError: an item is empty, lacks a text, contains what cannot be stored, or is without id and has
            the content of an earlier one; `line` is its position, counted from 1.
        UsageError: the argument is not a collection of documents; says what to write.
    """
    maker = DocumentMaker(FieldMapping())
    seen: SeenIds | None = None
    with ExitStack() as stack:
        for number, (item, cells) in enumerate(_items(items), 1):
            try:
                document, made = _as_document(item, number, maker, cells=cells)
            except RecordFault as fault:
                raise DataError(fault.reason, SOURCE, number) from fault
            if made:
                if seen is None:
                    seen = stack.enter_context(SeenIds())
                    seen.begin(SOURCE)
                if first := seen.add([(document.id, number)]):
                    raise DataError(_repeated(document.id, first[0]), SOURCE, number)
            yield document


def documents_of(given: object) -> list[Document]:
    """`Document` objects as a list.

    Raises:
        UsageError: anything else was given.
    """
    _refuse_lone(given)
    hint = "a Document; simengine.corpus.items.as_documents makes them from tables, mappings and texts"
    if is_table(given):
        raise UsageError(f"expected documents, got a table ({type(given).__name__}); expected {hint}")
    items = items_of(given, "document", ordered=False)
    return [expect(item, Document, f"document {number}", hint) for number, item in enumerate(items, 1)]


def _items(given: object) -> Iterator[tuple[object, bool]]:
    """The documents as given, and whether each is a row of a table."""
    if is_table(given):
        for row in table_rows(given):
            yield row, True
        return
    _refuse_lone(given)
    for item in items_of(given, "document", ordered=False):
        if not isinstance(item, (str, dict, Document)) and is_table(item):
            for row in table_rows(item):
                yield row, True
        else:
            yield item, False


def _refuse_lone(given: object) -> None:
    if isinstance(given, Mapping):
        hint = "put it in a list"
        if given and all(
            isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) == 1 for value in given.values()
        ):
            hint = "these are columns: give rows, as in [dict(zip(columns, row)) for row in zip(*columns.values())]"
        elif not any(name in given for name in (*TEXT_FIELDS, TITLE_FIELD)):
            hint = "give a list of documents, or one of its parts, as in given['train']"
            if all(isinstance(value, str) for value in given.values()):
                hint = 'write [{"id": id, "text": text} for id, text in given.items()]'
        raise DataError(f"expected several documents, got one {type(given).__name__}; {hint}", SOURCE)
    if isinstance(given, (str, Document)):
        hint = "put it in a list"
        if isinstance(given, str) and given.lower().endswith(_FILE_SUFFIXES):
            hint = "a file is read by simengine.corpus.read.read_corpus([path])"
        raise DataError(f"expected several documents, got one {type(given).__name__}; {hint}", SOURCE)
    if isinstance(given, os.PathLike) or is_open_file(given):
        raise UsageError(
            f"expected several documents, got a file ({type(given).__name__}); its documents are read by "
            "simengine.corpus.read.read_corpus([path])"
        )


def content_id(text: str, title: str = "") -> str:
    """The id of a document that has none: "text:" and 16 hexadecimal digits of a digest.

    Args:
        text: the body.
        title: digested before the text, with U+0000 between them, unless it is empty.

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


def _as_document(item: Any, number: int, maker: DocumentMaker, *, cells: bool) -> tuple[Document, bool]:
    """The document of an item, and whether its id was generated."""
    if isinstance(item, Document):
        return _checked(item, number, maker), False
    record: dict[str, object]
    if isinstance(item, str):
        record = {"text": str.__str__(item)}
    elif isinstance(item, dict):
        record = _record(item, cells=cells)
    elif isinstance(item, Mapping) or callable(getattr(item, "keys", None)):
        fields = {name: item[name] for name in item.keys()}  # noqa: SIM118 - also of a row of a database
        record = _record(fields, cells=cells or hasattr(item, "iloc"))  # of a row of a pandas frame
    else:
        detail = f"expected a Document, a mapping or a text, got {shown(item)}; {_instead_of(item)}"
        raise RecordFault("not a document", detail)
    document, made = maker.make(record, SOURCE, number, escaped=True)
    if made:
        document = dataclasses.replace(document, id=content_id(document.text, document.title))
    return document, made


def _instead_of(item: object) -> str:
    """What to write instead of an item that is not a document."""
    if callable(getattr(item, "_asdict", None)):
        return "give mappings, as in [row._asdict() for row in rows]"
    if dataclasses.is_dataclass(item):
        return "give mappings, as in [dataclasses.asdict(row) for row in rows]"
    if callable(getattr(item, "model_dump", None)):
        return "give mappings, as in [row.model_dump() for row in rows]"
    if getattr(getattr(item, "dtype", None), "names", None):
        return "give a table, as in pandas.DataFrame(array)"
    if isinstance(item, os.PathLike) or is_open_file(item):
        return "documents in files are read by simengine.corpus.read.read_corpus([path])"
    if isinstance(item, (bytes, bytearray)):
        return "decode it first, as in text.decode('utf-8')"
    return "write Document(id, text), or a mapping with the names of its fields"


def _checked(document: Document, number: int, maker: DocumentMaker) -> Document:
    """The same document with a copy of its metadata, if it would be valid as a file's record."""
    for name in ("id", "title", "text"):
        value: object = getattr(document, name)
        if not isinstance(value, str):
            detail = f"{name} of the document is {type(value).__name__} {value!r:.40}; expected a string"
            raise RecordFault("not a text", detail)
    metadata: object = document.metadata
    if not isinstance(metadata, Mapping):
        detail = f"metadata of document {document.id!r} is {type(metadata).__name__}; expected a mapping"
        raise RecordFault("not a JSON value", detail)
    fields = _record(dict(metadata), cells=False)
    record: dict[str, object] = {
        "_id": str.__str__(document.id),
        "text": str.__str__(document.text),
        "title": str.__str__(document.title),
    }
    made = maker.make(record, SOURCE, number, escaped=True)[0]
    if fields:
        check_encodable(document.id, "", "", fields)
    return Document(made.id, made.text, made.title, cast("dict[str, Json]", fields))


def _record(given: dict[Any, Any], *, cells: bool) -> dict[str, object]:
    """The fields of a record as JSON values of Python's own types, copied."""
    check_keys(given)
    record = {str.__str__(name): plain(value, name, cells=cells) for name, value in given.items()}
    for name, value in record.items():
        check_storable(value, name)
    return record
