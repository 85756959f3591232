"""Values of JSON text that arrives in chunks."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable
from typing import NoReturn

from simengine.corpus.json_values import strict_decoder, too_deep
from simengine.corpus.report import RecordFault
from simengine.corpus.sources import InputFile
from simengine.errors import DataError

_SPACE = re.compile(r"[ \t\r\n]*")
_AFTER_VALUE = tuple(" \t\r\n,]}")


class JsonStream:
    """JSON text that arrives in chunks; text that has been read is dropped, except for the current value."""

    def __init__(self, chunks: Iterable[bytes], encoding: str, source: InputFile, max_bytes: int) -> None:
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
        """The next character that is not white space, without consuming it; "" at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = self._at if found is None else found.end()
            if self._at < len(self._text):
                self._place()
                return self._text[self._at]
            if not self.more():
                return self._text[self._at : self._at + 1]

    def take(self, expected: str) -> None:
        """Consume one character.

        Raises:
            DataError: the next character is another one.
        """
        found = self.peek()
        if found != expected or not found:
            there = f"{found!r}" if found else "the end of the file"
            self.fail(f"broken JSON: expected {expected!r}, found {there}")
        self._at += 1

    def fail(self, reason: str) -> NoReturn:
        """Raise a DataError for the current position."""
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
        """Whether the next object ends within what has been read so far, and another one follows."""
        try:
            _, end = json.JSONDecoder().raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            return False
        length = end - self._at
        if not self._text[end:].strip():
            self.more()
        return self._text[self._at + length :].lstrip(" \t\r\n").startswith("{")

    def value(self) -> tuple[object, str]:
        """The next value, or its RecordFault, and its text.

        Raises:
            DataError: there is no value, or one that does not end; nothing after it can be read.
        """
        self.peek()
        parse, fault = self._parse, None
        while True:
            try:
                value, end = parse(self._text, self._at)
            except RecordFault as wrong:
                # Its end is found by a decoder that accepts everything.
                fault, parse = wrong, json.JSONDecoder().raw_decode
                continue
            except RecursionError:
                self.fail(too_deep().reason)
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
                continue  # a number may continue in the next chunk
            text = self._text[self._at : end]
            self._at = end
            return fault or value, text
