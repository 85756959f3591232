"""Options made of the fields of requests, and options that had other names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import click
import pytest
from annotated_types import Ge, Gt, Lt
from click.testing import CliRunner, Result

from simengine.cli.derived import request_options
from simengine.cli.renamed import option
from simengine.errors import UsageError
from simengine.requests.fields import Help, Texts, check_fields


@dataclass(frozen=True)
class Asked:
    text: str
    number: Annotated[int, Ge(1), Help("How many."), Help("How many of them.")] = 3
    share: Annotated[float | None, Gt(0), Lt(1), Help("Which share.")] = None
    way: Annotated[Literal["a", "b"], Help("Which way.")] = "a"
    on: Annotated[bool, Help("Whether.")] = True
    words: Annotated[tuple[str, ...], Texts("word"), Help("Words.")] = ("one",)
    names: Annotated[tuple[str, ...] | None, Texts("name"), Help("Names.")] = None
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_fields(self)


def run(
    arguments: Sequence[str], env: dict[str, str] | None = None, **how: Any
) -> tuple[Asked | None, Result]:
    """The request that a command is given."""
    names = dict.fromkeys(("number", "share", "way", "on", "words", "names", "values"), ())
    made: list[Asked] = []

    @click.command()
    @request_options(Asked, {**names, **how.pop("names", {})}, to="asked", **how)
    def command(asked: Callable[..., Asked]) -> None:
        made.append(asked(text="t"))

    result = CliRunner().invoke(command, list(arguments), env=env)
    return (made[0] if made else None), result


def test_without_options_the_request_has_its_defaults() -> None:
    assert run([])[0] == Asked("t")


def test_every_kind_of_field_is_read() -> None:
    arguments = ["--number", "4", "--share", "0.5", "--way", "b", "--no-on", "--words", "x", "--words", "y"]
    arguments += ["--values", "1", "--values", "2.5"]
    found = run([*arguments, "--names", "a, b,c"])[0]
    assert found == Asked("t", 4, 0.5, "b", False, ("x", "y"), ("a", "b", "c"), (1.0, 2.5))


@pytest.mark.parametrize(
    "arguments", [["--number", "0"], ["--share", "0"], ["--share", "1"], ["--way", "c"], ["--values", "x"]]
)
def test_limits_are_those_of_the_fields(arguments: list[str]) -> None:
    found, result = run(arguments)
    assert (found, result.exit_code) == (None, 2)


def test_a_limit_that_excludes_itself_holds_for_the_request_too() -> None:
    with pytest.raises(UsageError, match="share is 1; expected a number below 1"):
        Asked("t", share=1)


def test_the_help_is_the_field_s_and_the_last_one_counts() -> None:
    shown = run(["--help"], helps={"way": "Another way."}, metavars={"share": "SHARE"})[1].output
    assert "How many of them." in shown
    assert "How many.\n" not in shown
    assert "Another way." in shown
    assert "--share SHARE" in shown
    assert "--names A,B,C" in shown


def test_an_environment_variable_stands_in_for_an_option() -> None:
    how = {"envvars": {"number": ("NEW_NUMBER", "OLD_NUMBER")}}
    assert run([], {"OLD_NUMBER": "7"}, **how)[0] == Asked("t", 7)
    assert run([], {"OLD_NUMBER": "7", "NEW_NUMBER": "8"}, **how)[0] == Asked("t", 8)
    assert run(["--number", "9"], {"NEW_NUMBER": "8"}, **how)[0] == Asked("t", 9)


def test_old_names_work_with_a_note_and_win_over_the_environment_but_not_over_new_ones() -> None:
    how: dict[str, Any] = {
        "envvars": {"number": "NUMBER"},
        "names": {"number": ("-k", "--number")},
        "old": {"number": ("-n", "--count"), "words": ("--term",)},
    }
    found, result = run(["-n", "5"], {"NUMBER": "8"}, **how)
    assert found == Asked("t", 5)
    assert result.stderr == "-n is deprecated; use -k\n"
    found, result = run(["--count", "5", "-k", "6"], **how)
    assert found == Asked("t", 6)
    assert result.stderr == "--count is deprecated; use -k\n"
    assert run(["--term", "x", "--term", "y"], **how)[0] == Asked("t", words=("x", "y"))
    found, result = run(["--count", "0"], **how)
    assert (found, result.exit_code) == (None, 2)
    assert "--count" not in run(["--help"], **how)[1].output


def test_parameters_of_two_requests_are_kept_apart_by_a_prefix() -> None:
    made: list[tuple[Asked, Asked]] = []

    @click.command()
    @request_options(Asked, {"number": ("--one",)}, to="first", prefix="first_")
    @request_options(Asked, {"number": ("--two",)}, to="second", prefix="second_")
    def command(first: Callable[..., Asked], second: Callable[..., Asked]) -> None:
        made.append((first(text="a"), second(text="b")))

    CliRunner().invoke(command, ["--two", "5"])
    assert made == [(Asked("a"), Asked("b", 5))]


def test_an_old_flag_sets_the_new_one_and_the_note_may_say_what_to_use() -> None:
    seen: list[bool] = []

    @click.command()
    @option("--new", old=("--older",), instead="--new with care", settings={"is_flag": True})
    def command(new: bool) -> None:
        seen.append(new)

    result = CliRunner().invoke(command, ["--older"])
    assert seen == [True]
    assert result.stderr == "--older is deprecated; use --new with care\n"
    CliRunner().invoke(command, [])
    assert seen == [True, False]
