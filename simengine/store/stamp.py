"""Identifies a commit uniquely: data derived from an index keeps this stamp, to be matched later."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from simengine.errors import DamagedIndexError
from simengine.store.digest import document_crc
from simengine.store.records import COMMIT_COLUMNS, commit_record
from simengine.store.schema import translated

LATEST = 128

Rows = Callable[[str, Sequence[int]], list[tuple[Any, ...]]]
_COMMITS = f"SELECT {COMMIT_COLUMNS}, crc FROM commits WHERE number > ? AND number <= ? ORDER BY number"
_DOCUMENTS = (
    "SELECT doc_key, first_row, n_passages, n_tokens, n_truncated, added_commit, digest, id, crc FROM documents "
    "WHERE doc_key >= ? AND doc_key < ? ORDER BY doc_key"
)


def commit_stamp(rows: Rows, path: Path, generation_id: str, number: int) -> str | None:
    """A digest over a commit's numbers, those of the latest before it, and the latest documents up to it.

    Two copies of an index that were changed independently have different stamps for the same number.

    Args:
        rows: runs a query on the database.
        path: of the database.
        generation_id: of the database.
        number: of the commit.

    Returns:
        Hexadecimal digits; None if there is no such commit.

    Raises:
        DamagedIndexError: the commit or one of the documents is damaged.
    """
    with translated(path):
        commits = [
            commit_record(row[:-1], row[-1], path) for row in rows(_COMMITS, (number - LATEST, number))
        ]
        if not commits or commits[-1].number != number:
            return None
        crcs = [commit.crc() for commit in commits]
        hasher = hashlib.blake2b(f"{generation_id} {number} {crcs}".encode(), digest_size=16)
        end = commits[-1].next_doc_key
        for *numbers, digest, id_, crc in rows(_DOCUMENTS, (end - LATEST, end)):
            if document_crc((*numbers,), digest, id_) != crc:
                raise DamagedIndexError(path, f"the checksum of document {id_!r} differs")
            hasher.update(digest)
            hasher.update(crc.to_bytes(4, "little"))
    return hasher.hexdigest()
