"""simengine ask: questions answered from an index, with evidence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.ask_options import AskChoice, ask_options
from simengine.cli.options import (
    LOCK_WAIT_S,
    ModelChoice,
    find_index,
    format_option,
    index_model_options,
    index_option,
    leading_index,
    output_option,
    output_options,
    typed,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import note, print_pairs, progress_bar
from simengine.cli.texts import query_blocks, unreadable_warning
from simengine.errors import UsageError
from simengine.requests.ask import AskRequest

if TYPE_CHECKING:
    from simengine.corpus.queries import Query
    from simengine.engine import Engine
    from simengine.requests.ask import AnswerOptions
    from simengine.types import Answer

BATCH_QUESTIONS = 32
NOT_FOUND_CODE = 5


@click.command("ask")
@click.argument("question", nargs=-1, metavar="[INDEX] [QUESTION]...")
@index_option
@click.option(
    "--questions",
    "questions_file",
    type=click.Path(allow_dash=True),
    help="File of questions (.jsonl .tsv .txt), or - for one per line on stdin; each stands on its own.",
)
@click.option(
    "--fit",
    "fit_file",
    type=click.Path(allow_dash=True),
    help="Fit the decision on labelled questions (JSON Lines with question and answers, [] for none; or SQuAD .json) "
    "and keep it with the index.",
)
@ask_options
@format_option("table", "json", "jsonl", default="table; jsonl with --questions")
@output_option
@click.option("--fail-empty", is_flag=True, help="Exit with 5 when no question was answered.")
@index_model_options
@output_options
def command(
    question: tuple[str, ...],
    index_path: Path | None,
    questions_file: str | None,
    fit_file: str | None,
    ask_choice: AskChoice,
    format_: str | None,
    output: Path | None,
    fail_empty: bool,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Answer a question from an index: the sentence that answers it, where it stands, and how sure that is.

    A question for yes or no gets yes, no or not found; a claim is supported, contradicted or not found. An answer of
    low probability, and one that another passage contradicts, is shown as not sure. Two questions in one get two
    answers. Without a question, a terminal starts a conversation, in which follow-up questions keep their subject.

    \b
    simengine ask "How long does shipping to Canada take?"
    simengine ask --questions questions.txt -o answers.jsonl
    simengine ask --fit labelled.jsonl && simengine ask --precision 0.9 "Is the shop open on Sundays?"
    """
    from_file = questions_file is not None or fit_file is not None
    index_path, question = leading_index(question, index_path, "a question", alone=from_file)
    given = bool(question) + (questions_file is not None) + (fit_file is not None)
    talk = given == 0 and sys.stdin.isatty()
    if given != 1 and not talk:
        raise UsageError(
            "give a question, --questions FILE, or --fit FILE; without any, a terminal starts a conversation"
        )
    if fit_file is not None and (typed("precision") or typed("threshold")):
        raise UsageError("--fit finds the thresholds itself: give --precision when asking")
    options, models = ask_choice.answering(), ask_choice.models(model_choice)
    with model_choice.open_engine(
        find_index(index_path), models, quiet=quiet and fit_file is not None
    ) as engine:
        if len(engine) == 0:
            note(f"the index {engine.path} holds no documents", quiet=quiet)
        if fit_file is not None:
            _fit(engine, fit_file, options, format_)
            return 0
        warn = unreadable_warning(engine, "nli")
        if talk:
            return _converse(engine, options, warn, quiet=quiet)
        hidden = quiet or no_progress or questions_file is None
        with (
            _writer(format_, output, one=questions_file is None) as write,
            progress_bar(hidden=hidden) as progress,
        ):
            progress.stage("questions")
            found = 0
            for block in query_blocks(question, questions_file, BATCH_QUESTIONS):
                found += _answer(engine, options, block, warn, write)
                progress.advance(len(block))
    return NOT_FOUND_CODE if fail_empty and not found else 0


def _answer(
    engine: Engine,
    options: AnswerOptions,
    block: Sequence[Query],
    warn: Callable[[Iterable[str]], None],
    write: Callable[[Query, Answer], None],
) -> int:
    """Write an answer to each question; returns how many were answered."""
    texts = tuple(item.text for item in block)
    warn(texts)
    answers = engine.run(AskRequest.of(options, questions=texts))
    for item, answer in zip(block, answers, strict=True):
        write(item, answer)
    return sum(answer.verdict != "not found" for answer in answers)


@contextmanager
def _writer(
    format_: str | None, output: Path | None, *, one: bool
) -> Iterator[Callable[[Query, Answer], None]]:
    """A function that writes the answer to a question; JSON is an object for one question, else an array."""
    from simengine.cli.ask_output import answer_text
    from simengine.results.records import answer_record

    style = format_ or ("table" if one else "jsonl")
    written = 0

    def write(item: Query, answer: Answer) -> None:
        nonlocal written
        if style == "table":
            head = "" if one else click.style(f"{item.id}: {item.text}", bold=True) + "\n"
            click.echo(head + answer_text(answer), file=out)
            return
        record = answer_record(answer) if one else {"id": item.id, **answer_record(answer)}
        text = json.dumps(record, ensure_ascii=False, indent=2 if one and style == "json" else None)
        if style == "json" and not one:
            click.echo((",\n" if written else "[\n") + text, nl=False, file=out)
        else:
            click.echo(text, file=out)
        written += 1

    with open_output(output) as out:
        yield write
        if style == "json" and not one:
            click.echo("\n]" if written else "[]", file=out)


def _converse(
    engine: Engine, options: AnswerOptions, warn: Callable[[Iterable[str]], None], *, quiet: bool
) -> int:
    """Questions from the terminal until it is closed or an empty line is given."""
    from simengine.cli.ask_output import answer_text

    history: tuple[str, ...] = ()
    note("Ask a question; an empty line ends the conversation, /new starts another.", quiet=quiet)
    while True:
        try:
            line = input("> ").strip()
        except EOFError:
            click.echo()
            return 0
        if not line:
            return 0
        if line == "/new":
            history = ()
            continue
        warn([line])
        try:
            (answer,) = engine.run(AskRequest.of(options, questions=(line,), history=history))
        except UsageError as error:
            note(str(error))
            continue
        history = (answer.question,)
        click.echo(answer_text(answer))


def _fit(engine: Engine, path: str, options: AnswerOptions, format_: str | None) -> None:
    """Fit on labelled questions, and show what came of it."""
    decision = engine.fit_answers(path, options, lock_timeout_s=LOCK_WAIT_S)
    if format_ in ("json", "jsonl"):
        click.echo(json.dumps(decision.to_dict(), ensure_ascii=False))
        return
    fit = decision.calibration
    rows = [("questions", f"{fit.n:,}"), ("answered right", f"{fit.base_rate:.3f}")]
    rows.append(("expected calibration error", f"{fit.ece_after:.3f} on questions left out"))
    rows += [
        (f"weight of {each}", f"{weight:+.3f}")
        for each, weight in zip(decision.names, decision.weights, strict=True)
    ]
    for precision, threshold in fit.thresholds.items():
        reached = "not reached" if threshold is None else f"from probability {threshold:.3f} on"
        rows.append((f"precision {precision}", reached))
    print_pairs(rows)
