"""An index as of one commit, for readers. It never changes, whatever a writer does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

import numpy as np

from simengine.errors import DamagedIndexError, StoreError
from simengine.store.columns import load_columns, summarise_fields
from simengine.store.commitlog import CommitLog, load_log
from simengine.store.contract import (
    Column,
    Counts,
    PassageText,
    Segment,
    StoredDocument,
    StoredPassage,
)
from simengine.store.documents import (
    RawDocument,
    checked_numbers,
    fetch_documents,
    fetch_ids,
    fetch_passages,
    keys_by_id,
    passage_range,
    stream_documents,
)
from simengine.store.files import DATABASE, MANIFEST, VECTORS
from simengine.store.generations import generation_folder, lexical_folder, locate
from simengine.store.manifest import Manifest, Pointer, check_pointer
from simengine.store.ours import refuse_link
from simengine.store.reader import DatabaseReader, file_stamp
from simengine.store.records import Head, commit_stamp
from simengine.store.segments import HASHED_AT_OPEN_BYTES, check_segment, open_segment
from simengine.store.settings import IndexSettings
from simengine.types import FieldSummary, FloatMatrix, Json, Mask, RowArray

_TRIES = 8


class Snapshot:
    """An index directory as of one commit. May be used from several threads at once."""

    def __init__(
        self, root: Path, generation: int, reader: DatabaseReader, head: Head, segments: Sequence[Segment]
    ) -> None:
        """Use `Snapshot.open`."""
        self._root, self._reader, self._head = root, reader, head
        self._all_segments = tuple(segments)
        self._segments_checked = False
        self._columns: dict[str, Column] = {}
        self._stamp: tuple[object, ...] | None = None
        self._log_: CommitLog | None = None
        self._row_documents: RowArray | None = None
        self._live_rows: Mask | None = None
        self._fields: Mapping[str, FieldSummary] | None = None
        self._first_rows = np.array([segment.first_row for segment in self._all_segments], dtype=np.int64)
        self.generation = generation
        self.generation_id: str = head.generation_id
        self.settings: IndexSettings = head.settings
        self.state: str = head.state
        self.commit_number: int = head.last.number
        self.revision: int = head.revision
        self.n_rows: int = head.last.next_row
        self.n_documents: int = head.last.next_doc_key
        self.dimension: int = head.settings.dimension

    @classmethod
    def open(cls, path: Path | str) -> Snapshot:
        """Open the last commit of the index at `path`; also of an unfinished build (see `state`).

        Raises:
            IndexNotFoundError: there is no index; the message says what is there instead.
            DamagedIndexError: names the file.
            StoreError: written by a newer version, or not readable.
        """
        root = Path(path).absolute()
        missing: Path | str = root
        for attempt in range(_TRIES):
            number, pointer = locate(Path(path))  # its messages show the path as given
            try:
                return cls.open_generation(root, number, pointer)
            except FileNotFoundError as error:
                # A writer has just switched generations or folded small segments: try again.
                missing = error.filename or error.args[0]
            except StoreError:
                if locate(root)[0] == number:
                    raise
            time.sleep(0.01 * attempt)
        raise DamagedIndexError(missing, "missing; restore a copy of the index or rebuild it")

    @classmethod
    def open_generation(cls, root: Path, number: int, pointer: Pointer | None) -> Snapshot:
        """Open one generation.

        Args:
            pointer: its entry in the manifest, None if that does not name it.

        Raises:
            FileNotFoundError: a file is missing.
        """
        folder = generation_folder(root, number)
        with ExitStack() as stack:
            reader = stack.enter_context(closing(DatabaseReader(folder / DATABASE)))
            head = reader.head()
            check_pointer(head, pointer, reader.path)
            vectors, dimension = folder / VECTORS, head.settings.dimension
            segments = [open_segment(vectors, record, dimension) for record in head.segments]
            stack.pop_all()
        return cls(root, number, reader, head, segments)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database. Arrays already returned stay valid."""
        self._reader.close()

    @property
    def reader(self) -> DatabaseReader:
        """The database of its generation."""
        return self._reader

    @property
    def path(self) -> Path:
        """The index directory."""
        return self._root

    @property
    def manifest(self) -> Manifest:
        """What `info` shows, as of this snapshot."""
        return Manifest.of(self.generation, self._head)

    @property
    def counts(self) -> Counts:
        """Counts of this snapshot."""
        return self._head.last.counts

    @property
    def lexical_path(self) -> Path:
        """Folder of the lexical index of this generation; may be missing."""
        return lexical_folder(self._folder)

    def derived(self, name: str) -> Mapping[str, Json] | None:
        """Entry of the registry of derived data, None if there is none."""
        return self._head.derived.get(name)

    def derived_file(self, name: str) -> Path | None:
        """The file that registry entry `name` names.

        Returns:
            None if there is no such entry, or a writer has replaced the file since: do without it, or open again.

        Raises:
            DamagedIndexError: the file is missing, or is a symbolic link.
        """
        entry = self.derived(name)
        file = entry.get("file") if entry is not None else None
        if not isinstance(file, str):
            return None
        path = self._folder / file
        refuse_link(path)
        if path.exists():
            return path
        if not self.is_current():
            return None
        raise DamagedIndexError(path, "missing; `simengine compact` or a new build recreates it")

    def is_current(self) -> bool:
        """Whether no later commit, registry entry or generation exists. Takes microseconds."""
        stamp = (file_stamp(self._root / MANIFEST), self._reader.data_version())
        if stamp == self._stamp:
            return True
        if not self._folder.is_dir() or self._reader.is_replaced():
            return False
        try:
            generation, pointer = locate(self._root)
        except DamagedIndexError:
            # A reader that has the index open continues; opening it again reports the damage.
            generation, pointer = self.generation, None
        latest = pointer.revision if pointer is not None else self.revision
        if not self._reader.immutable:
            latest = max(latest, self._reader.head().revision)
        if generation != self.generation or latest != self.revision:
            return False
        self._stamp = stamp
        return True

    # Vectors and rows

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The vectors, ascending by row; small indexes are compared with their checksums first.

        Raises:
            DamagedIndexError: a segment is damaged.
        """
        if not self._segments_checked:
            if sum(record.bytes for record in self._head.segments) < HASHED_AT_OPEN_BYTES:
                self.check_segments()
            self._segments_checked = True
        return self._all_segments

    def check_segments(self) -> None:
        """Compare all vectors with their checksums; reads every byte of them.

        Raises:
            DamagedIndexError: names the first damaged segment.
        """
        for record, segment in zip(self._head.segments, self._all_segments, strict=True):
            check_segment(self._folder / VECTORS, record, segment.vectors)
        self._segments_checked = True

    def vectors(self, rows: RowArray | Sequence[int]) -> FloatMatrix:
        """Vectors of some rows.

        Args:
            rows: (n,) row numbers in any order, repeats allowed.

        Returns:
            (n, dim) float32.

        Raises:
            UsageError: a row that does not exist.
        """
        wanted = checked_numbers(rows, self.n_rows, "row")
        segments = self.segments
        found = np.empty((wanted.size, self.dimension), dtype=np.float32)
        of_segment = np.searchsorted(self._first_rows, wanted, side="right") - 1
        for number in np.unique(of_segment):
            where = np.flatnonzero(of_segment == number)
            segment = segments[number]
            found[where] = segment.vectors[wanted[where] - segment.first_row]
        return found

    def row_documents(self) -> RowArray:
        """(n_rows,) int64, doc_key of each row; do not write into it."""
        if self._row_documents is None:
            self._row_documents = self._log().row_documents()
        return self._row_documents

    def live_documents(self) -> Mask | None:
        """(n_documents,) bool by doc_key, or None if nothing is deleted."""
        return None if self._head.last.live_documents == self.n_documents else self._log().live_documents()

    def live_rows(self) -> Mask | None:
        """(n_rows,) bool, or None if nothing is deleted; do not write into it."""
        if self._live_rows is None:
            live = self.live_documents()
            self._live_rows = None if live is None else live[self.row_documents()]
        return self._live_rows

    def commit_stamp(self, number: int) -> str | None:
        """See `simengine.store.records.commit_stamp`."""
        return commit_stamp(self._reader.rows, self._reader.path, self._head.generation_id, number)

    def _log(self) -> CommitLog:
        if self._log_ is None:
            self._log_ = load_log(self._reader, self._head.last)
        return self._log_

    # Documents and passages

    def passages(self, rows: RowArray | Sequence[int]) -> list[StoredPassage]:
        """Passages of some rows, in the order given.

        Raises:
            UsageError: a row that does not exist.
            DamagedIndexError: stored data is damaged.
        """
        wanted = checked_numbers(rows, self.n_rows, "row").tolist()
        found = fetch_passages(self._reader, list(dict.fromkeys(wanted)))
        return [found[row] for row in wanted]

    def documents(self, doc_keys: RowArray | Sequence[int]) -> dict[int, StoredDocument]:
        """Documents by key, including deleted ones.

        Raises:
            UsageError: a key that does not exist.
            DamagedIndexError: stored data is damaged.
        """
        wanted = checked_numbers(doc_keys, self.n_documents, "doc_key").tolist()
        return fetch_documents(self._reader, list(dict.fromkeys(wanted)))

    def document_ids(self, doc_keys: RowArray | Sequence[int]) -> list[str]:
        """Ids of some documents, in the order given, without reading their texts.

        Raises:
            UsageError, DamagedIndexError: as `documents`.
        """
        wanted = checked_numbers(doc_keys, self.n_documents, "doc_key").tolist()
        found = fetch_ids(self._reader, list(dict.fromkeys(wanted)))
        return [found[key] for key in wanted]

    def doc_keys_by_id(self, ids: Sequence[str]) -> dict[str, int]:
        """Keys of the live documents among `ids`; ids that are not live are left out."""
        live = self.live_documents()
        return {
            id_: key
            for id_, key in keys_by_id(self._reader, list(dict.fromkeys(ids)))
            if key < self.n_documents and (live is None or live[key])
        }

    def document_by_id(self, id_: str) -> StoredDocument | None:
        """The live document with that id, or None."""
        key = self.doc_keys_by_id([id_]).get(id_)
        return None if key is None else self.documents([key])[key]

    def iter_stored(
        self, batch: int, *, deleted: bool = False
    ) -> Iterator[list[tuple[RawDocument, list[StoredPassage]]]]:
        """Live documents, or all, as stored, with their passages, by ascending doc_key, in lists of about `batch`."""
        live = None if deleted else self.live_documents()
        for documents in stream_documents(self._reader, 0, self.n_documents, batch):
            base, last = documents[0].first_row, documents[-1]
            passages = passage_range(self._reader, base, last.first_row + last.n_passages)
            yield [
                (raw, passages[raw.first_row - base : raw.first_row - base + raw.n_passages])
                for raw in documents
                if live is None or live[raw.document.doc_key]
            ]

    def iter_documents(self, batch: int = 1024) -> Iterator[StoredDocument]:
        """All live documents by ascending doc_key; holds at most `batch` of them or about 8 MB of text."""
        live = self.live_documents()
        for documents in stream_documents(self._reader, 0, self.n_documents, batch):
            for raw in documents:
                if live is None or live[raw.document.doc_key]:
                    yield raw.document

    def iter_rows(self, batch: int = 1024, *, deleted: bool = False) -> Iterator[PassageText]:
        """Rows with title and text, ascending: live ones, or all. Memory as `iter_documents`."""
        for stored in self.iter_stored(batch, deleted=deleted):
            for raw, passages in stored:
                document = raw.document
                for passage in passages:
                    text = document.text[passage.start : passage.end]
                    yield PassageText(passage.row, document.doc_key, document.title, text)

    # Metadata

    def column(self, field: str) -> Column:
        """One metadata field over all documents by doc_key; loaded once, then kept.

        Args:
            field: as a filter names it: see `store.columns.load_columns`.
        """
        return self.columns([field])[field]

    def columns(self, fields: Sequence[str]) -> dict[str, Column]:
        """Several fields in one pass over the metadata."""
        missing = [name for name in dict.fromkeys(fields) if name not in self._columns]
        if missing:
            self._columns.update(load_columns(self._reader, self._log(), missing, self.live_documents()))
        return {name: self._columns[name] for name in fields}

    def fields(self) -> Mapping[str, FieldSummary]:
        """All metadata fields of the live documents by dotted name; read once, then kept."""
        if self._fields is None:
            self._fields = summarise_fields(self._reader, self._log(), self.live_documents())
        return self._fields

    @property
    def _folder(self) -> Path:
        return self._reader.path.parent
