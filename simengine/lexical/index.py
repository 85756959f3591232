"""A BM25 index over passages: tantivy in a folder of its own, derived from the documents."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from simengine.errors import DamagedIndexError, IndexLockedError, IndexNotFoundError, UsageError
from simengine.lexical import analysis, earlier
from simengine.lexical.analysis import ANALYSIS, passage_analyzer, prepare_passage
from simengine.lexical.files import (
    check_meta,
    has_deletes,
    meta_bytes,
    no_panic,
    readable_folder,
    seal,
    unseal,
    verify_files,
)
from simengine.lexical.own_files import (
    check_names,
    discard_folder,
    discard_unfinished,
    move_rest,
    refuse_link,
)
from simengine.lexical.query import QueryAnalysis, Reader
from simengine.lexical.tie import Tie, read_tie, write_tie
from simengine.text.joining import joined
from simengine.types import FloatMatrix, Mask, RowArray

if TYPE_CHECKING:
    import tantivy

T = TypeVar("T")
RowBatch: TypeAlias = "tuple[Sequence[int], Sequence[str], Sequence[str]]"
"""Rows with their titles and texts, as `LexicalIndex.add` takes them."""

CHECKED_BYTES = 64_000_000
"""An index up to this size is compared with its checksums when it is opened; `verify` compares any."""

_ANALYSES: dict[str, QueryAnalysis] = {ANALYSIS: analysis, earlier.ANALYSIS: earlier}
_WRITER_HEAP_BYTES = 48_000_000
_OPEN_TRIES = 10


class LexicalIndex:
    """Passages by their words, ranked by BM25 (k1 1.2, b 0.75, over title and text together).

    One writer at a time (a lock in the folder that dies with its process); any number of searches beside it,
    in any thread. Searches see what was committed when the index was opened or this object last committed.
    """

    def __init__(
        self,
        path: Path,
        index: tantivy.Index,
        held: tempfile.TemporaryDirectory[str] | None,
        written_by: str = ANALYSIS,
    ) -> None:
        self._path, self._written_by = path, written_by
        self._index = index
        self._held = held  # a stand-in folder, where the real one cannot be written to
        self._writer: tantivy.IndexWriter | None = None
        self._lock = threading.Lock()
        self._reader = Reader(path, index, _ANALYSES[written_by])
        self._next_row = self._reader.n_rows

    @classmethod
    def open(
        cls, path: Path | str, *, create: bool = False, checked_bytes: int = CHECKED_BYTES
    ) -> LexicalIndex:
        """Open the index in a folder.

        Args:
            path: the folder.
            create: make the folder and an empty index where there is none.
            checked_bytes: compare the files with their checksums where they have no more bytes together.

        Raises:
            IndexNotFoundError: there is no such index, and `create` is False.
            DamagedIndexError: the files are not what was written, or come from an unknown text analysis.
        """
        folder = Path(path)
        return _while_replaced(folder, lambda: cls._open(folder, create, checked_bytes))

    @classmethod
    def _open(cls, folder: Path, create: bool, checked_bytes: int) -> LexicalIndex:
        import tantivy

        check_names(folder)
        if not (folder / "meta.json").is_file():
            if folder.is_dir() and any(folder.glob("*.term")):
                raise DamagedIndexError(folder / "meta.json", "is missing from the lexical index; rebuild it")
            if not create:
                raise IndexNotFoundError(f"{folder}: no lexical index here")
            folder.mkdir(parents=True, exist_ok=True)
            with no_panic(folder):
                tantivy.Index(_schema(), str(folder))
        written_by, n_bytes = check_meta(folder, _ANALYSES)
        if n_bytes <= checked_bytes:
            verify_files(folder)
        real, held = readable_folder(folder)
        with no_panic(folder):
            index = tantivy.Index.open(str(real))
            index.register_tokenizer(ANALYSIS, passage_analyzer())
            index.config_reader("manual")
            return cls(folder, index, held, written_by)

    @classmethod
    def rebuild(
        cls, path: Path | str, batches: Iterable[RowBatch], *, n_rows: int | None = None
    ) -> LexicalIndex:
        """Write the index anew, whatever is in the folder; it takes the old one's place when it is complete.

        Args:
            path: the folder; it need not exist, and may be damaged.
            batches: all rows in rising order, as `add` takes them; deleted ones may be left out.
            n_rows: what `n_rows` is to be afterwards, for when the last rows are left out.
        """
        folder = Path(path)
        fresh, old = _beside(folder)
        for place in (folder, fresh, old):
            refuse_link(place)
        discard_folder(fresh)
        with cls.open(fresh, create=True) as index:
            for rows, titles, texts in batches:
                index.add(rows, titles, texts)
            if n_rows is not None and index._next_row < n_rows:
                index.add([n_rows - 1], [""], [""])
            index.commit()
        discard_folder(old)
        move_rest(old, fresh)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        discard_folder(old)
        move_rest(old, folder)
        return cls.open(folder)

    @staticmethod
    def discard_leftovers(path: Path | str) -> None:
        """Remove what killed writers left in the folder and beside it. No writer may be at work there."""
        folder = Path(path)
        for beside in _beside(folder):
            discard_folder(beside)
        discard_unfinished(folder)

    @property
    def path(self) -> Path:
        """The folder."""
        return self._path

    @property
    def n_rows(self) -> int:
        """One more than the highest committed row; 0 for an empty index."""
        return self._reader.n_rows

    @property
    def n_passages(self) -> int:
        """Passages in the index; fewer than `n_rows` where rows were left out."""
        return self._reader.n_passages

    @property
    def tie(self) -> Tie | None:
        """The commit of the documents that this is an index of; None where that was never said.

        Raises:
            DamagedIndexError: the file that says it is not what was written.
        """
        return read_tie(self._path)

    def tie_to(self, tie: Tie) -> None:
        """Say, durably, of which commit's documents this is an index; everything must be committed.

        Raises:
            StorageFullError, StoreError: what was said before stays.
        """
        write_tie(self._path, tie)

    @property
    def is_outdated(self) -> bool:
        """Whether an earlier version's analysis wrote it: it can be searched; adding to it takes a rebuild first."""
        return self._written_by != ANALYSIS

    def add(self, rows: Sequence[int], titles: Sequence[str], texts: Sequence[str]) -> None:
        """Add passages; they are found after `commit`.

        Args:
            rows: n row numbers, rising, all above those present.
            titles: n titles of the passages' documents, may be empty.
            texts: n passages.

        Raises:
            UsageError: the rows do not rise, the lengths differ, or the index `is_outdated`.
            IndexLockedError: another writer is at work.
        """
        import tantivy

        if not len(rows) == len(titles) == len(texts):
            raise UsageError(
                f"rows, titles and texts differ in number: {len(rows)}, {len(titles)}, {len(texts)}"
            )
        if self.is_outdated:
            raise UsageError(
                f"{self._path}: an earlier version wrote this lexical index; rebuild it to add to it"
            )
        with self._lock:
            writer = self._open_writer()
            with no_panic(self._path):
                for row, title, text in zip(rows, titles, texts, strict=True):
                    if row < self._next_row:
                        raise UsageError(f"lexical rows must rise: {row} after {self._next_row - 1}")
                    document = tantivy.Document()
                    document.add_unsigned("row", int(row))
                    document.add_text("text", prepare_passage(joined(title, text, "\n")))
                    writer.add_document(document)
                    self._next_row = int(row) + 1

    def commit(self) -> None:
        """Make everything added durable and visible to this object's searches.

        Raises:
            StorageFullError: the disk is full; what was committed before stays.
        """
        with self._lock:
            if self._writer is None:
                return
            try:
                with no_panic(self._path):
                    self._writer.commit()
            except BaseException:
                self._drop_writer()
                raise
            self._refresh()

    def truncate(self, n_rows: int) -> bool:
        """Remove all rows from `n_rows` on, for good: what a killed writer left beyond the last commit.

        Returns:
            Whether nothing is left of any rows that were ever removed. Where they had been merged with others, their
            words still count in the weights of all words, so that scores differ a little until the index is rebuilt.
        """
        import tantivy

        if n_rows < 0:
            raise UsageError(f"n_rows must be 0 or more, not {n_rows}")
        with self._lock:
            if self._next_row <= n_rows:
                return not has_deletes(self._path)
            writer = self._open_writer()
            with no_panic(self._path):
                beyond = tantivy.Query.range_query(
                    self._index.schema, "row", tantivy.FieldType.Unsigned, lower_bound=n_rows
                )
                writer.delete_documents_by_query(beyond)
                writer.commit()
            self._refresh()
            return not has_deletes(self._path)

    def search(
        self, queries: Sequence[str], k: int, *, n_rows: int, keep: Mask | None = None
    ) -> tuple[FloatMatrix, RowArray]:
        """The k best passages for each query.

        Args:
            queries: q free texts; nothing in them is query syntax.
            k: at least 1; may exceed the number of rows.
            n_rows: rows from here on are invisible.
            keep: (n_rows,) bool, the rows that may be found; None for all.

        Returns:
            scores (q, k) float32, falling; rows (q, k) int64. Passages that share no word with the query are
            not found; places that cannot be filled hold -inf and -1. Equal scores stand in row order.

        Raises:
            DamagedIndexError: a file of the index is not what was written.
        """
        if k < 1:
            raise UsageError(f"k must be 1 or more, not {k}")
        return self._reader.search(queries, k, n_rows, keep)

    def scores(self, queries: Sequence[str], rows: RowArray) -> FloatMatrix:
        """BM25 scores of given passages.

        Args:
            queries: q free texts.
            rows: (q, c) int64; -1 marks an empty place.

        Returns:
            (q, c) float32; 0 where the passage shares no word with the query, or the place is empty.
        """
        return self._reader.scores(queries, rows)

    def attainable(self, queries: Sequence[str]) -> FloatMatrix:
        """For each query a bound that no score exceeds: (q,) float32, 0 where no word of it is known."""
        return self._reader.attainable(queries)

    def verify(self) -> None:
        """Read every file and compare its checksum.

        Raises:
            DamagedIndexError: names the first file that is missing or changed.
        """
        _while_replaced(self._path, lambda: verify_files(self._path))

    def close(self) -> None:
        """Let background merging finish and release the lock. What was not committed is lost."""
        with self._lock:
            writer, self._writer = self._writer, None
            if writer is not None:
                with no_panic(self._path):
                    writer.wait_merging_threads()
                seal(self._path)
            if self._held is not None:
                self._held.cleanup()

    def __enter__(self) -> LexicalIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            try:
                with no_panic(self._path):
                    writer = self._index.writer(heap_size=_WRITER_HEAP_BYTES, num_threads=1)
            except DamagedIndexError as error:
                if "lock" in error.reason.lower():
                    raise IndexLockedError(
                        f"{self._path}: another writer is at work on this lexical index"
                    ) from error
                raise
            unseal(self._path)
            self._writer = writer
            self._refresh()  # another process may have written since this object was opened
        return self._writer

    def _drop_writer(self) -> None:
        self._writer = None
        self._next_row = self._reader.n_rows

    def _refresh(self) -> None:
        with no_panic(self._path):
            self._index.reload()
            self._reader = Reader(self._path, self._index, _ANALYSES[self._written_by])
        self._next_row = self._reader.n_rows


def _while_replaced(folder: Path, read: Callable[[], T]) -> T:
    """What `read` gives; again where a writer has replaced the files under it, or is replacing the folder."""
    for _ in range(_OPEN_TRIES - 1):
        before = meta_bytes(folder)
        try:
            return read()
        except (DamagedIndexError, IndexNotFoundError):
            if meta_bytes(folder) == before and not any(beside.exists() for beside in _beside(folder)):
                raise
    return read()


def _beside(folder: Path) -> tuple[Path, Path]:
    """Where `rebuild` puts the new index while it is written, and the old one while it is replaced."""
    return folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=ANALYSIS, index_option="freq")
    return builder.build()
