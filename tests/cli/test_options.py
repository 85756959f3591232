"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from simengine.cli.options import find_index, find_indexes, leading_index
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


def taken(*words: str, option: str | None = None, **how: bool) -> tuple[str | None, tuple[str, ...]]:
    with click.Context(click.Command("x")):
        path, rest = leading_index(words, None if option is None else Path(option), "a query", **how)
    return None if path is None else str(path), rest


def test_an_index_in_front_of_words_is_the_index(capsys: pytest.CaptureFixture[str]) -> None:
    an_index("indexes/docs")
    an_index("here")
    Path("folder/inner").mkdir(parents=True)
    assert taken("indexes/docs", "two", "words") == ("indexes/docs", ("two", "words"))
    assert taken("indexes/docs/", "two words") == ("indexes/docs", ("two words",))
    assert taken("indexes/docs", "words", option="./indexes/docs") == ("indexes/docs", ("words",))
    assert taken("indexes/docs", alone=True) == ("indexes/docs", ())
    assert taken("./here", "word") == taken("here/", "word") == ("here", ("word",))
    assert taken("docs", "more.jsonl", names=True) == ("indexes/docs", ("more.jsonl",))
    assert capsys.readouterr().err == ""
    assert taken("docs", "two words") == ("indexes/docs", ("two words",))
    assert "docs is taken as the index indexes/docs;" in capsys.readouterr().err
    assert taken("here", "words") == ("here", ("words",))
    assert "here is taken as the index here;" in capsys.readouterr().err
    assert taken("./here", "words") == taken("here/", "words") == ("here", ("words",))
    assert capsys.readouterr().err == ""


def test_only_an_index_with_words_behind_it_is_one() -> None:
    an_index("indexes/docs")
    Path("folder/inner").mkdir(parents=True)
    Path("file.txt").touch()
    for words in (
        ("docs",),
        ("docs", "about", "cats"),  # a sentence without quotes
        ("folder", "words here"),
        ("and/or", "words here"),
        ("indexes/none",),
        ("file.txt", "words here"),
        ("words", "indexes/docs"),
        ("", "words here"),
        ("x" * 5000, "words here"),
        ("x/" * 5000, "words here"),
        (),
    ):
        assert taken(*words) == (None, words)
        assert taken(*words, option="other") == ("other", words)


@pytest.mark.parametrize(
    "words",
    [("indexes/none", "words here"), ("./indexes/none/", "a"), ("folder/inner", "a"), ("./folder", "a")],
)
def test_a_path_that_can_only_be_meant_as_an_index_is_no_part_of_a_query(words: tuple[str, ...]) -> None:
    an_index("indexes/docs")
    Path("folder/inner").mkdir(parents=True)
    with pytest.raises(IndexNotFoundError, match="If it belongs to a query, name the index with --index"):
        taken(*words)
    assert taken(*words, option="other") == ("other", words)
    assert taken(*words, names=True) == (None, words)  # files and folders follow


def test_an_index_without_words_or_beside_another_one_is_refused() -> None:
    an_index("indexes/docs")
    with pytest.raises(UsageError, match="indexes/docs is an index; give a query too"):
        taken("indexes/docs")
    with pytest.raises(UsageError, match="two different indexes are named: indexes/docs and indexes/other"):
        taken("indexes/docs", "words", option="indexes/other")


def test_commands_that_take_several_indexes_take_one_as_an_option_too() -> None:
    a, b = an_index("indexes/a"), an_index("indexes/b")
    with click.Context(click.Command("x")):
        assert find_indexes([a, Path("b")], None) == [a, b]
        assert find_indexes([], a) == find_indexes([a], None) == find_indexes([a], Path("a")) == [a]
        for given in ([a], [a, a]):
            with pytest.raises(UsageError):
                find_indexes(given, b)


def test_every_command_takes_its_index_as_an_argument_and_as_an_option(
    call, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIMENGINE_INDEX", raising=False)
    (tmp_path / "more.jsonl").write_text('{"_id": "animals-0", "text": "Cats purr."}\n')
    queries = tmp_path / "queries.txt"
    queries.write_text("a purring cat\n")
    for command, *words in (
        ("search", "a purring cat", "--mode", "lexical", "--format", "trec"),
        ("search", "purring", "cat", "--mode", "lexical", "--format", "trec"),
        ("search", "--queries", queries, "--mode", "lexical", "--format", "trec"),
        ("recommend", "--like", "animals-0", "--format", "jsonl"),
        ("delete", "animals-0", "animals-1", "--dry-run"),
        ("delete", "--where", '_id == "animals-0"', "--dry-run"),
        ("add", tmp_path / "more.jsonl"),
        ("export",),
        ("duplicates", "--format", "jsonl", "--where", '_id == "animals-0"'),
        ("info", "--format", "json"),
    ):
        first = call(command, index, *words)
        second = call(command, "-i", index, *words)
        assert first.code == second.code, (command, first.err, second.err)
        assert first.out == second.out, command
        if command != "add":  # the id is there with another text: the index was found, the file was read
            assert first.code == 0, (command, first.err)
        other = call(command, index, *words, "-i", tmp_path / "other")
        assert other.code == 2, command
        assert "two different indexes are named" in other.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("search",), "is an index; give a query too"),
        (("ask",), "is an index; give a question too"),
        (("add",), "is an index; give files with documents too"),
        (("update",), "is an index; give files with documents too"),
        (("delete",), "is an index; give ids, --ids-from or --where too"),
        (("rerank", "a query", "a passage"), "goes with --fit, --hits or --score-field only"),
    ],
)
def test_an_index_is_never_taken_for_words(
    call, index: Path, arguments: tuple[str, ...], message: str
) -> None:
    command, *words = arguments
    called = call(command, index, *words)
    assert called.code == 2
    assert message in called.err


def test_help_names_every_text_field_and_the_model_that_is_meant(call) -> None:

    def text(name: str) -> str:
        return "".join(call(name, "--help").out.split())  # lines may break at hyphens

    assert ",".join(TEXT_FIELDS) in text("index")
    assert "[default:all-MiniLM-L6-v2]" in text("embed")
    for name in ("index", "score"):
        assert "[default:all-MiniLM-L6-v2;multilingual-e5-smallfortextsinotherlanguages" in text(name)
    for name in ("search", "add", "update"):
        assert "[default:theindex'smodel]" in text(name)
