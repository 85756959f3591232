"""The commit log as arrays: which rows belong to which document, and what is deleted."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.errors import DamagedIndexError
from simengine.store.reader import Reader
from simengine.store.records import COMMIT_COLUMNS, NO_COMMIT, CommitRecord, commit_record
from simengine.store.schema import translated
from simengine.types import Mask, RowArray


@dataclass(frozen=True, slots=True)
class CommitLog:
    """All commits up to a snapshot's.

    Attributes:
        first_doc_keys: (n_commits + 1,) int64; commit i added documents [i, i + 1) of these.
        metadata_crcs: one per commit.
        lengths: (n_documents,) passages of each document ever added.
        removed: (n_removed,) int64, doc_keys deleted, in the order of the commits.
        n_removed: (n_commits + 1,) int64; commit i removed [i, i + 1) of `removed`.
    """

    first_doc_keys: RowArray
    metadata_crcs: list[int]
    lengths: npt.NDArray[np.uint32]
    removed: RowArray
    n_removed: RowArray

    def row_documents(self) -> RowArray:
        """(n_rows,) int64, doc_key of each row."""
        return np.repeat(np.arange(self.lengths.size, dtype=np.int64), self.lengths)

    def live_documents(self) -> Mask | None:
        """(n_documents,) bool, or None where nothing is deleted."""
        if not self.removed.size:
            return None
        live = np.ones(self.lengths.size, dtype=np.bool_)
        live[self.removed] = False
        return live


def load_log(reader: Reader, last: CommitRecord) -> CommitLog:
    """Read and check the commit log up to `last`.

    Raises:
        DamagedIndexError: a commit is missing or not what was written.
    """
    with translated(reader.path):
        return _load(reader, last)


def _load(reader: Reader, last: CommitRecord) -> CommitLog:
    query = f"SELECT {COMMIT_COLUMNS}, crc, lengths, removed FROM commits WHERE number <= ? ORDER BY number"
    before = NO_COMMIT
    doc_keys, crcs, n_removed = [0], [], [0]
    lengths, removed = [], []
    for row in reader.rows(query, (last.number,)):
        record = commit_record(row[:-3], row[-3], reader.path)
        in_order = (
            record.number == before.number + 1
            and record.first_doc_key == before.next_doc_key
            and record.first_row == before.next_row
        )
        if (
            not in_order
            or zlib.crc32(row[-2]) != record.lengths_crc
            or zlib.crc32(row[-1]) != record.removed_crc
        ):
            raise DamagedIndexError(reader.path, f"commit {record.number} is not what was written")
        doc_keys.append(record.next_doc_key)
        crcs.append(record.metadata_crc)
        lengths.append(row[-2])
        removed.append(row[-1])
        n_removed.append(n_removed[-1] + len(row[-1]) // 8)
        before = record
    log = CommitLog(
        first_doc_keys=np.array(doc_keys, dtype=np.int64),
        metadata_crcs=crcs,
        lengths=np.frombuffer(b"".join(lengths), dtype="<u4").astype(np.uint32),
        removed=np.frombuffer(b"".join(removed), dtype="<i8").astype(np.int64),
        n_removed=np.array(n_removed, dtype=np.int64),
    )
    _check(log, before, last, reader)
    return log


def _check(log: CommitLog, before: CommitRecord, last: CommitRecord, reader: Reader) -> None:
    whole = (
        before == last
        and log.lengths.size == last.next_doc_key
        and int(log.lengths.sum(dtype=np.int64)) == last.next_row
        and log.lengths.size - log.removed.size == last.live_documents
        and (not log.removed.size or (log.removed.min() >= 0 and log.removed.max() < log.lengths.size))
    )
    if not whole:
        raise DamagedIndexError(reader.path, f"its commit log does not add up to commit {last.number}")
