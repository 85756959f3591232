"""How a change becomes durable: vectors first, then one SQLite transaction, then the manifest."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from simengine.errors import DamagedIndexError, StorageFullError, StoreError
from simengine.files import discard_file, sync_folder
from simengine.store import schema
from simengine.store.changes import LiveDocument, PreparedDocument, append
from simengine.store.contract import Segment
from simengine.store.creation import COMPLETE
from simengine.store.digest import document_crc
from simengine.store.files import DATABASE, VECTORS, generation_name
from simengine.store.generations import discard, leftovers, orphans
from simengine.store.manifest import Manifest, Pointer, check_pointer, read_pointer, write_manifest
from simengine.store.ours import discard_tree, refuse_links
from simengine.store.records import Head, commit_stamp, put_segment, put_state, read_head
from simengine.store.segments import (
    SegmentRecord,
    check_segment,
    foldable,
    open_segment,
    segment_path,
    write_segment,
)
from simengine.types import FloatMatrix

_PARAMETERS = 500


class Committer:
    """The writing connection to one generation. Its user holds the lock of the index directory.

    Attributes:
        published: whether manifest.json names this generation.
        frozen: another generation takes (or has taken) its place, so that changes would be lost.
    """

    def __init__(self, root: Path, generation: int, *, published: bool) -> None:
        """Open the database of a generation.

        Raises:
            DamagedIndexError, StorageFullError, StoreError.
        """
        self.root, self.generation, self.published = root, generation, published
        self.folder = root / generation_name(generation)
        self.database = self.folder / DATABASE
        self.frozen = False
        self._closed = False
        self._manifest_lags = False
        # Set while the database may be ahead of `_head`: a failure or an interrupt in the middle of a commit.
        self._stale = False
        # Segment files whose commit failed or is under way; see `_write_vectors`.
        self._doubtful: set[str] = set()
        refuse_links(self.folder)
        if not self.database.exists():
            raise DamagedIndexError(self.database, "missing; restore a copy of the index or build it again")
        self.connection = schema.connect_writer(self.database)
        with schema.closed_on_error(self.connection), schema.translated(self.database):
            schema.check_database(self.connection, self.database)
            self._head = read_head(self.connection, self.database)
        self._last_segment = 0

    def current(self) -> Head:
        """The state of the database, read again where a failure left doubt.

        Raises:
            StoreError: the writer is closed.
        """
        if self._closed:
            raise StoreError(f"{self.root}: this writer is closed")
        if self._stale:
            with schema.translated(self.database):
                self._head = read_head(self.connection, self.database)
            self._stale = False
        return self._head

    def forget(self) -> None:
        """Read the state again at the next use: the database was changed directly."""
        self._stale = True

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; call `advance` after it.

        Raises:
            StoreError: the generation is frozen.
            StorageFullError, DamagedIndexError: nothing is committed.
        """
        if self.frozen:
            raise StoreError(
                f"{self.root}: the index is being compacted or was; open a new writer to change it"
            )
        self._stale = True
        with schema.translated(self.database), schema.transaction(self.connection):
            yield self.connection

    def advance(self, head: Head) -> None:
        """Take the state that a transaction has just written as the present one; the manifest follows."""
        self._head = head
        self._stale = False
        self.write_manifest()

    def live(self, ids: Sequence[str]) -> dict[str, LiveDocument]:
        """Live documents by id, rising by doc_key.

        Raises:
            DamagedIndexError: what is stored is not what was written.
        """
        query = (
            "SELECT id, doc_key, first_row, n_passages, n_tokens, n_truncated, added_commit, digest, crc "
            "FROM documents WHERE deleted_commit IS NULL AND id IN "
        )
        found: list[tuple[int, str, LiveDocument]] = []
        wanted = list(dict.fromkeys(ids))
        self.current()
        with schema.translated(self.database):
            for start in range(0, len(wanted), _PARAMETERS):
                part = wanted[start : start + _PARAMETERS]
                marks = "(" + ",".join("?" * len(part)) + ")"
                for row in self.connection.execute(query + marks, part):
                    id_, key, _, n_passages, n_tokens, n_truncated, _, digest, crc = row
                    if document_crc(row[1:7], digest, id_) != crc:
                        raise DamagedIndexError(self.database, f"the check sum of document {id_!r} differs")
                    found.append((key, id_, LiveDocument(key, digest, n_passages, n_tokens, n_truncated)))
        return {id_: document for _, id_, document in sorted(found, key=lambda item: item[0])}

    def stamp(self, number: int) -> str | None:
        """See `commit_stamp`."""
        connection, generation_id = self.connection, self.current().generation_id
        return commit_stamp(
            lambda query, values: connection.execute(query, values).fetchall(),
            self.database,
            generation_id,
            number,
        )

    def apply(
        self,
        added: Sequence[PreparedDocument],
        removed: Sequence[LiveDocument],
        vectors: FloatMatrix | None,
    ) -> None:
        """Commit: write the vectors' file, then name it in the transaction that changes the documents.

        Args:
            vectors: one row for each passage of `added`; None where nothing is added.

        Raises:
            StorageFullError, DamagedIndexError, StoreError: nothing has changed.
        """
        head = self.current()
        segments = list(head.segments)
        folded = foldable(segments) if vectors is not None else []
        record = self._write_vectors(vectors, folded) if vectors is not None else None
        try:
            with self.transaction() as connection:
                last = append(connection, head.last, added, removed)
                if record is not None:
                    segments[len(segments) - len(folded) :] = [record]
                    connection.execute("DELETE FROM segments WHERE first_row >= ?", (record.first_row,))
                    put_segment(connection, record)
                put_state(connection, head.state, head.revision + 1)
        except StorageFullError as error:
            # SQLite could not even write the commit, so the file is surely not named; make room at once.
            code = getattr(error.__cause__, "sqlite_errorcode", None)
            if record is not None and code == sqlite3.SQLITE_FULL:
                self._doubtful.discard(record.name)
                discard_file(self.folder / VECTORS / record.name)
            raise
        self.advance(replace(head, last=last, segments=tuple(segments), revision=head.revision + 1))
        settled = self._doubtful - {segment.name for segment in segments}
        self._doubtful = set()
        for name in settled | {old.name for old in folded}:
            discard_file(self.folder / VECTORS / name)

    def _write_vectors(self, vectors: FloatMatrix, folded: Sequence[SegmentRecord]) -> SegmentRecord:
        head, folder = self.current(), self.folder / VECTORS
        parts = []
        for old in folded:
            segment = self._open(old)
            check_segment(folder, old, segment.vectors)
            parts.append(segment.vectors)
        first_row = folded[0].first_row if folded else head.last.next_row
        n_rows = sum(old.n_rows for old in folded) + len(vectors)
        number = self._last_segment = self._new_segment_number()
        # A transaction that fails after SQLite wrote its log may still come back when the log is recovered
        # after a kill. So the file stays until a later commit has overwritten the log, and its number is
        # never used again.
        self._doubtful.add(segment_path(folder, number).name)
        return write_segment(folder, number, first_row, [*parts, vectors], (n_rows, head.settings.dimension))

    def _new_segment_number(self) -> int:
        """Larger than that of any segment named or written before."""
        numbers = [int(record.name.partition(".")[0]) for record in self._head.segments]
        number = max([self._last_segment, *numbers]) + 1
        while segment_path(self.folder / VECTORS, number).exists():
            number += 1
        return number

    def _open(self, record: SegmentRecord) -> Segment:
        try:
            return open_segment(self.folder / VECTORS, record, self._head.settings.dimension)
        except FileNotFoundError as error:
            raise DamagedIndexError(
                self.folder / VECTORS / record.name, "missing; restore a copy of the index or build it again"
            ) from error

    def complete(self) -> None:
        """Mark the generation complete; where the manifest does not name it yet, switch to it.

        Raises:
            StorageFullError, StoreError: may be called again.
        """
        head = self.current()
        if head.state != COMPLETE:
            with self.transaction() as connection:
                put_state(connection, COMPLETE, head.revision + 1)
            self.advance(replace(head, state=COMPLETE, revision=head.revision + 1))
        if self.published:
            return
        with schema.translated(self.database):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sync_folder(self.folder)
        try:
            # The switch: before this line the old generation is the index, after it this one.
            write_manifest(self.root, Manifest.of(self.generation, self._head))
        finally:
            # Where the write failed after the renaming: what manifest.json names is the index.
            self.published = self._is_named()

    def write_manifest(self) -> None:
        """Bring manifest.json up to date; where that fails it lags, which everyone can bear."""
        if not self.published or self.frozen:
            return
        try:
            write_manifest(self.root, Manifest.of(self.generation, self._head))
            self._manifest_lags = False
        except StoreError:
            self._manifest_lags = True

    def _is_named(self) -> bool:
        try:
            pointer = read_pointer(self.root)
        except StoreError:
            return True
        return pointer is not None and pointer.generation == self.generation

    def check_and_tidy(self, pointer: Pointer | None) -> None:
        """Check that all that was committed is there, repair a lagging manifest, remove what a kill left.

        Raises:
            DamagedIndexError: names the file.
        """
        head = self.current()
        check_pointer(head, pointer, self.database)
        for record in head.segments:
            self._open(record)
        if pointer is None or (pointer.commit_number, pointer.revision) != (head.last.number, head.revision):
            self.write_manifest()
        self.collect_garbage()

    def collect_garbage(self) -> None:
        """Remove generations that are not the index and files that the database does not name."""
        head = self.current()
        if self.published and not self.frozen:
            names = {segment.name for segment in head.segments} | self._doubtful
            discard(leftovers(self.root, self.generation) + orphans(self.folder, names, head.derived))

    def close(self) -> None:
        """Fold the log into the database where nobody stands in the way; remove an unpublished generation."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._manifest_lags and not self._stale:
                with contextlib.suppress(StoreError):
                    self.write_manifest()
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("PRAGMA busy_timeout=200")
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self.connection.close()
            if not self.published and not self._is_named():
                discard_tree(self.folder)
