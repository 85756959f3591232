"""A commit on its way into the database: checked first, then appended."""

from __future__ import annotations

import itertools
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.errors import UsageError
from simengine.store.contract import Change, NewDocument, Unknown
from simengine.store.digest import document_crc, metadata_crc, passage_crc, stored_form
from simengine.store.records import CommitRecord, put_commit
from simengine.store.unknown import put_unknown
from simengine.types import FloatMatrix

NORM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document in the form in which it is stored; passages as (start, end, n_tokens, n_truncated)."""

    id: str
    title: str
    text: str
    metadata: str
    digest: bytes
    passages: Sequence[tuple[int, int, int, int]]
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True)
class LiveDocument:
    """A live document as the writer knows it without reading its text.

    Attributes:
        doc_key: its number within the generation.
        digest: `content_digest` of the document that was committed.
        n_passages, n_tokens, n_truncated: what the counts lose when it is deleted.
    """

    doc_key: int
    digest: bytes
    n_passages: int
    n_tokens: int
    n_truncated: int


def prepare(change: Change, dimension: int) -> list[PreparedDocument]:
    """Check everything in a change that can be checked without the index.

    Raises:
        UsageError: names the document and what is wrong with it.
    """
    prepared = [_prepare_document(new) for new in change.add]
    seen: set[str] = set()
    for document in prepared:
        if document.id in seen:
            raise UsageError(f"document {document.id!r} stands twice in one change; ids must be unique")
        seen.add(document.id)
    _check_vectors(change.vectors, sum(len(document.passages) for document in prepared), dimension)
    return prepared


def _prepare_document(new: NewDocument) -> PreparedDocument:
    document = new.document
    if not isinstance(document.id, str) or not document.id:
        raise UsageError(f"document id {document.id!r}: must be a string that is not empty")
    if not isinstance(document.title, str) or not isinstance(document.text, str):
        raise UsageError(f"document {document.id!r}: title and text must be strings")
    n = len(new.spans)
    if not n or len(new.n_tokens) != n or len(new.n_truncated) != n:
        raise UsageError(
            f"document {document.id!r}: has {n} spans, {len(new.n_tokens)} token counts and "
            f"{len(new.n_truncated)} truncation counts; there must be as many of each, and at least one"
        )
    length = len(document.text)
    passages = []
    for span, n_tokens, n_truncated in zip(new.spans, new.n_tokens, new.n_truncated, strict=True):
        if not 0 <= span.start <= span.end <= length:
            raise UsageError(
                f"document {document.id!r}: span [{span.start}, {span.end}) does not lie in its text of "
                f"{length} characters"
            )
        if n_tokens < 0 or n_truncated < 0:
            raise UsageError(f"document {document.id!r}: token counts must not be negative")
        passages.append((int(span.start), int(span.end), int(n_tokens), int(n_truncated)))
    metadata, digest = stored_form(document)
    return PreparedDocument(
        document.id, document.title, document.text, metadata, digest, passages, new.unknown
    )


def _check_vectors(vectors: FloatMatrix, n_rows: int, dimension: int) -> None:
    if not isinstance(vectors, np.ndarray) or vectors.dtype != np.float32:
        raise UsageError(
            f"vectors must be a float32 array, not {getattr(vectors, 'dtype', type(vectors).__name__)}"
        )
    if vectors.shape != (n_rows, dimension):
        raise UsageError(
            f"vectors have shape {vectors.shape}, expected {(n_rows, dimension)}: a row for each passage, "
            "as wide as the index"
        )
    squares = np.einsum("ij,ij->i", vectors, vectors)
    wrong = np.flatnonzero(~(np.abs(squares - 1.0) <= 2 * NORM_TOLERANCE))
    if wrong.size:
        length = float(np.sqrt(squares[wrong[0]]))
        raise UsageError(
            f"vector {wrong[0]} has length {length:.6g}; vectors must be finite and L2-normalised"
        )


def append(
    connection: sqlite3.Connection,
    last: CommitRecord,
    added: Sequence[PreparedDocument],
    removed: Sequence[LiveDocument],
) -> CommitRecord:
    """Append a commit to the tables, inside a transaction that the caller holds.

    Args:
        last: the commit before.
        added: documents to add.
        removed: live documents to delete, rising by doc_key.

    Returns:
        The new end of the commit log.
    """
    number = last.number + 1
    connection.executemany(
        "UPDATE documents SET deleted_commit = ? WHERE doc_key = ?",
        ((number, document.doc_key) for document in removed),
    )
    documents, texts, passages = _rows(added, last, number)
    connection.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?)", documents)
    connection.executemany("INSERT INTO texts VALUES (?, ?, ?)", texts)
    connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)", passages)
    measured = [
        (key, document.unknown)
        for key, document in enumerate(added, start=last.next_doc_key)
        if document.unknown is not None
    ]
    put_unknown(connection, measured)
    lengths = np.array([len(document.passages) for document in added], dtype="<u4").tobytes()
    keys = np.array([document.doc_key for document in removed], dtype="<i8").tobytes()
    n_tokens, n_truncated = _sums(itertools.chain.from_iterable(document.passages for document in added))
    record = CommitRecord(
        number=number,
        first_doc_key=last.next_doc_key,
        n_documents=len(added),
        first_row=last.next_row,
        n_rows=len(passages),
        live_documents=last.live_documents + len(added) - len(removed),
        live_passages=last.live_passages + len(passages) - sum(item.n_passages for item in removed),
        live_tokens=last.live_tokens + n_tokens - sum(item.n_tokens for item in removed),
        live_tokens_truncated=last.live_tokens_truncated
        + n_truncated
        - sum(item.n_truncated for item in removed),
        lengths_crc=zlib.crc32(lengths),
        removed_crc=zlib.crc32(keys),
        metadata_crc=metadata_crc([document.metadata for document in added]),
    )
    put_commit(connection, record, lengths, keys)
    return record


def _sums(passages: Iterable[tuple[int, int, int, int]]) -> tuple[int, int]:
    n_tokens = n_truncated = 0
    for passage in passages:
        n_tokens += passage[2]
        n_truncated += passage[3]
    return n_tokens, n_truncated


def _rows(
    added: Sequence[PreparedDocument], last: CommitRecord, number: int
) -> tuple[list[tuple[object, ...]], list[tuple[int, str, str]], list[tuple[int, ...]]]:
    documents: list[tuple[object, ...]] = []
    texts: list[tuple[int, str, str]] = []
    passages: list[tuple[int, ...]] = []
    row = last.next_row
    for doc_key, document in enumerate(added, start=last.next_doc_key):
        n_tokens, n_truncated = _sums(document.passages)
        numbers = (doc_key, row, len(document.passages), n_tokens, n_truncated, number)
        crc = document_crc(numbers, document.digest, document.id)
        documents.append((doc_key, document.id, *numbers[1:], document.digest, crc, document.metadata))
        texts.append((doc_key, document.title, document.text))
        for passage in document.passages:
            values = (row, doc_key, *passage)
            passages.append((*values, passage_crc(*values)))
            row += 1
    return documents, texts, passages
