"""Ids from a file."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from simengine.cli.delete_command import read_ids
from simengine.errors import DataError


def test_ids_are_taken_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    path.write_bytes(" a \r\nb\u2028c\n\n   \nd\te\x0cf\n{\n\u00e9".encode())
    assert read_ids(path) == [" a ", "b\u2028c", "d\te\x0cf", "{", "é"]


def test_any_id_can_be_given_as_a_json_string(tmp_path: Path) -> None:
    ids = ["two\nlines", '"quoted"', "", "漢"]
    path = tmp_path / "ids"
    path.write_text("".join(json.dumps(name) + "\n" for name in ids))
    assert read_ids(path) == ids


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [(b"a\nb\xff\n", 2, "0xff"), (b'"a" b\n', 1, "JSON"), (b'"\\ud800"', 1, "JSON")],
)
def test_a_bad_line_is_named(tmp_path: Path, content: bytes, line: int, reason: str) -> None:
    path = tmp_path / "ids"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason) as caught:
        read_ids(path)
    assert (caught.value.source, caught.value.line) == (str(path), line)


def test_stdin_is_read_as_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))
    with pytest.raises(DataError, match="<stdin>:1"):
        read_ids(Path("-"))


def test_one_document_and_one_missing_id_are_told_in_the_singular(call, index: Path) -> None:
    result = call("delete", "-i", index, "money-0", "no\x1bwhere")
    assert result.err.splitlines() == [
        "1 document deleted",
        "1 id not in the index: no\N{REPLACEMENT CHARACTER}where",
    ]
