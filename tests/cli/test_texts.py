"""Blank texts and texts that the model cannot read to the end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

LONG = "word " * 400
CUT = "1 {} cut to the 256 tokens that the model reads"


@pytest.mark.parametrize("blank", ["", " \t\n"])
def test_blank_arguments_are_a_usage_error(call, blank: str) -> None:
    for arguments in (("score", "a", blank), ("embed", blank)):
        result = call(*arguments)
        assert result.code == 2
        assert "blank" in result.err


def test_a_text_that_was_cut_is_told_even_when_quiet(call, index: Path) -> None:
    assert call("score", LONG, "a", "-q").err.strip() == CUT.format("text")
    assert call("embed", LONG, "a", "-q").err.strip() == CUT.format("text")
    assert call("search", "-i", index, LONG, "-q").err.strip() == CUT.format("query")
    assert call("search", "-i", index, "--mode", "lexical", LONG, "-q").err == ""
    assert call("search", "-i", index, "word " * 254, "-q").err == ""
    assert call("search", "-i", index, "word " * 255, "-q").err.strip() == CUT.format("query")


def test_a_command_that_fails_keeps_the_file_it_should_replace(call, index: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"_id": "1", "text": "a", "text1": "a", "text2": "b"}\nnot json\n')
    out = tmp_path / "out"
    out.mkdir()
    for name, *arguments in (
        ("a.jsonl", "search", "-i", index, "-w", "nofield == 1", "cats"),
        ("b.jsonl", "score", "--pairs", bad),
        ("c.jsonl", "embed", "--input", bad),
        ("d.npy", "embed", "--input", bad),
    ):
        (out / name).write_text("precious")
        assert call(*arguments, "-o", out / name).code in (2, 4)
        assert [path.name for path in out.iterdir()] == [name]
        assert (out / name).read_text() == "precious"
        (out / name).unlink()


def test_a_model_that_does_not_know_a_texts_characters_is_told_of_once_and_others_never(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from simengine.cli.texts import unreadable_warning
    from simengine.models.unknown import unreadable_note
    from tests.cross_encoders.fakes import AsciiTokenizer

    def engine(reader: object) -> Any:
        return SimpleNamespace(
            unreadable=lambda texts, by, rerank: unreadable_note(reader, texts, judge=True)
        )

    warn, other = unreadable_warning(engine(AsciiTokenizer()), "nli"), unreadable_warning(engine(object()))
    warn(["plain", "a 店 in it"])
    assert capsys.readouterr().err == ""
    for _ in range(2):
        warn(iter(["plain", "这家店很好"]))
        other(["这家店很好"])
    said = capsys.readouterr().err
    what = "it gives no verdict on such texts; another one may"
    assert said == f"the cross-encoder does not know the characters of '这家店很好': {what}\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"fine\ncaf\xe9\n", "<stdin>:2: wrong encoding: byte 0xe9"),
        (b"a\0b", "<stdin>:1: holds the character U+0000"),
    ],
)
def test_lines_of_stdin_that_are_no_text_are_named(call, monkeypatch, given: bytes, message: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
    result = call("embed", "--input", "-")
    assert result.code == 4
    assert message in result.err


def test_every_line_of_stdin_has_its_vector(call, monkeypatch) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfcats\r\n\ncats"), encoding="utf-8")
    )
    first, blank, last = map(json.loads, call("embed", "--input", "-").out.splitlines())
    assert (first["id"], blank["id"], last["id"]) == ("0", "1", "2")
    assert first["vector"] == last["vector"] != blank["vector"]


def test_columns_are_advised_on_where_their_values_are_kept(call, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("id,text,price\na,cats purr,9.90\n")
    assert "--types price=float" in call("corpus", "check", table).out
    assert "price" not in call("embed", "--input", table).err
