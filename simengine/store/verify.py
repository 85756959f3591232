"""Checking every byte of an index against what was written, and making manifest.json anew."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from simengine.errors import DamagedIndexError, IndexNotFoundError, SimengineError
from simengine.files import hash_file
from simengine.store.changes import NORM_TOLERANCE
from simengine.store.columns import metadata_batches
from simengine.store.commitlog import CommitLog, load_log
from simengine.store.creation import COMPLETE
from simengine.store.documents import passage_range, stream_documents
from simengine.store.files import DATABASE, MANIFEST, VECTORS, generation_name, generation_numbers
from simengine.store.generations import generation_folder, leftovers, locate, orphans
from simengine.store.lock import WriteLock
from simengine.store.manifest import Manifest, Pointer, check_pointer, write_manifest
from simengine.store.ours import A_LINK, foreign, named_files
from simengine.store.reader import Reader
from simengine.store.records import Head
from simengine.store.segments import check_segment, open_segment
from simengine.store.unknown import fetch_unknown

_ROWS_AT_ONCE = 65_536
_DOCUMENTS_AT_ONCE = 4_096
RESTORE = "restore it from a copy of the index, or build the index again"
REMAKE = "simengine verify --repair makes it anew"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written.

    Attributes:
        file: the damaged or missing file.
        what: what was found.
        remedy: what to do.
    """

    file: Path
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `verify` found.

    Attributes:
        path: the index directory.
        problems: empty where the index is sound.
        notes: leftovers that the next writer removes, and files that are not the index's, which it leaves alone.
        checked: files that were read.
        documents: documents compared with their digests, deleted ones too.
        passages: passages likewise.
    """

    path: Path
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    checked: tuple[Path, ...]
    documents: int
    passages: int

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems


@dataclass
class _Findings:
    problems: list[Problem] = field(default_factory=list)
    checked: list[Path] = field(default_factory=list)
    documents: int = 0
    passages: int = 0

    def add(self, file: Path, what: str, remedy: str = RESTORE) -> None:
        problem = Problem(file, what, remedy)
        if problem not in self.problems:
            self.problems.append(problem)

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Keep the first damage that a check finds and go on with the next check."""
        try:
            yield
        except DamagedIndexError as error:
            self.add(error.path, error.reason)


def verify(path: Path | str, *, deep: bool = True) -> VerifyReport:
    """Check an index: manifest, database, every document and passage, vectors and registered files.

    The lexical index checks itself. A writer may go on meanwhile: the commit of the moment is checked.

    Args:
        path: the index directory.
        deep: read everything; else only what opening the index needs, and the files' sizes.

    Raises:
        IndexNotFoundError: there is no index.
        StoreError: it cannot be read at all (permissions, a newer format).
    """
    root, findings = Path(path), _Findings()
    number, pointer = _generation(root, findings)
    notes = [
        f"{path}: not part of the index; it is left alone" for path in foreign(root) if not path.is_symlink()
    ]
    if number is not None:
        with findings.collecting():
            notes += _verify_generation(root, number, pointer, findings, deep=deep)
    for path in foreign(root):
        if path.is_symlink() and path not in {problem.file for problem in findings.problems}:
            findings.add(path, A_LINK, "remove it, or put what it points to in its place")
    return VerifyReport(
        root,
        tuple(findings.problems),
        tuple(notes),
        tuple(findings.checked),
        findings.documents,
        findings.passages,
    )


def repair_manifest(path: Path | str) -> bool:
    """Make manifest.json anew from the databases where it is damaged, missing or lagging.

    Args:
        path: the index directory.

    Returns:
        Whether that was needed.

    Raises:
        IndexNotFoundError: there is no generation either.
        DamagedIndexError: the database is damaged, so that nothing can be made from it.
        IndexLockedError, StorageFullError, StoreError: nothing has changed.
    """
    root = Path(path)
    with contextlib.suppress(DamagedIndexError):
        locate(root)
    lock = WriteLock(root)
    lock.acquire()
    try:
        try:
            number, pointer = locate(root)
        except DamagedIndexError:
            number, pointer = newest_generation(root), None
        with contextlib.closing(Reader(generation_folder(root, number) / DATABASE)) as reader:
            head = reader.head()
        check_pointer(head, pointer, reader.path)
        if pointer is not None and pointer.revision == head.revision:
            return False
        write_manifest(root, Manifest.of(number, head))
        return True
    except FileNotFoundError as error:
        raise DamagedIndexError(error.args[0], f"missing; {RESTORE}") from error
    finally:
        lock.release()


def newest_generation(root: Path) -> int:
    """The generation that is the index where no manifest says so: the newest complete one, else the newest.

    A generation is marked complete only after everything in it is on the device, and a complete one that is
    not the index any more is removed by the next writer, so the newest complete one holds all commits.

    Raises:
        IndexNotFoundError: there is none that can be read.
    """
    states: dict[int, str] = {}
    for number in generation_numbers(root):
        with (
            contextlib.suppress(SimengineError, FileNotFoundError),
            contextlib.closing(Reader(generation_folder(root, number) / DATABASE)) as reader,
        ):
            states[number] = reader.head().state
    if not states:
        raise IndexNotFoundError(f"{root}: no generation here has a database that can be read")
    return max(states, key=lambda number: (states[number] == COMPLETE, number))


def _generation(root: Path, findings: _Findings) -> tuple[int | None, Pointer | None]:
    try:
        number, pointer = locate(root)
        if pointer is None:
            findings.add(root / MANIFEST, "missing", REMAKE)
        else:
            findings.checked.append(root / MANIFEST)
        return number, pointer
    except DamagedIndexError as error:
        findings.add(error.path, error.reason, REMAKE)
    try:
        return newest_generation(root), None
    except IndexNotFoundError as error:
        findings.add(root, str(error))
        return None, None


def _verify_generation(
    root: Path, number: int, pointer: Pointer | None, findings: _Findings, *, deep: bool
) -> list[str]:
    try:
        folder = generation_folder(root, number)
        reader = Reader(folder / DATABASE)
    except FileNotFoundError:
        findings.add(root / generation_name(number) / DATABASE, "missing")
        return []
    with contextlib.closing(reader):
        findings.checked.append(reader.path)
        if deep:
            _sqlite_check(reader, findings)
        head = reader.head()
        with findings.collecting():
            check_pointer(head, pointer, reader.path)
        with findings.collecting():
            log = load_log(reader, head.last)
            if deep:
                _documents(reader, head, log, findings)
        _segments(folder, head, findings, deep=deep)
        _derived(folder, head, findings, deep=deep)
    stray = leftovers(root, number) + orphans(folder, {record.name for record in head.segments}, head.derived)
    return [f"{path}: not part of the index; the next writer removes it" for path in stray]


def _sqlite_check(reader: Reader, findings: _Findings) -> None:
    with findings.collecting():
        lines = [str(row[0]) for row in reader.rows("PRAGMA integrity_check(20)")]
        if lines != ["ok"]:
            findings.add(reader.path, f"SQLite finds the database damaged: {'; '.join(lines)}")


def _documents(reader: Reader, head: Head, log: CommitLog, findings: _Findings) -> None:
    """Compare all documents, passages and metadata with digests, check sums and the commit log."""
    with findings.collecting():
        _check_documents(reader, log, findings)
    with findings.collecting():
        _check_passages(reader, head, log, findings)
    with findings.collecting():
        _check_deletions(reader, head, log)
    with findings.collecting():
        _check_numbers(reader, head)
    with findings.collecting():
        fetch_unknown(reader, 0, head.last.next_doc_key)
    with findings.collecting():
        for _ in metadata_batches(reader, log):
            pass


def _check_documents(reader: Reader, log: CommitLog, findings: _Findings) -> None:
    first_rows = np.concatenate([[0], np.cumsum(log.lengths, dtype=np.int64)])
    for documents in stream_documents(reader, 0, log.lengths.size, _DOCUMENTS_AT_ONCE):
        for raw in documents:
            key = raw.document.doc_key
            if raw.n_passages != log.lengths[key] or raw.first_row != first_rows[key]:
                raise DamagedIndexError(
                    reader.path, f"document {raw.document.id!r} and the commit log disagree on its rows"
                )
            findings.documents += 1
        base = documents[0].first_row
        passages = passage_range(reader, base, documents[-1].first_row + documents[-1].n_passages)
        for raw in documents:
            for passage in passages[raw.first_row - base : raw.first_row - base + raw.n_passages]:
                if not 0 <= passage.start <= passage.end <= len(raw.document.text):
                    raise DamagedIndexError(
                        reader.path, f"passage {passage.row} does not lie in the text of {raw.document.id!r}"
                    )


def _check_passages(reader: Reader, head: Head, log: CommitLog, findings: _Findings) -> None:
    of_row = log.row_documents()
    for first in range(0, head.last.next_row, _ROWS_AT_ONCE):
        end = min(first + _ROWS_AT_ONCE, head.last.next_row)
        passages = passage_range(reader, first, end)
        keys = np.fromiter((passage.doc_key for passage in passages), dtype=np.int64, count=end - first)
        wrong = np.flatnonzero(keys != of_row[first:end])
        if wrong.size:
            raise DamagedIndexError(
                reader.path, f"passage {first + wrong[0]} and the commit log disagree on its document"
            )
        findings.passages += end - first


def _check_deletions(reader: Reader, head: Head, log: CommitLog) -> None:
    commits = np.repeat(np.arange(1, head.last.number + 1), np.diff(log.n_removed))
    expected = dict(zip(log.removed.tolist(), commits.tolist(), strict=True))
    query = (
        "SELECT doc_key, deleted_commit FROM documents "
        "WHERE doc_key < ? AND deleted_commit IS NOT NULL AND deleted_commit <= ?"
    )
    found = {row[0]: row[1] for row in reader.rows(query, (head.last.next_doc_key, head.last.number))}
    if found != expected:
        key = min(key for key in {*found, *expected} if found.get(key) != expected.get(key))
        raise DamagedIndexError(reader.path, f"document {key} and the commit log disagree on its deletion")


def _check_numbers(reader: Reader, head: Head) -> None:
    for table, column, n in (
        ("documents", "doc_key", head.last.next_doc_key),
        ("texts", "doc_key", head.last.next_doc_key),
        ("passages", "row", head.last.next_row),
    ):
        query = f"SELECT count(*) FROM {table} WHERE {column} < ? AND {column} >= 0"
        ((count,),) = reader.rows(query, (n,))
        if count != n:
            raise DamagedIndexError(reader.path, f"table {table} has {count:,} rows, {n:,} were written")


def _segments(folder: Path, head: Head, findings: _Findings, *, deep: bool) -> None:
    for record in head.segments:
        path = folder / VECTORS / record.name
        findings.checked.append(path)
        with findings.collecting():
            try:
                segment = open_segment(folder / VECTORS, record, head.settings.dimension)
            except FileNotFoundError:
                findings.add(path, "missing")
                continue
            if not deep:
                continue
            check_segment(folder / VECTORS, record, segment.vectors)
            for start in range(0, record.n_rows, _ROWS_AT_ONCE):
                block = segment.vectors[start : start + _ROWS_AT_ONCE]
                wrong = np.flatnonzero(
                    ~(np.abs(np.einsum("ij,ij->i", block, block) - 1.0) <= 2 * NORM_TOLERANCE)
                )
                if wrong.size:
                    findings.add(path, f"vector {start + wrong[0]} is not finite or not of length 1")
                    break


def _derived(folder: Path, head: Head, findings: _Findings, *, deep: bool) -> None:
    for name, entry in head.derived.items():
        for file in sorted(named_files({name: entry})):
            path = folder / file
            findings.checked.append(path)
            if not path.is_file():
                findings.add(path, "missing", REMAKE)
                continue
            if entry.get("file") != file:
                continue
            size, digest = entry.get("bytes"), entry.get("sha256")
            if isinstance(size, int) and path.stat().st_size != size:
                findings.add(path, f"has {path.stat().st_size:,} bytes, {size:,} were written", REMAKE)
            elif deep and isinstance(digest, str) and hash_file(path) != digest:
                findings.add(path, "its content is not what was written (sha256 differs)", REMAKE)
