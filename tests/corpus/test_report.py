"""The rejects file is replaced by a run that rejects something, and by no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from simengine.corpus.read import ReadOptions, read_corpus
from simengine.errors import DataError, UsageError

Write = Callable[[str, "str | bytes"], Path]
GOOD = '{"_id": "a", "text": "1"}\n'


def test_rejects_of_an_earlier_run_stay_when_nothing_is_rejected(write: Write) -> None:
    rejects = write("r.jsonl", "old")
    list(read_corpus([write("c.jsonl", GOOD)], ReadOptions(skip_invalid=True, rejects_path=rejects)))
    assert rejects.read_text() == "old"


def test_no_rejects_file_is_made_when_nothing_is_rejected(write: Write, tmp_path: Path) -> None:
    rejects = tmp_path / "r.jsonl"
    list(read_corpus([write("c.jsonl", GOOD)], ReadOptions(skip_invalid=True, rejects_path=rejects)))
    assert not rejects.exists()


def test_the_first_reject_replaces_those_of_an_earlier_run(write: Write) -> None:
    rejects = write("r.jsonl", "old\n" * 100)
    path = write("c.jsonl", GOOD + "x\n[1]\n")
    list(read_corpus([path], ReadOptions(skip_invalid=True, rejects_path=rejects)))
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [2, 3]


@pytest.mark.parametrize("name", [".", "no/such/folder/r.jsonl"])
def test_rejects_file_that_cannot_be_written_is_found_before_reading(
    write: Write, tmp_path: Path, name: str
) -> None:
    path = write("c.jsonl", GOOD)
    with pytest.raises(UsageError, match="cannot be written"):
        next(read_corpus([path], ReadOptions(skip_invalid=True, rejects_path=tmp_path / name)))


def test_rejects_of_an_earlier_run_stay_when_the_source_is_unusable(write: Write) -> None:
    rejects = write("r.jsonl", "old")
    options = ReadOptions(skip_invalid=True, rejects_path=rejects)
    with pytest.raises(DataError, match="no documents"):
        list(read_corpus([write("c.jsonl", "")], options))
    assert rejects.read_text() == "old"
