"""Streams: what has arrived is there before the rest, however the blocks fall."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from simengine.corpus.formats import read_items
from simengine.corpus.lines import read_chunks
from simengine.corpus.report import ReadReport
from simengine.corpus.sources import InputFile

STDIN = InputFile("<stdin>", None, "jsonl", "", "stdin")


class _Stdin:
    def __init__(self, buffer: io.BufferedReader) -> None:
        self.buffer = buffer


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.FileIO]:
    """The writing end of a pipe whose other end is standard input."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb", buffering=0) as feed:
        monkeypatch.setattr("sys.stdin", _Stdin(stdin))
        yield feed


@pytest.mark.timeout(20)
def test_a_line_of_a_pipe_is_there_before_the_next_one_is_written(pipe: io.FileIO) -> None:
    report = ReadReport()
    items = read_items(STDIN, 1_000, "utf-8", report)
    for number in (1, 2, 3):
        pipe.write(f'{{"n": {number}}}\n'.encode())
        assert next(items)[:2] == (number, {"n": number})
    assert report.bytes_read == 3 * len('{"n": 1}\n')


@pytest.mark.timeout(20)
def test_a_line_that_arrives_in_pieces_is_one_line(pipe: io.FileIO) -> None:
    chunks = read_chunks(STDIN, ReadReport())
    pipe.write("猫".encode()[:1])
    assert next(chunks) == "猫".encode()[:1]
    pipe.write("猫".encode()[1:] + b"\n")
    assert next(chunks) == "猫".encode()[1:] + b"\n"
    pipe.close()
    assert list(chunks) == []


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_compressed_files_survive_short_reads(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = os.urandom(40_000).hex().encode() + b"\n"
    module = gzip if suffix == "gz" else pytest.importorskip("zstandard")
    packed = module.compress(text)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(packed)
    monkeypatch.setattr("simengine.corpus.lines.CHUNK_BYTES", 7)
    source = InputFile(str(path), path, "jsonl", suffix, "a")
    report = ReadReport()
    assert b"".join(read_chunks(source, report)) == text
    assert report.bytes_read == len(packed)
