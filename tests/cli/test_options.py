"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from simengine.cli.options import find_index
from simengine.corpus.fields import TEXT_FIELDS
from simengine.errors import IndexNotFoundError, UsageError


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def an_index(path: str) -> Path:
    Path(path).mkdir(parents=True)
    (Path(path) / "manifest.json").touch()
    return Path(path)


def test_a_name_under_indexes_is_found_and_a_folder_here_goes_before_it() -> None:
    below = an_index("indexes/a")
    assert find_index(Path("a")) == below
    assert find_index(Path("a"), below) == below
    assert find_index(Path("b")) == Path("b")
    assert find_index(Path("x/a")) == Path("x/a")
    here = an_index("a")
    assert find_index(Path("a")) == here


def test_several_indexes_are_listed_with_their_whole_paths() -> None:
    an_index("indexes/a")
    an_index("indexes/b")
    with pytest.raises(IndexNotFoundError, match=r"2 indexes under indexes/: indexes/a, indexes/b;"):
        find_index(None)


def test_an_argument_wins_over_the_environment_but_not_over_an_option(call, index: Path, monkeypatch) -> None:
    monkeypatch.setenv("SIMENGINE_INDEX", "elsewhere")
    assert call("info", index).code == 0
    assert call("info", "-i", index).code == 0
    assert call("info").code == 1
    both = call("info", index, "-i", "other")
    assert both.code == 2
    assert "two different indexes" in both.err


def test_two_different_indexes_are_a_usage_error() -> None:
    with click.Context(click.Command("x")), pytest.raises(UsageError):
        find_index(Path("a"), Path("b"))


def test_help_names_every_text_field_and_the_model_that_is_meant(call) -> None:

    def text(name: str) -> str:
        return "".join(call(name, "--help").out.split())  # lines may break at hyphens

    assert ",".join(TEXT_FIELDS) in text("index")
    for name in ("index", "embed", "score"):
        assert "[default:all-MiniLM-L6-v2]" in text(name)
    for name in ("search", "add", "update"):
        assert "[default:theindex'smodel]" in text(name)
