"""Digests and checksums: what was written is what is read."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping, Sequence

from simengine.errors import DataError, UsageError
from simengine.text.checks import TOO_DEEP, first_fault, is_nested_deeper, surrogate_fault
from simengine.types import Document, Json

DIGEST_SIZE = 16

_SORTED = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_AS_GIVEN = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_PLAIN = frozenset((str, int, float, bool, type(None)))
_KEYS = frozenset((str,))
_LENGTHS = struct.Struct("<4Q")


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return _SORTED.encode(value)


def stored_metadata(metadata: Mapping[str, Json], what: str) -> tuple[str, str]:
    """Metadata as stored and as digested: JSON in the given order, and with sorted keys.

    Args:
        what: the owner, for the message.

    Raises:
        UsageError: a value that JSON cannot represent or changes (NaN, a tuple, a key that is not a string).
        DataError: half of a surrogate pair, or lists and objects nested more than MAX_JSON_DEPTH deep.
    """
    plain = metadata if type(metadata) is dict else dict(metadata)
    try:
        canonical = _SORTED.encode(plain)
        if is_nested_deeper(canonical):
            raise DataError(f"its metadata: {TOO_DEEP}", what)
        canonical.encode()
        is_plain, is_sorted = _shape(plain)
        stored = canonical if is_sorted else _AS_GIVEN.encode(plain)
        same = is_plain or json.loads(stored) == plain
    except UnicodeEncodeError as error:
        path, fault = first_fault(plain) or ((), "contains half of a surrogate pair")
        place = f"the field {'.'.join(map(str, path))!a} of its metadata" if path else "its metadata"
        raise DataError(f"{place} {fault}", what) from error
    except RecursionError as error:
        raise DataError(f"its metadata: {TOO_DEEP}", what) from error
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what}: its metadata cannot be stored as JSON: {error}") from error
    if not same:
        raise UsageError(
            f"{what}: its metadata changes when stored as JSON; "
            "use only None, bool, int, float, str, list, and dict with string keys"
        )
    return stored, canonical


def _shape(value: object) -> tuple[bool, bool]:
    """Whether a value has exactly the types that JSON preserves, and whether all its keys are in order."""
    if isinstance(value, dict) and type(value) is dict:
        keys = list(value)
        plain = set(map(type, keys)) <= _KEYS
        in_order = plain and keys == sorted(keys)
        items = list(value.values())
    elif isinstance(value, list) and type(value) is list:
        plain = in_order = True
        items = value
    else:
        return type(value) in _PLAIN, True
    if not set(map(type, items)) <= _PLAIN:
        shapes = [_shape(item) for item in items]
        plain = plain and all(shape[0] for shape in shapes)
        in_order = in_order and all(shape[1] for shape in shapes)
    return plain, in_order


def digest_parts(id_: str, title: str, text: str, metadata: str) -> bytes:
    """Digest of a document from its parts; `metadata` is JSON with sorted keys."""
    parts = (id_.encode(), title.encode(), metadata.encode(), text.encode())
    lengths = _LENGTHS.pack(*map(len, parts))
    return hashlib.blake2b(b"".join((lengths, *parts)), digest_size=DIGEST_SIZE).digest()


def stored_form(document: Document) -> tuple[str, bytes]:
    """Metadata as stored, and `content_digest`.

    Raises:
        UsageError, DataError: as `content_digest`.
    """
    stored, canonical = stored_metadata(document.metadata, f"document {document.id!a}")
    try:
        return stored, digest_parts(document.id, document.title, document.text, canonical)
    except UnicodeEncodeError as error:
        for name, text in (("id", document.id), ("title", document.title), ("text", document.text)):
            if fault := surrogate_fault(text):
                raise DataError(f"its {name} {fault}", f"document {document.id!a}") from error
        raise


def content_digest(document: Document) -> bytes:
    """What identifies a document's content: blake2b-128 over id, title, text and metadata.

    Two documents with the same digest need not be encoded twice. Passage spans and the order of the
    metadata's keys are not included.

    Raises:
        DataError: it contains half of a surrogate pair, or metadata nested too deeply.
        UsageError: the metadata is not JSON.
    """
    return stored_form(document)[1]


_PASSAGE = struct.Struct("<6q")
_DOCUMENT = struct.Struct("<6q")


def passage_crc(row: int, doc_key: int, start: int, end: int, n_tokens: int, n_truncated: int) -> int:
    """Checksum of a row of `passages`."""
    return zlib.crc32(_PASSAGE.pack(row, doc_key, start, end, n_tokens, n_truncated))


def document_crc(numbers: tuple[int, int, int, int, int, int], digest: bytes, id_: str) -> int:
    """Checksum of a document's id and numbers.

    Args:
        numbers: doc_key, first_row, n_passages, n_tokens, n_truncated, added_commit.
        digest: of its content.
        id_: its id.
    """
    return zlib.crc32(id_.encode(), zlib.crc32(digest, zlib.crc32(_DOCUMENT.pack(*numbers))))


def metadata_crc(texts: Sequence[str]) -> int:
    """Checksum of the metadata of a commit's documents, in their order."""
    return zlib.crc32("\n".join(texts).encode())


def text_crc(name: str, value: str) -> int:
    """Checksum of a named value."""
    return zlib.crc32(f"{name}\0{value}".encode())
