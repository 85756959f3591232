"""Records from JSON: a record per line, or one array of records, whatever its size."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import NoReturn

from simengine.corpus.lines import Line, decode
from simengine.corpus.report import Item, RecordFault
from simengine.corpus.sources import Source
from simengine.errors import DataError

MAX_DEPTH = 100
"""Lists and objects within each other; deeper ones are refused, as recursive code elsewhere could not take them."""
_ARRAY_OF_OBJECTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{")
_ARRAY_SO_FAR = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\Z")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\r\n]*")
_AFTER_VALUE = tuple(" \t\r\n,]}")
_DETECT_BYTES = 1 << 16


def begins_array(chunks: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Whether content begins with an array of objects, and all of it again.

    Args:
        chunks: the content; as little as possible is taken to find out.
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
    """One JSON object per line; blank lines are no records."""
    parse = strict_decoder().raw_decode
    for number, offset, content, raw in lines:
        if isinstance(content, RecordFault):
            yield number, content, raw
            continue
        try:
            text = decode(content, encoding, offset).strip(" \t\r\n")
            if not text:
                continue
            record, end = parse(text)
            if end != len(text):
                raise RecordFault("broken JSON", f"more text after the record, at column {end + 1}")
            yield number, _checked(record, text, "per line"), raw
        except RecordFault as fault:
            yield number, fault, raw
        except json.JSONDecodeError as error:
            yield number, RecordFault("broken JSON", f"{error.msg} at column {error.colno}"), raw
        except RecursionError:
            yield number, _too_deep(), raw
        except ValueError as error:
            yield number, RecordFault("broken JSON", str(error)), raw


def _checked(record: object, text: str, where: str) -> dict[str, object]:
    """The record itself, when it is an object that is not nested too deeply.

    Raises:
        RecordFault: it is something else.
    """
    if type(record) is not dict:
        raise RecordFault("not an object", f"expected a JSON object {where}, got {_json_kind(record)}")
    # Counting brackets is enough for nearly all records, and quick.
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth_exceeds(record, MAX_DEPTH):
        raise _too_deep()
    if _SURROGATE.search(text):
        _check_surrogates(record)
    return record


def _check_surrogates(record: dict[str, object]) -> None:
    """Refuse unpaired surrogates, which JSON escapes can spell but UTF-8 cannot store."""
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        unit = ord(error.object[error.start])
        detail = f"the record holds half of a surrogate pair, \\u{unit:04x}, which is no character"
        raise RecordFault("unpaired surrogate", detail) from error


def _too_deep() -> RecordFault:
    return RecordFault("broken JSON", f"nested too deeply: at most {MAX_DEPTH} levels are read")


def _depth_exceeds(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)  # type: ignore[attr-defined]
            if isinstance(part, (dict, list))
        ]
        if not level:
            return False
    return True


def strict_decoder() -> json.JSONDecoder:
    """JSON as its standard has it: no NaN, no Infinity (nor 1e999), no key twice in an object."""

    def refuse(constant: str) -> object:
        raise RecordFault("not a JSON number", f"{constant} has no place in JSON; use null")

    def number(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            raise RecordFault("not a JSON number", f"{digits} is beyond the range of a double")
        return value

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(items)
        if len(found) != len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            raise RecordFault("repeated key", f"the key {twice!r} stands twice in one object")
        return found

    return json.JSONDecoder(object_pairs_hook=pairs, parse_float=number, parse_constant=refuse)


def _json_kind(value: object) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


class _Stream:
    """JSON text that arrives in chunks; what has been read is forgotten, but for the value at hand."""

    def __init__(self, chunks: Iterable[bytes], encoding: str, source: Source, max_bytes: int) -> None:
        self._chunks, self._source, self._max_chars = iter(chunks), source, max_bytes
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._parse = strict_decoder().raw_decode
        self._n_bytes, self._newlines = 0, 0
        self._text, self._at, self._counted = "", 0, 0
        self._done = self._begun = False
        self.line = 1

    def more(self) -> bool:
        """Take in more text; False at the end of the file."""
        if self._done:
            return False
        self._place()
        chunk = next(self._chunks, b"")
        if not self._begun and chunk:
            chunk = self._without_bom(chunk)
        self._done = not chunk
        # Twice as much each time, so that a large value is not parsed again for every chunk.
        parts, size = [chunk], len(chunk)
        while chunk and size < len(self._text) - self._at:
            chunk = next(self._chunks, b"")
            parts.append(chunk)
            size += len(chunk)
        self._text = self._text[self._at :] + self._decoded(b"".join(parts))
        self._at = self._counted = 0
        return not self._done

    def _without_bom(self, chunk: bytes) -> bytes:
        self._begun = True
        if self._encoding == "utf-8" and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            reason = "wrong encoding: the file begins with a UTF-16 byte order mark; give the encoding utf-16"
            raise DataError(reason, self._source.name, 1)
        if self._encoding == "utf-8" and chunk.startswith(codecs.BOM_UTF8):
            self._n_bytes += len(codecs.BOM_UTF8)
            return chunk[len(codecs.BOM_UTF8) :]
        return chunk

    def _decoded(self, data: bytes) -> str:
        start = self._n_bytes - len(self._decoder.getstate()[0])
        self._n_bytes += len(data)
        try:
            text = self._decoder.decode(data, final=self._done)
        except UnicodeDecodeError as error:
            line = self._newlines + error.object[: error.start].count(b"\n") + 1
            reason = f"wrong encoding: the byte at offset {start + error.start} is not valid {self._encoding}"
            raise DataError(f"{reason} ({error.reason})", self._source.name, line) from error
        self._newlines += text.count("\n")
        return text

    def _place(self) -> None:
        self.line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at

    def peek(self) -> str:
        """The next character that is no white space, which is not taken; "" at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = self._at if found is None else found.end()
            if self._at < len(self._text):
                self._place()
                return self._text[self._at]
            if not self.more():
                return self._text[self._at : self._at + 1]

    def take(self, expected: str) -> None:
        """Take one character.

        Raises:
            DataError: another one stands there.
        """
        found = self.peek()
        if found != expected or not found:
            there = f"{found!r}" if found else "the end of the file"
            self.fail(f"broken JSON: expected {expected!r}, found {there}")
        self._at += 1

    def fail(self, reason: str) -> NoReturn:
        """Raise a DataError for the place that is reached."""
        raise DataError(reason, self._source.name, self.line)

    def array_of_objects_follows(self) -> bool:
        """Whether the next value is an array whose first element is an object."""
        if self.peek() != "[":
            return False
        while True:
            found = _SPACE.match(self._text, self._at + 1)
            at = self._at + 1 if found is None else found.end()
            if at < len(self._text) or not self.more():
                return self._text[at : at + 1] == "{"

    def holds_several(self) -> bool:
        """Whether the next object ends in what has been read so far, and another one follows it."""
        try:
            _, end = json.JSONDecoder().raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            return False
        length = end - self._at
        if not self._text[end:].strip():
            self.more()
        return self._text[self._at + length :].lstrip(" \t\r\n").startswith("{")

    def value(self) -> tuple[object, str]:
        """The next value, or the RecordFault it makes, and its text.

        Raises:
            DataError: there is no value, or one that does not end; nothing after it can be read.
        """
        self.peek()
        parse, fault = self._parse, None
        while True:
            try:
                value, end = parse(self._text, self._at)
            except RecordFault as wrong:
                # Where it ends is found by a decoder that lets everything pass.
                fault, parse = wrong, json.JSONDecoder().raw_decode
                continue
            except RecursionError:
                self.fail(_too_deep().reason)
            except ValueError as error:
                if len(self._text) - self._at > self._max_chars:
                    self.fail(
                        f"record too long: more than {self._max_chars:,} characters; --max-line-bytes "
                        "(max_line_bytes) sets the limit for a corpus"
                    )
                if not self.more():
                    message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                    self.fail(f"broken JSON: {message}")
                continue
            if (
                self._text[end - 1] not in '}]"'
                and self._text[end : end + 1] not in _AFTER_VALUE
                and self.more()
            ):
                continue  # a number may go on in the next chunk
            text = self._text[self._at : end]
            self._at = end
            return fault or value, text


def json_items(chunks: Iterable[bytes], encoding: str, source: Source, max_bytes: int) -> Iterator[Item]:
    """Yield the records of one JSON array, or of the only array in one JSON object, in constant memory.

    An object without an array is one record, and objects that follow each other are records, too.

    Args:
        chunks: the file.
        encoding: of the file, one whose line ends are bytes.
        source: the file.
        max_bytes: longest record.

    Raises:
        DataError: the file is something else, or is broken; nothing after that place can be read.
    """
    stream = _Stream(chunks, encoding, source, max_bytes)
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


def _array(stream: _Stream) -> Iterator[Item]:
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
        return _checked(value, text, where)
    except RecordFault as fault:
        return fault


def _object(stream: _Stream) -> Iterator[Item]:
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
        key, _ = stream.value()
        if not isinstance(key, str):
            stream.fail("broken JSON: expected the name of a member in quotation marks")
        stream.take(":")
        if stream.array_of_objects_follows():
            if found:
                both = f"{found!r} and {key!r}"
                stream.fail(
                    f"the object holds two arrays of objects, {both}; write the one with the records to its own file"
                )
            found = key
            yield from _array(stream)
            continue
        members[key], text = stream.value()
        texts.append(text)
        if isinstance(members[key], RecordFault):
            stream.fail(f"{key!r}: {members[key]}")
    stream.take("}")
    if found or list(members.values()) == [[]]:
        return
    text = ", ".join(texts)
    yield line, _as_record(members, text, ""), text
    if stream.peek() == "{":
        yield from _sequence(stream)


def _sequence(stream: _Stream) -> Iterator[Item]:
    while stream.peek():
        line = stream.line
        value, text = stream.value()
        yield line, _as_record(value, text, "after the others"), text
