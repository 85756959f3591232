"""Text on the command line is UTF-8, file names need not be; deep or broken JSON names its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from simengine.cli.arguments import PATHS, with_checked_texts
from simengine.cli.main import COMMANDS, cli
from simengine.corpus.pairs import read_pairs
from simengine.corpus.queries import read_queries
from simengine.corpus.read import read_corpus
from simengine.errors import DataError

LATIN = "caf\udce9"
"""What Python makes of the Latin-1 bytes of café."""


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["search", "an", LATIN], "argument QUERY 2"),
        (["search", "x", "--where", LATIN], "option --where"),
        (["score", LATIN, "b"], "argument TEXTS 1"),
        (["nli", "a", LATIN], "argument TEXTS 2"),
        (["embed", LATIN], "argument TEXTS 1"),
        (["ask", LATIN], "argument QUESTION 1"),
        (["delete", "a", LATIN], "argument IDS 2"),
        (["recommend", "--like", "a", "--like", LATIN], "option --like 2"),
        (["recommend", "--refuse", LATIN], "option --refuse 1"),
        (["classify", "text", "-l", "a", "-l", LATIN], "option --label 2"),
        (["keys", "create", LATIN], "argument NAME"),
    ],
)
def test_text_that_is_not_utf8_is_named_by_its_argument(call, arguments: list[str], place: str) -> None:
    called = call(*arguments)
    assert called.code == 4
    assert f"Error: {place}: is not valid UTF-8: byte 0xe9 (character 4)" in called.err


def test_names_of_files_need_not_be_utf8(call, tmp_path: Path) -> None:
    called = call("search", "cats", "-i", tmp_path / LATIN)
    assert called.code == 1
    assert "there is no index" in called.err
    called = call("embed", "cats", "-m", LATIN, "-o", tmp_path / "x.npy", "--offline")
    assert called.code == 1
    assert "no model 'caf\\udce9'" in called.err


def test_an_index_needs_a_folder_in_utf8(call, tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text("cats purr\n", encoding="utf-8")
    called = call("index", tmp_path / "corpus.txt", "-o", tmp_path / LATIN)
    assert called.code == 2
    assert "an index needs a folder whose path is UTF-8" in called.err
    assert not (tmp_path / LATIN).exists()


def test_every_parameter_is_checked_once() -> None:
    named: set[str] = set()

    def walk(command: click.Command) -> None:
        for part in command.commands.values() if isinstance(command, click.Group) else ():
            walk(part)
        for param in with_checked_texts(command).params:
            if isinstance(param.type, click.types.StringParamType):
                named.add(param.name or "")
                checked = getattr(param.callback, "checks_texts", False)
                assert checked == (param.name not in PATHS), param.name

    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        walk(command)
    assert named >= PATHS


@pytest.mark.parametrize(
    "read",
    [
        lambda path: list(read_corpus([path])),
        lambda path: list(read_queries(path)),
        lambda path: list(read_pairs(path)),
    ],
)
def test_deep_json_is_named_by_its_line(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "deep.jsonl"
    record = '{"text": "a", "text1": "a", "text2": "b", "id": "%d", "m": %s}\n'
    path.write_text(record % (1, "[" * 99 + "]" * 99), encoding="utf-8")
    read(path)
    path.write_text(record % (1, "[]") + record % (2, "[" * 900 + "]" * 900), encoding="utf-8")
    with pytest.raises(
        DataError, match=r"deep\.jsonl:2: broken JSON: lists and objects are nested more than 100 deep"
    ):
        read(path)
