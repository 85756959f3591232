"""The one writer of an index directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Self

from simengine.errors import IndexExistsError, UsageError
from simengine.files import make_folder, random_name, sync_folder
from simengine.store import schema
from simengine.store.changes import LiveDocument, prepare
from simengine.store.committer import Committer
from simengine.store.compact import copy_live
from simengine.store.contract import Change, Counts, DeleteResult
from simengine.store.creation import COMPLETE, begin_generation, what_stands
from simengine.store.digest import stored_metadata
from simengine.store.files import ANN, writing
from simengine.store.generations import lexical_folder, locate, next_generation
from simengine.store.lock import WriteLock
from simengine.store.manifest import Manifest, Pointer
from simengine.store.ours import is_inside, named_files
from simengine.store.records import put_named, put_state
from simengine.store.settings import IndexSettings
from simengine.store.snapshot import Snapshot
from simengine.types import Json


class IndexWriter:
    """Changes an index directory; holds its lock until closed. For one thread at a time."""

    def __init__(self, committer: Committer, lock: WriteLock, predecessor: Committer | None = None) -> None:
        """Use `IndexWriter.create` or `IndexWriter.open`, which take the lock."""
        self._committer, self._lock, self._predecessor = committer, lock, predecessor
        self._closed = False

    @classmethod
    def create(
        cls,
        path: Path | str,
        settings: IndexSettings,
        *,
        overwrite: bool = False,
        lock_timeout_s: float = 0.0,
    ) -> IndexWriter:
        """Begin an index; its `state` is "building" until `finish`.

        A fresh index can be opened, searched and continued from its first commit on. One that overwrites
        another is built beside it and takes its place in `finish`; a kill before that leaves the old index as
        it was, and what was built is removed by the next writer.

        Args:
            path: the index directory; missing, empty, or an index where `overwrite` is given.
            settings: fixed for the life of the index.
            overwrite: replace an index that stands there.
            lock_timeout_s: seconds to wait for another writer.

        Raises:
            IndexExistsError: there is an index, or something else that would be in the way.
            IndexLockedError: another process is writing there.
            StorageFullError, StoreError: it cannot be written.
        """
        root = Path(path).absolute()
        if root.exists() and not root.is_dir():
            raise IndexExistsError(f"{path}: this is a file; name a folder for the index")
        with writing(root):
            make_folder(root)
        with ExitStack() as stack:
            lock = _locked(root, lock_timeout_s, stack)
            exists, pointer = what_stands(root, overwrite=overwrite)
            number = next_generation(root, pointer)
            begin_generation(root, number, settings)
            committer = stack.enter_context(closing(Committer(root, number, published=not exists)))
            committer.write_manifest()
            stack.pop_all()
        return cls(committer, lock)

    @classmethod
    def open(cls, path: Path | str, *, lock_timeout_s: float = 0.0) -> IndexWriter:
        """Open an index for changes, finished or not, and remove what killed writers left.

        Args:
            path: the index directory.
            lock_timeout_s: seconds to wait for another writer.

        Raises:
            IndexNotFoundError: there is no index.
            IndexLockedError: another process is writing there.
            DamagedIndexError: names the file.
            StorageFullError, StoreError: it cannot be written.
        """
        locate(Path(path))  # a message that there is none shows the path as it was given
        root = Path(path).absolute()
        with ExitStack() as stack:
            lock = _locked(root, lock_timeout_s, stack)
            number, pointer = locate(root)
            committer = stack.enter_context(closing(Committer(root, number, published=True)))
            committer.check_and_tidy(pointer)
            stack.pop_all()
        return cls(committer, lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock; a generation that was not published is removed."""
        if self._closed:
            return
        self._closed = True
        try:
            self._committer.close()
        finally:
            if self._predecessor is not None:
                self._predecessor.frozen = self._committer.published
            self._lock.release()

    # What the index is

    @property
    def path(self) -> Path:
        """The index directory."""
        return self._committer.root

    @property
    def folder(self) -> Path:
        """The generation's folder; registry entries name files relative to it."""
        return self._committer.folder

    @property
    def lexical_path(self) -> Path:
        """Folder for the lexical index of this generation; may not exist yet."""
        return lexical_folder(self._committer.folder)

    @property
    def settings(self) -> IndexSettings:
        """What the index was built with."""
        return self._committer.current().settings

    @property
    def state(self) -> str:
        """One of "building" (until `finish`) and "complete"."""
        return self._committer.current().state

    @property
    def generation(self) -> int:
        """Number of the generation that is written."""
        return self._committer.generation

    @property
    def commit_number(self) -> int:
        """Commits so far in this generation."""
        return self._committer.current().last.number

    @property
    def generation_id(self) -> str:
        """Random name that the generation was given when it was begun."""
        return self._committer.current().generation_id

    @property
    def n_rows(self) -> int:
        """Rows so far, those of deleted documents included."""
        return self._committer.current().last.next_row

    @property
    def manifest(self) -> Manifest:
        """What `info` shows."""
        return Manifest.of(self.generation, self._committer.current())

    def counts(self) -> Counts:
        """What the index holds."""
        return self._committer.current().last.counts

    def commit_stamp(self, number: int) -> str | None:
        """See `simengine.store.records.commit_stamp`."""
        return self._committer.stamp(number)

    def snapshot(self) -> Snapshot:
        """A snapshot of what is committed, to read from; close it."""
        self._committer.current()
        return Snapshot.open_generation(self.path, self.generation, None)

    def lookup(self, ids: Sequence[str]) -> dict[str, LiveDocument]:
        """The live documents among `ids`, with the digest of their content.

        Raises:
            DamagedIndexError: what is stored is not what was written.
        """
        return self._committer.live(ids)

    def live_ids(self) -> Iterator[str]:
        """Ids of all live documents, sorted by their UTF-8 bytes; changes made meanwhile may show."""
        after = ""
        query = "SELECT id FROM documents WHERE deleted_commit IS NULL AND id > ? ORDER BY id LIMIT 4096"
        while True:
            self._committer.current()
            with schema.translated(self._committer.database):
                rows = self._committer.connection.execute(query, (after,)).fetchall()
            if not rows:
                return
            yield from (row[0] for row in rows)
            after = rows[-1][0]

    # Changes

    def commit(self, change: Change) -> int:
        """Make a change durable and visible, whole or not at all.

        Args:
            change: ids in `remove` that are not live are ignored; an empty change makes no commit.

        Returns:
            The number of the last commit.

        Raises:
            UsageError: something in the change cannot be stored; names it. Nothing has changed.
            StorageFullError: nothing has changed; the same call works once there is room.
            DamagedIndexError, StoreError: nothing has changed.
        """
        added = prepare(change, self.settings.dimension)
        removed = self._committer.live(change.remove)
        live = self._committer.live([document.id for document in added])
        clash = next((id_ for id_ in live if id_ not in removed), None)
        if clash is not None:
            raise UsageError(
                f"document {clash!r} is in the index already; to replace it, give its id in `remove` of the "
                "same change"
            )
        if added or removed:
            self._committer.apply(added, list(removed.values()), change.vectors if added else None)
        return self.commit_number

    def delete(self, ids: Sequence[str]) -> DeleteResult:
        """Delete documents by id in one commit.

        Raises:
            StorageFullError, DamagedIndexError, StoreError: nothing has changed.
        """
        wanted = list(dict.fromkeys(ids))
        removed = self._committer.live(wanted)
        if removed:
            self._committer.apply([], list(removed.values()), None)
        return DeleteResult(
            deleted=tuple(id_ for id_ in wanted if id_ in removed),
            missing=tuple(id_ for id_ in wanted if id_ not in removed),
            commit_number=self.commit_number,
        )

    def finish(self) -> None:
        """Mark the index complete; one that overwrites or compacts another takes its place now.

        Raises:
            StorageFullError, StoreError: call again once there is room.
        """
        self._committer.complete()

    def publish(self) -> None:
        """`finish`, by the name that fits a compaction."""
        self.finish()

    def begin_compact(self, *, keep_derived: Sequence[str] = ("fusion", "calibration")) -> IndexWriter:
        """Copy what is live into a new generation, without encoding anything again.

        This writer refuses changes until the new one is closed, and for good once that is published. Derive
        what belongs to the rows (FAISS files, the lexical index) in the new one, then call its `publish`;
        closed without that, it is removed. The old generation goes with the next writer, or with the new
        writer's `collect_garbage`.

        Args:
            keep_derived: registry entries that do not depend on rows.

        Returns:
            The writer of the new generation; it shares this one's lock.

        Raises:
            UsageError: the index is still being built.
            DamagedIndexError: something in the index is not what was written; it is not copied on.
            StorageFullError, StoreError: the index is as it was.
        """
        old = self._committer
        head = old.current()
        if head.state != COMPLETE:
            raise UsageError(f"{self.path}: the index is still being built; finish it before compacting")
        number = next_generation(self.path, Pointer(self.generation, "", 0, 0))
        with ExitStack() as stack:
            self._lock.acquire()
            stack.callback(self._lock.release)
            begin_generation(self.path, number, head.settings)
            new = IndexWriter(Committer(self.path, number, published=False), self._lock, predecessor=old)
            stack.pop_all()
            stack.callback(new.close)
            old.frozen = True
            with self.snapshot() as source:
                copy_live(source, new._committer.connection, new.folder)
            new._committer.forget()
            for name in keep_derived:
                if name in head.derived:
                    new.set_derived(name, head.derived[name])
            stack.pop_all()
        return new

    # What is derived from the rows

    def derived(self, name: str) -> Mapping[str, Json] | None:
        """Entry of the registry of derived things, None where there is none."""
        return self._committer.current().derived.get(name)

    def set_derived(self, name: str, value: Mapping[str, Json]) -> None:
        """Register something derived, replacing the entry of that name.

        Args:
            name: such as "ann", "lexical", "fusion", "calibration".
            value: JSON. A key "file" (or a list under "files") names files relative to `folder`, such as
                "ann/x.faiss"; they must be complete and flushed. Their "sha256" and "bytes", where given for
                a single file, are compared by `verify`.

        Raises:
            UsageError: a named file does not exist, or the value is no JSON.
            StorageFullError, StoreError: nothing has changed.
        """
        head = self._committer.current()
        stored_metadata(value, f"registry entry {name}")
        for file in named_files({name: value}):
            path = self.folder / file
            if not is_inside(file):
                raise UsageError(
                    f"registry entry {name!r} names {file!r}, which is not a name inside {self.folder}"
                )
            if not path.is_file():
                raise UsageError(f"registry entry {name!r} names {path}, which does not exist")
            with writing(path):
                sync_folder(path.parent)
        with self._committer.transaction() as connection:
            put_named(connection, "derived", name, dict(value))
            put_state(connection, head.state, head.revision + 1)
        derived = {**head.derived, name: dict(value)}
        self._committer.advance(replace(head, derived=derived, revision=head.revision + 1))

    def remove_derived(self, name: str) -> None:
        """Remove a registry entry; its files go with the next writer. Does nothing where there is none."""
        head = self._committer.current()
        if name not in head.derived:
            return
        with self._committer.transaction() as connection:
            connection.execute("DELETE FROM derived WHERE name = ?", (name,))
            put_state(connection, head.state, head.revision + 1)
        derived = {key: value for key, value in head.derived.items() if key != name}
        self._committer.advance(replace(head, derived=derived, revision=head.revision + 1))

    def new_derived_path(self, subfolder: str = ANN, suffix: str = "") -> Path:
        """A file name never used before, in a subfolder of the generation that exists then.

        A file there that no registry entry names is removed by the next writer.
        """
        if subfolder != ANN:
            raise UsageError(f"subfolder {subfolder!r}: derived files are kept in {ANN!r} alone")
        folder = self.folder / subfolder
        with writing(folder):
            make_folder(folder)
        return folder / f"{self.commit_number:06d}-{random_name()}{suffix}"

    def collect_garbage(self) -> None:
        """Remove generations that are no longer the index and files that nothing names.

        Done whenever a writer opens. Readers that have such files open go on where the system allows it (on
        Windows the files stay instead).
        """
        self._committer.collect_garbage()


def _locked(root: Path, timeout_s: float, stack: ExitStack) -> WriteLock:
    """The lock of an index directory, acquired; the stack releases it."""
    lock = WriteLock(root)
    lock.acquire(timeout_s)
    stack.callback(lock.release)
    return lock
