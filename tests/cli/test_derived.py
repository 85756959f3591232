"""Options made of the fields of a request."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from simengine.cli.derived import request_options
from simengine.requests.ask import AnswerOptions
from simengine.requests.conflicts import ContradictionOptions
from simengine.requests.rerank import Rerank

made: dict[str, Any] = {}


@click.command()
@request_options(
    AnswerOptions,
    {
        "candidates": ("-k", "--candidates"),
        "faq": (),
        "threshold": (),
        "question_fields": ("--question-field",),
    },
    to="ask",
)
@request_options(
    ContradictionOptions, {"rules": (), "min_cosine": ()}, to="conflicts", defaults={"min_cosine": 0.7}
)
@request_options(
    Rerank, {"budget_ms": (), "claim": ()}, to="rerank", helps={"claim": "Judge the query as a claim."}
)
def command(ask: Any, conflicts: Any, rerank: Any) -> None:
    made.update(ask=ask(), conflicts=conflicts(), rerank=rerank(model="m"))


def run(*words: str) -> str:
    result = CliRunner().invoke(command, list(words))
    return f"{result.exit_code}\n{result.output}"


def test_defaults_are_those_of_the_request() -> None:
    assert run().startswith("0")
    assert made["ask"] == AnswerOptions()
    assert made["conflicts"] == ContradictionOptions(min_cosine=0.7)
    assert made["rerank"] == Rerank("m")


def test_what_is_typed_gets_there() -> None:
    words = "-k 3 --faq never --threshold 0.25 --question-field q --question-field title --no-rules --claim"
    assert run(*words.split(), "--budget-ms", "5").startswith("0")
    assert made["ask"] == AnswerOptions(3, faq="never", threshold=0.25, question_fields=("q", "title"))
    assert made["conflicts"].rules is False
    assert made["rerank"] == Rerank("m", claim=True, budget_ms=5.0)


@pytest.mark.parametrize(
    "words",
    [("-k", "0"), ("--faq", "perhaps"), ("--threshold", "1.5"), ("--min-cosine", "-2"), ("--budget-ms", "0")],
)
def test_limits_are_those_of_the_request(words: tuple[str, str]) -> None:
    output = run(*words)
    assert output.startswith("2")
    assert "Invalid value" in output


def test_help_defaults_and_limits_are_shown() -> None:
    shown = " ".join(run("--help").split())
    for part in (
        "-k, --candidates INTEGER RANGE Documents that the search offers for each question. [default: 8; x>=1]",
        "--faq [auto|always|never]",
        "--rules / --no-rules",
        "[default: 0.7; -1<=x<=1]",
        "Judge the query as a claim.",
    ):
        assert part in shown, shown
