"""`simengine check`, with a judge whose verdicts stand in a table."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.library import build_library, word_models

RIGHT, WRONG = "The tower was built in 1889.", "The tower was built in 1920."
FOUND = "It stands on a hill. The tower was built in 1889."


@pytest.fixture(autouse=True)
def _models() -> Iterator[None]:
    with word_models():
        yield


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("It stands on a hill.\nThe tower was built in 1889.\n", encoding="utf-8")
    return path


def verdicts(out: str) -> list[str]:
    return [claim["verdict"] for claim in json.loads(out)["claims"]]


def test_a_text_is_checked_against_a_file_read_as_a_whole(call, source: Path) -> None:
    found = call("check", f"{RIGHT} {WRONG}", "--source", source, "--offline", "--format", "json")
    assert found.code == 0, found.err
    assert verdicts(found.out) == ["supported", "contradicted"]
    evidence = json.loads(found.out)["claims"][0]["evidence"]
    assert evidence["document_id"] == str(source)
    assert source.read_text()[evidence["start"] : evidence["end"]] == evidence["text"] == RIGHT
    assert "2 claims: 1 supported, 1 contradicted, 0 not found, 0 not sure" in found.err


def test_a_text_is_checked_against_an_index(call, tmp_path: Path) -> None:
    build_library(tmp_path / "library").close()
    found = call("check", RIGHT, "-i", tmp_path / "library", "--offline", "--format", "jsonl")
    (claim,) = [json.loads(line) for line in found.out.splitlines()]
    assert (claim["verdict"], claim["evidence"]["document_id"]) == ("supported", "tower")


def test_several_sources_of_any_format(call, source: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"id": "x", "text": FOUND}) + "\n", encoding="utf-8")
    source.write_text("Cats purr.", encoding="utf-8")
    found = call("check", RIGHT, "--source", source, "--source", other, "--offline", "--format", "json")
    assert json.loads(found.out)["claims"][0]["evidence"]["document_id"] == "x"


def test_the_text_may_be_a_file_standard_input_or_records(
    call, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text(f"{RIGHT}\n{WRONG}\n", encoding="utf-8")
    options = ("--source", source, "--offline", "--format", "json")
    assert verdicts(call("check", answer, *options).out) == ["supported", "contradicted"]
    monkeypatch.setattr("sys.stdin", io.StringIO(WRONG))
    assert verdicts(call("check", "-", *options).out) == ["contradicted"]
    answers = tmp_path / "answers.jsonl"
    answers.write_text(
        "\n".join(json.dumps({"id": name, "text": text}) for name, text in (("a", RIGHT), ("b", WRONG))),
        encoding="utf-8",
    )
    found = json.loads(call("check", answers, *options).out)
    assert [(each["id"], each["claims"][0]["verdict"]) for each in found] == [
        ("a", "supported"),
        ("b", "contradicted"),
    ]
    lines = call("check", answers, "--source", source, "--offline", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "b"]


def test_the_table_shows_evidence_and_what_nothing_supports(call, source: Path) -> None:
    found = call("check", f"{RIGHT} {WRONG} Zebras graze.", "--source", source, "--offline")
    assert "✓ supported" in found.out
    assert "✕ contradicted" in found.out
    assert "nothing supports: in 1920" in found.out or "nothing supports: 1920" in found.out
    assert f"evidence: {RIGHT}" in found.out


@pytest.mark.parametrize(
    ("text", "fail_on", "code"),
    [
        (RIGHT, "unsupported", 0),
        (RIGHT, "contradicted", 0),
        (WRONG, "contradicted", 5),
        ("Zebras graze peacefully here.", "contradicted", 0),
        ("Zebras graze peacefully here.", "unsupported", 5),
        ("Is it?", "unsupported", 0),
    ],
)
def test_fail_on_ends_with_5(call, source: Path, text: str, fail_on: str, code: int) -> None:
    assert call("check", text, "--source", source, "--offline", "--fail-on", fail_on).code == code


def test_what_cannot_be_checked_is_refused(call, source: Path, tmp_path: Path) -> None:
    assert call("check", " ", "--source", source, "--offline").code == 2
    assert call("check", RIGHT, "--source", source, "-i", "x").code == 2
    missing = call("check", RIGHT, "--source", tmp_path / "none.txt", "--offline")
    assert (missing.code, "no such file" in missing.err) == (4, True)
    where = call("check", RIGHT, "--source", source, "--where", "year > 1", "--offline")
    assert where.code == 2
