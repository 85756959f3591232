"""The parts of a search over one snapshot of an index."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.encoders.contract import BiEncoder
from simengine.errors import DamagedIndexError, IndexNotFoundError, StoreError
from simengine.index.build import load_index
from simengine.index.recipe import recipe_from_dict
from simengine.indexing.derive import check_rows, check_tie
from simengine.lexical.index import LexicalIndex
from simengine.search.searcher import Searcher
from simengine.store.snapshot import Snapshot

if TYPE_CHECKING:
    from simengine.engine.fitted import Fitted

REOPEN_TRIES = 5
CHECKED_BYTES = 256_000_000  # an ANN index up to this size is hashed when opened; `verify` hashes any


class SnapshotReader:
    """A snapshot with its searcher, closed after its last search."""

    def __init__(self, snapshot: Snapshot, searcher: Searcher) -> None:
        self.snapshot, self.searcher = snapshot, searcher
        self._users, self._retired, self._lock = 0, False, threading.Lock()
        self._then: Callable[[], None] | None = None

    @cached_property
    def fitted(self) -> Fitted:
        """The fits stored with the index, in this snapshot."""
        from simengine.engine.fitted import Fitted

        return Fitted.of(self.snapshot)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Facts about the index, in this snapshot."""
        from simengine.engine.contents import Contents

        return Contents(self.snapshot).facts()

    def enter(self) -> bool:
        """Register a user, unless the reader is closed already."""
        with self._lock:
            if self._retired and self._users == 0:
                return False
            self._users += 1
            return True

    def leave(self) -> None:
        """Unregister a user."""
        with self._lock:
            self._users -= 1
            close = self._retired and self._users == 0
        if close:
            self._close()

    def retire(self, then: Callable[[], None] | None = None) -> None:
        """Close after the last user leaves, then call `then`."""
        with self._lock:
            self._then = then
            close = not self._retired and self._users == 0
            self._retired = True
        if close:
            self._close()

    def _close(self) -> None:
        self.searcher.close()
        self.snapshot.close()
        if self._then is not None:
            self._then()


def field_types(path: Path, most: int | None = None) -> dict[str, str]:
    """The types of an index's metadata fields, for tables whose columns should have the same types.

    Args:
        path: the index directory.
        most: documents of the largest index that is read.

    Returns:
        field → "number", "bool" or "str" ("str" also if types differ between documents); fields of lists and
        objects are left out. Empty if there is no index, or a larger one.

    Raises:
        DamagedIndexError: a file of the index is damaged.
    """
    try:
        with Snapshot.open(path) as snapshot:
            fields = {} if most is not None and snapshot.n_documents > most else snapshot.fields()
    except IndexNotFoundError:
        return {}
    found = {}
    for name, summary in fields.items():
        kinds = set(summary.types) - {"null"}
        if "str" in kinds:
            found[name] = "str"
        elif kinds == {"bool"}:
            found[name] = "bool"
        elif kinds and kinds <= {"int", "float"}:
            found[name] = "number"
    return found


def open_reader(path: Path, encoder: Callable[[], BiEncoder], *, threads: int | None) -> SnapshotReader:
    """A snapshot of the index's current state, with a searcher over it.

    Raises:
        IndexNotFoundError: there is no index.
        DamagedIndexError: a file of it is damaged.
    """
    for _ in range(REOPEN_TRIES):
        snapshot = Snapshot.open(path)
        try:
            return SnapshotReader(snapshot, _open_searcher(snapshot, encoder, threads))
        except (DamagedIndexError, IndexNotFoundError, FileNotFoundError) as error:
            stale = not snapshot.is_current()
            snapshot.close()
            if stale:  # a writer has just replaced these files: try again
                continue
            if isinstance(error, FileNotFoundError):
                raise DamagedIndexError(error.filename or path, "missing") from error
            raise
        except BaseException:
            snapshot.close()
            raise
    raise StoreError(f"{path}: the index changed {REOPEN_TRIES} times while it was being opened")


def _open_searcher(snapshot: Snapshot, encoder: Callable[[], BiEncoder], threads: int | None) -> Searcher:
    segments = [(segment.first_row, segment.vectors) for segment in snapshot.segments]
    candidates = None
    entry, file = snapshot.derived("ann"), snapshot.derived_file("ann")
    if entry is not None and file is not None:
        candidates = load_index(
            file,
            recipe_from_dict(entry["recipe_table"], str(file)),  # type: ignore[arg-type]
            expected_rows=int(str(entry["rows"])),
            expected_dim=snapshot.dimension,
            segments=segments,
            sha256=str(entry["sha256"]) if int(str(entry["bytes"])) <= CHECKED_BYTES else None,
            threads=threads,
        )
    return Searcher(snapshot, encoder, candidates, _open_lexical(snapshot), threads=threads)


def _open_lexical(snapshot: Snapshot) -> LexicalIndex | None:
    if snapshot.n_rows == 0:
        return None
    try:
        lexical = LexicalIndex.open(snapshot.lexical_path)
    except IndexNotFoundError:
        if not snapshot.is_current():
            raise  # not missing: a writer has just replaced these files, and `open_reader` tries again
        return None  # dense search works without it; other searches raise an error
    try:
        check_rows(lexical, snapshot.n_rows)
        check_tie(lexical, snapshot)
    except BaseException:
        lexical.close()
        raise
    return lexical
