"""Records from JSON: a record per line, or one array of records, whatever its size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from simengine.corpus.fields import TEXT_FIELDS
from simengine.corpus.json_stream import JsonStream
from simengine.corpus.json_values import checked_record, strict_decoder, too_deep
from simengine.corpus.lines import Line, decode
from simengine.corpus.report import Item, RecordFault
from simengine.corpus.sources import InputFile

_ARRAY_OF_OBJECTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{")
_ARRAY_SO_FAR = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\Z")
_DETECT_BYTES = 1 << 16


def begins_array(chunks: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Whether content begins with an array of objects, and the whole content.

    Args:
        chunks: the content; as little as possible is read to find out.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        if not _ARRAY_SO_FAR.match(head) or len(head) > _DETECT_BYTES:
            break
    return _ARRAY_OF_OBJECTS.match(head) is not None, _chained(head, chunks)


def _chained(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def jsonl_items(lines: Iterator[Line], encoding: str) -> Iterator[Item]:
    """One JSON object per line; blank lines are skipped."""
    parse = strict_decoder().raw_decode
    for number, offset, content, raw in lines:
        if isinstance(content, RecordFault):
            yield number, _explained(content, raw) if number == 1 else content, raw
            continue
        try:
            text = decode(content, encoding, offset).strip(" \t\r\n")
            if not text:
                continue
            record, end = parse(text)
            if end != len(text):
                raise RecordFault("broken JSON", f"more text after the record, at column {end + 1}")
            yield number, checked_record(record, text, "per line"), raw
        except RecordFault as fault:
            yield number, fault, raw
        except json.JSONDecodeError as error:
            yield number, RecordFault("broken JSON", f"{error.msg} at column {error.colno}"), raw
        except RecursionError:
            yield number, too_deep(), raw
        except ValueError as error:
            yield number, RecordFault("broken JSON", str(error)), raw


def _explained(fault: RecordFault, raw: bytes) -> RecordFault:
    """The fault of a first line that is too long because it is the whole file."""
    if fault.kind != "line too long" or not raw.lstrip().startswith((b"[", b"{")):
        return fault
    what = "begins a JSON array" if raw.lstrip().startswith(b"[") else "begins a JSON object"
    detail = f"{fault.detail}; it {what}: a file that is one JSON value with an array of records is of the format json"
    return RecordFault(fault.kind, detail, fault.raw_bytes)


def json_items(chunks: Iterable[bytes], encoding: str, source: InputFile, max_bytes: int) -> Iterator[Item]:
    """Yield the records of one JSON array, or of the only array in one JSON object, in constant memory.

    An object without an array, or with a text of its own, is one record, and consecutive objects are records, too.
    A record's number is the line that it begins on; if several begin on one line it counts on from the record
    before, so that no number repeats.

    Args:
        chunks: the file.
        encoding: of the file, one whose line ends are bytes.
        source: the file.
        max_bytes: longest record.

    Raises:
        DataError: the file is something else, or is broken; nothing after that place can be read.
    """
    last = 0
    for line, record, text in _records(JsonStream(chunks, encoding, source, max_bytes)):
        last = max(line, last + 1)
        yield last, record, text


def _records(stream: JsonStream) -> Iterator[Item]:
    first = stream.peek()
    if first == "[":
        yield from _array(stream)
    elif first == "{":
        yield from _object(stream)
    elif first:
        stream.fail(
            f"expected a JSON array of objects, or an object with one; the file begins with {first!r}"
        )
    if stream.peek():
        stream.fail("broken JSON: more text after the end of the array")


def _array(stream: JsonStream) -> Iterator[Item]:
    stream.take("[")
    if stream.peek() == "]":
        stream.take("]")
        return
    while True:
        stream.peek()
        line = stream.line
        value, text = stream.value()
        yield line, _as_record(value, text, "per element of the array"), text
        if stream.peek() == "]":
            stream.take("]")
            return
        stream.take(",")


def _as_record(value: object, text: str, where: str) -> dict[str, object] | RecordFault:
    if isinstance(value, RecordFault):
        return value
    try:
        return checked_record(value, text, where)
    except RecordFault as fault:
        return fault


def _object(stream: JsonStream) -> Iterator[Item]:
    """Records of the only array of objects in an object; or the object itself, and those that follow it."""
    if stream.holds_several():
        yield from _sequence(stream)
        return
    line, found = stream.line, ""
    members: dict[str, object] = {}
    texts: list[str] = []
    stream.take("{")
    while stream.peek() != "}":
        if members or found:
            stream.take(",")
        key, key_text = stream.value()
        if not isinstance(key, str):
            stream.fail("broken JSON: expected the name of a member in quotation marks")
        stream.take(":")
        if not _is_record(members) and stream.array_of_objects_follows():
            if found:
                both = f"{found!r} and {key!r}"
                stream.fail(
                    f"the object has two arrays of objects, {both}; write the one with the records to its own file"
                )
            found = key
            yield from _array(stream)
            continue
        members[key], text = stream.value()
        texts += [key_text, text]
        if isinstance(members[key], RecordFault):
            stream.fail(f"{key!r}: {members[key]}")
        if found and _is_record(members):
            stream.fail(
                f"the object has a text, {key!r}, and records, {found!r}; write one record per line (.jsonl)"
            )
    stream.take("}")
    if found or list(members.values()) == [[]]:
        return
    text = ", ".join(texts)
    yield line, _as_record(members, text, ""), text
    if stream.peek() == "{":
        yield from _sequence(stream)


def _is_record(members: dict[str, object]) -> bool:
    """Whether an object has a text itself, so that an array in it is a field and not the records."""
    return any(isinstance(members.get(name), str) for name in TEXT_FIELDS)


def _sequence(stream: JsonStream) -> Iterator[Item]:
    while stream.peek():
        line = stream.line
        value, text = stream.value()
        yield line, _as_record(value, text, "after the others"), text
