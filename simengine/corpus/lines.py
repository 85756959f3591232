"""Bytes of a source, decompressed, as bounded lines: memory stays constant whatever the file holds."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TypeAlias

from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.sources import Source
from simengine.errors import DataError, UsageError
from simengine.extras import needing

CHUNK_BYTES = 1 << 18
KEPT_BYTES = 1 << 14
"""What is kept of a line that is too long, for the rejects file."""
_ZSTD_STEP_BYTES = 1 << 11
"""A few bytes of zstd can stand for 128 kB; small steps bound what one step gives."""

Line: TypeAlias = "tuple[int, int, bytes | RecordFault, bytes]"
"""(1-based number, byte offset of its start, content without line end or a fault, what to show as raw)."""


class _Counted(io.RawIOBase):
    """A file whose reads are counted in a report. Of a pipe a read gives what is there, not only a full block."""

    def __init__(self, file: IO[bytes], report: ReadReport) -> None:
        super().__init__()
        self._read: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._report = report

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._read(size)
        self._report.bytes_read += len(data)
        return data


def read_chunks(source: Source, report: ReadReport) -> Iterator[bytes]:
    """Yield the decompressed content of a source in chunks of up to about a quarter of a megabyte, as it arrives.

    Raises:
        DataError: the file cannot be opened or read, or its compressed data is damaged or truncated.
        MissingExtraError: a .zst file without the package zstandard.
    """
    try:
        with opened(source) as file:
            counted = _Counted(file, report)
            if source.compression == "gz":
                yield from _gunzip(counted, source)
            elif source.compression == "zst":
                yield from _unzstd(counted, source)
            else:
                while chunk := counted.read(CHUNK_BYTES):
                    yield chunk
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", source.name) from error


@contextmanager
def opened(source: Source) -> Iterator[IO[bytes]]:
    """The bytes of a source, packed as they are."""
    if source.path is None:
        stdin = sys.stdin
        yield getattr(stdin, "buffer", None) or io.BytesIO(stdin.read().encode("utf-8"))
        return
    with source.path.open("rb") as file:
        yield file


def _gunzip(file: io.RawIOBase, source: Source) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as stream:
            while chunk := stream.read1(CHUNK_BYTES):
                yield chunk
    except EOFError as error:
        raise DataError("the gzip data ends too early: the file is truncated", source.name) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"the gzip data is damaged, or it is no gzip file: {error}", source.name) from error


def _unzstd(file: io.RawIOBase, source: Source) -> Iterator[bytes]:
    with needing("files", "reading .zst files", "zstandard"):
        import zstandard
    decompressor = zstandard.ZstdDecompressor()
    frame = None
    parts: list[bytes] = []
    size = 0
    try:
        while data := file.read(CHUNK_BYTES):
            for start in range(0, len(data), _ZSTD_STEP_BYTES):
                rest = data[start : start + _ZSTD_STEP_BYTES]
                while rest:
                    frame = frame or decompressor.decompressobj()
                    parts.append(frame.decompress(rest))
                    size += len(parts[-1])
                    rest, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
                if size >= CHUNK_BYTES:
                    yield b"".join(parts)
                    parts, size = [], 0
    except zstandard.ZstdError as error:
        raise DataError(f"the zstd data is damaged, or it is no zstd file: {error}", source.name) from error
    yield b"".join(parts)
    if frame is not None:
        raise DataError("the zstd data ends too early: the file is truncated", source.name)


def usable_encoding(encoding: str) -> str:
    """The codec's own name.

    Raises:
        UsageError: Python knows no such text encoding.
    """
    try:
        info = codecs.lookup(encoding)
        "".encode(encoding)
    except (LookupError, TypeError) as error:
        raise UsageError(
            f"unknown text encoding {encoding!r}; examples: utf-8, utf-16, gb18030, latin-1"
        ) from error
    return "utf-8" if info.name == "utf-8-sig" else info.name


def as_line_encoding(chunks: Iterable[bytes], encoding: str, source: Source) -> tuple[Iterator[bytes], str]:
    """Chunks in an encoding whose line ends are the byte 0x0A: UTF-16 and UTF-32 are recoded to UTF-8."""
    if not encoding.startswith(("utf-16", "utf-32")):
        return iter(chunks), encoding
    return _recoded(chunks, encoding, source), "utf-8"


def _recoded(chunks: Iterable[bytes], encoding: str, source: Source) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    position, newlines = 0, 0
    try:
        for chunk in chunks:
            pending = len(decoder.getstate()[0])
            start = position - pending
            text = decoder.decode(chunk)
            position += len(chunk)
            newlines += text.count("\n")
            yield text.encode("utf-8")
        start = position - len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        where = f"the bytes at offset {start + error.start} are not valid {encoding}"
        raise DataError(f"wrong encoding: {where} ({error.reason})", source.name, newlines + 1) from error


def read_lines(chunks: Iterable[bytes], source: Source, max_line_bytes: int, encoding: str) -> Iterator[Line]:
    """Yield the lines of a stream; of a line over `max_line_bytes` only the beginning is ever held.

    A UTF-8 byte order mark at the start is dropped. Line ends are LF or CRLF.

    Raises:
        DataError: the stream is UTF-16 by its byte order mark, and another encoding was meant.
    """
    return _without_bom(_split_lines(chunks, max_line_bytes), source, encoding)


def _split_lines(chunks: Iterable[bytes], max_line_bytes: int) -> Iterator[Line]:
    unfinished = _Unfinished(max_line_bytes)
    number, offset = 1, 0
    for chunk in chunks:
        pieces = chunk.split(b"\n")
        last = pieces.pop()
        for piece in pieces:
            length = len(piece)
            if unfinished.length or length > max_line_bytes:
                unfinished.add(piece)
                length = unfinished.length
                yield unfinished.take(number, offset)
            else:
                if piece.endswith(b"\r"):
                    piece = piece[:-1]
                yield number, offset, piece, piece
            number += 1
            offset += length + 1
        if last:
            unfinished.add(last)
    if unfinished.length:
        yield unfinished.take(number, offset)


class _Unfinished:
    """The part of a line that has been seen before its end."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self.length = 0

    def add(self, piece: bytes) -> None:
        was_short = self.length <= self._max_bytes
        self.length += len(piece)
        if self.length <= self._max_bytes:
            self._parts.append(piece)
        elif was_short:
            self._parts = [b"".join([*self._parts, piece[:KEPT_BYTES]])[:KEPT_BYTES]]

    def take(self, number: int, offset: int) -> Line:
        """The line as it is yielded; leaves this object empty."""
        content, length = b"".join(self._parts), self.length
        self._parts, self.length = [], 0
        if length > self._max_bytes:
            detail = f"{length:,} bytes, at most {self._max_bytes:,} are read"
            return number, offset, RecordFault("line too long", detail, raw_bytes=length), content
        content = content.removesuffix(b"\r")
        return number, offset, content, content


def _without_bom(lines: Iterator[Line], source: Source, encoding: str) -> Iterator[Line]:
    """Lines without a byte order mark in front of the first; byte offsets still count it."""
    for number, offset, content, raw in lines:
        if encoding == "utf-8" and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            reason = "wrong encoding: the file begins with a UTF-16 byte order mark; give the encoding utf-16"
            raise DataError(reason, source.name, 1)
        if encoding == "utf-8" and isinstance(content, bytes) and content.startswith(codecs.BOM_UTF8):
            yield number, offset + 3, content[3:], raw[3:]
        else:
            yield number, offset, content, raw
        break
    yield from lines


def decode(raw: bytes, encoding: str, offset: int) -> str:
    """Decode one line.

    Args:
        raw: the line.
        encoding: its encoding.
        offset: byte offset of the line in its (decompressed) file, for the message.

    Raises:
        RecordFault: the bytes are not valid in that encoding.
    """
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        detail = (
            f"byte 0x{raw[error.start]:02x} at byte offset {offset + error.start} of the file "
            f"(byte {error.start + 1} of the line) is not valid {encoding}"
        )
        raise RecordFault("wrong encoding", detail) from error
