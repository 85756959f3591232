"""Reading streams: fields, times, broken lines."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from simengine.corpus.report import ReadReport, RecordFault
from simengine.corpus.streams import StreamFields, read_stream, seconds_of
from simengine.errors import DataError
from simengine.requests.monitor import StreamText


def write(path: Path, *lines: object) -> Path:
    text = "\n".join(
        line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines
    )
    path.write_text(text + "\n", encoding="utf-8")
    return path


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, 12.0),
        (1.5, 1.5),
        ("1.5", 1.5),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01 00:01:00", 60.0),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("1970-01-02", 86_400.0),
    ],
)
def test_times_are_seconds_or_iso_8601_in_utc(value, expected) -> None:
    assert seconds_of(value, "time") == expected


@pytest.mark.parametrize("value", ["yesterday", "", None, True, [1], float("nan"), "nan", "inf"])
def test_what_is_no_time_is_a_fault(value) -> None:
    with pytest.raises(RecordFault):
        seconds_of(value, "time")


def test_fields_are_found_by_their_usual_names_or_by_those_given(tmp_path: Path) -> None:
    source = write(
        tmp_path / "a.jsonl",
        {"id": 7, "content": "天气很好。", "created_at": "1970-01-01T00:00:05Z"},
        {"body": "two"},
    )
    assert list(read_stream(source)) == [
        StreamText("天气很好。", 5.0, "1970-01-01T00:00:05Z", "7"),
        StreamText("two"),
    ]
    named = write(tmp_path / "b.jsonl", {"say": "hello", "at": 3, "text": "no", "time": 9})
    assert list(read_stream(named, fields=StreamFields("say", "at"))) == [StreamText("hello", 3.0, 3)]
    assert list(read_stream(named, fields=StreamFields("say", ""))) == [StreamText("hello")]


def test_tables_are_read_too(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("text,time\nhello,10\nworld,2026-01-01\n", encoding="utf-8")
    assert [each.time_s for each in read_stream(source)] == [10.0, 1767225600.0]


BROKEN = [
    "{broken",
    '"text"',
    '{"text": " "}',
    '{"other": 1}',
    '{"text": 3}',
    '{"text": "a", "time": "soon"}',
    '{"text": "\\ud800"}',
]


@pytest.mark.parametrize("line", BROKEN)
@pytest.mark.parametrize("stdin", [True, False])
def test_a_broken_line_names_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, stdin: bool
) -> None:
    source = write(tmp_path / "a.jsonl", {"text": "fine"}, line)
    monkeypatch.setattr("sys.stdin", _Stdin(source.read_bytes()))
    stream = read_stream("-" if stdin else source)
    assert next(stream).text == "fine"
    with pytest.raises(DataError) as error:
        next(stream)
    assert (error.value.source, error.value.line) == ("<stdin>" if stdin else str(source), 2)


def test_broken_lines_can_be_left_out_and_are_counted(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", *BROKEN, {"text": "fine"})
    report = ReadReport()
    assert [each.text for each in read_stream(source, skip_invalid=True, report=report)] == ["fine"]
    assert (report.records, report.accepted, report.rejected) == (8, 1, 7)


def test_a_record_without_a_time_is_refused_where_times_are_needed(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"text": "a"})
    with pytest.raises(DataError):
        list(read_stream(source, needs_time=True))
    with pytest.raises(DataError):
        list(read_stream(source, fields=StreamFields(None, "when")))


def test_a_line_of_a_pipe_is_there_before_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb", buffering=0) as feed:
        stdin = _Stdin(b"")
        stdin.buffer = pipe
        monkeypatch.setattr("sys.stdin", stdin)
        stream = read_stream("-")
        feed.write(b'{"text": "first"}\n')
        assert next(stream).text == "first"
        feed.write(b'\n{"text": "second"}\n')
        assert next(stream).text == "second"


def test_plain_text_is_no_stream_of_records(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello\n")
    with pytest.raises(DataError):
        list(read_stream(tmp_path / "a.txt"))
