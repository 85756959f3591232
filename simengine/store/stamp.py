"""What tells a commit from every other: things derived from an index keep it, to be matched again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

DOCUMENTS = 1_024

Rows = Callable[[str, Sequence[int]], list[tuple[Any, ...]]]


def commit_stamp(rows: Rows, generation_id: str, number: int) -> str | None:
    """A digest over a commit's numbers and the contents of the latest documents up to it.

    Two copies of an index that were changed apart give different stamps for the same number.

    Args:
        rows: runs a query on the database.
        generation_id: of the database.
        number: of the commit.

    Returns:
        Hexadecimal digits; None where there is no such commit.
    """
    found = rows("SELECT crc, first_doc_key + n_documents FROM commits WHERE number = ?", (number,))
    if not found:
        return None
    crc, end = found[0]
    query = "SELECT digest, crc FROM documents WHERE doc_key >= ? AND doc_key < ? ORDER BY doc_key"
    hasher = hashlib.blake2b(f"{generation_id} {number} {crc}".encode(), digest_size=16)
    for row in rows(query, (end - DOCUMENTS, end)):
        hasher.update(repr(row).encode())
    return hasher.hexdigest()
