"""Copying the live documents of a snapshot, with their passages and vectors, into a new generation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from simengine.store.changes import PreparedDocument, append
from simengine.store.contract import StoredPassage, Unknown
from simengine.store.documents import RawDocument
from simengine.store.files import DATABASE, VECTORS
from simengine.store.records import NO_COMMIT, put_segment
from simengine.store.schema import transaction, translated
from simengine.store.segments import SegmentRecord, write_segment
from simengine.store.snapshot import Snapshot
from simengine.store.unknown import fetch_unknown
from simengine.types import FloatMatrix, RowArray

SEGMENT_BYTES = 256 << 20
_ROWS_AT_ONCE = 16_384
_DOCUMENTS_AT_ONCE = 4_096


def copy_live(source: Snapshot, connection: sqlite3.Connection, folder: Path) -> None:
    """Fill an empty generation with what is live in `source`, in the same order, with dense rows and keys.

    The new generation is not the index yet, so it may be written in several transactions.

    Args:
        connection: the new generation's database.
        folder: the new generation's folder.

    Raises:
        DamagedIndexError: something in `source` is damaged; it is not copied.
        StorageFullError, StoreError: the new generation is unfinished.
    """
    source.check_segments()
    records = _copy_vectors(source, folder / VECTORS)
    database = folder / DATABASE
    with translated(database), transaction(connection):
        for record in records:
            put_segment(connection, record)
    last = NO_COMMIT
    for batch in source.iter_stored(_DOCUMENTS_AT_ONCE):
        keys = [raw.document.doc_key for raw, _ in batch]
        unknown = fetch_unknown(source.reader, keys[0], keys[-1] + 1) if keys else {}
        documents = [_prepared(raw, passages, unknown.get(raw.document.doc_key)) for raw, passages in batch]
        with translated(database), transaction(connection):
            last = append(connection, last, documents, [])


def _prepared(
    raw: RawDocument, passages: Sequence[StoredPassage], unknown: Unknown | None
) -> PreparedDocument:
    document = raw.document
    spans = [(passage.start, passage.end, passage.n_tokens, passage.n_truncated) for passage in passages]
    return PreparedDocument(
        document.id, document.title, document.text, raw.metadata, raw.digest, spans, unknown
    )


def _copy_vectors(source: Snapshot, folder: Path) -> list[SegmentRecord]:
    live = source.live_rows()
    rows = np.arange(source.n_rows) if live is None else np.flatnonzero(live)
    per_segment = max(1, SEGMENT_BYTES // (4 * source.dimension))
    records = []
    for number, first in enumerate(range(0, rows.size, per_segment), start=1):
        part = rows[first : first + per_segment]
        shape = (part.size, source.dimension)
        records.append(write_segment(folder, number, first, _gathered(source, part), shape))
    return records


def _gathered(source: Snapshot, rows: RowArray) -> Iterator[FloatMatrix]:
    for start in range(0, rows.size, _ROWS_AT_ONCE):
        yield source.vectors(rows[start : start + _ROWS_AT_ONCE])
