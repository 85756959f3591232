"""Digests and check sums: what was written is what is read."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping, Sequence

from simengine.errors import UsageError
from simengine.types import Document, Json

DIGEST_SIZE = 16


_SORTED = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_AS_GIVEN = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return _SORTED.encode(value)


def metadata_json(metadata: Mapping[str, Json], document_id: str) -> str:
    """Metadata as stored: JSON in the order given, checked to come back equal.

    Raises:
        UsageError: a value that JSON cannot hold (NaN, a tuple, a key that is no string).
    """
    plain = dict(metadata)
    try:
        text = _AS_GIVEN.encode(plain)
        text.encode()
        same = json.loads(text) == plain
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"document {document_id!r}: its metadata cannot be kept as JSON: {error}") from error
    if not same:
        raise UsageError(
            f"document {document_id!r}: its metadata changes when kept as JSON; "
            "use only None, bool, int, float, str, list, and dict with string keys"
        )
    return text


def digest_parts(id_: str, title: str, text: str, metadata: str) -> bytes:
    """Digest of a document from its parts; `metadata` is canonical JSON."""
    hasher = hashlib.blake2b(digest_size=DIGEST_SIZE)
    for part in (id_, title, metadata, text):
        content = part.encode()
        hasher.update(struct.pack("<Q", len(content)))
        hasher.update(content)
    return hasher.digest()


def content_digest(document: Document) -> bytes:
    """What identifies a document's content: blake2b-128 over id, title, text and metadata.

    Two documents with the same digest need not be encoded twice. Passage spans do not enter, nor does the
    order of the metadata's keys.

    Raises:
        UsageError: the text cannot be stored (lone surrogates), or the metadata is no JSON.
    """
    try:
        metadata = canonical_json(dict(document.metadata))
        return digest_parts(document.id, document.title, document.text, metadata)
    except UnicodeEncodeError as error:
        raise UsageError(
            f"document {document.id!r}: holds half of a surrogate pair ({error.object[error.start]!r} at "
            f"character {error.start}), which UTF-8 cannot hold; decode the source properly or replace it"
        ) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"document {document.id!r}: its metadata cannot be kept as JSON: {error}") from error


_PASSAGE = struct.Struct("<6q")
_DOCUMENT = struct.Struct("<6q")


def passage_crc(row: int, doc_key: int, start: int, end: int, n_tokens: int, n_truncated: int) -> int:
    """Check sum of a row of `passages`."""
    return zlib.crc32(_PASSAGE.pack(row, doc_key, start, end, n_tokens, n_truncated))


def document_crc(numbers: tuple[int, int, int, int, int, int], digest: bytes, id_: str) -> int:
    """Check sum of a document's id and numbers.

    Args:
        numbers: doc_key, first_row, n_passages, n_tokens, n_truncated, added_commit.
        digest: of its content.
        id_: its id.
    """
    return zlib.crc32(id_.encode(), zlib.crc32(digest, zlib.crc32(_DOCUMENT.pack(*numbers))))


def metadata_crc(texts: Sequence[str]) -> int:
    """Check sum of the metadata of a commit's documents, in their order."""
    return zlib.crc32("\n".join(texts).encode())


def text_crc(name: str, value: str) -> int:
    """Check sum of a named value."""
    return zlib.crc32(f"{name}\0{value}".encode())
