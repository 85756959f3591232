"""simengine ask: questions answered out of an index, with their evidence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.ask_options import AskChoice, ask_options
from simengine.cli.options import (
    LOCK_WAIT_S,
    ModelChoice,
    find_index,
    index_model_options,
    index_option,
    leading_index,
    output_option,
    output_options,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import note, print_pairs, progress_bar
from simengine.cli.texts import query_blocks, unknown_warning
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.qa.answerer import Answerer
    from simengine.qa.decision import Decision
    from simengine.qa.fitting import LabelledQuestion
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
    help="File of questions (.jsonl .tsv .txt), or - for one a line on stdin; each stands by itself.",
)
@click.option(
    "--fit",
    "fit_file",
    type=click.Path(allow_dash=True),
    help="Fit the decision on labelled questions (JSON Lines with question and answers, [] for none; or SQuAD .json) "
    "and keep it with the index.",
)
@ask_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "jsonl"]),
    help="[default: table; jsonl with --questions]",
)
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
    """Answer a question out of an index: the sentence that answers, where it stands, and how sure that is.

    The verdict is supported, contradicted, or not found. Of a question for yes or no, supported means yes and
    contradicted no. Without a question, at a terminal, a conversation begins, in which follow-up questions keep their
    subject.

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
            "give a question, or --questions FILE, or --fit FILE; at a terminal, none begins a conversation"
        )
    if fit_file is not None and (ask_choice.precision is not None or ask_choice.threshold is not None):
        raise UsageError("--fit finds the thresholds itself: give --precision when asking")
    options, wording = ask_choice.options(), ask_choice.wording(model_choice)
    labelled = None if fit_file is None else _read_labelled(fit_file)
    from simengine.assembly.answering import check_question_fields, open_answerer

    index = find_index(index_path)
    if ask_choice.question_fields:
        check_question_fields(index, ask_choice.question_fields)
    with model_choice.open_engine(index) as engine:
        if len(engine) == 0:
            note(f"the index {engine.path} holds no documents", quiet=quiet)
        models, fitted = ask_choice.models(model_choice), labelled is None
        answerer = open_answerer(
            engine, engine.path, models, options, fitted=fitted, wording=wording, note=note
        )
        try:
            if labelled is not None:
                decision = _fit(answerer, labelled, fit_file, ask_choice.reader, format_)
                _keep_decision(engine.path, decision, quiet=quiet)
                return 0
            warn = unknown_warning(answerer, judge=True)
            if talk:
                return _converse(answerer, warn, quiet=quiet)
            hidden = quiet or no_progress or questions_file is None
            found = _answer_all(answerer, question, questions_file, format_, output, warn, hidden=hidden)
        finally:
            answerer.close()
    return NOT_FOUND_CODE if fail_empty and not found else 0


def _answer_all(
    answerer: Answerer,
    question: tuple[str, ...],
    path: str | None,
    format_: str | None,
    output: Path | None,
    warn: Callable[[Iterable[str]], None],
    *,
    hidden: bool,
) -> int:
    """Write the answers; returns how many questions were answered."""
    from simengine.cli.ask_output import answer_text
    from simengine.records import answer_record

    style = format_ or ("table" if path is None else "jsonl")
    found = written = 0
    with open_output(output) as out, progress_bar(hidden=hidden) as progress:
        progress.stage("questions")
        for block in query_blocks(question, path, BATCH_QUESTIONS):
            for item in block:
                warn([item.text])
            for item, answer in zip(block, answerer.ask_many([item.text for item in block]), strict=True):
                found += answer.verdict != "not found"
                record = answer_record(answer) if path is None else {"id": item.id, **answer_record(answer)}
                if style == "table":
                    head = "" if path is None else click.style(f"{item.id}: {item.text}", bold=True) + "\n"
                    click.echo(head + answer_text(answer), file=out)
                elif style == "jsonl":
                    click.echo(json.dumps(record, ensure_ascii=False), file=out)
                elif path is None:
                    click.echo(json.dumps(record, ensure_ascii=False, indent=2), file=out)
                else:
                    click.echo(
                        ("[\n" if not written else ",\n") + json.dumps(record, ensure_ascii=False),
                        nl=False,
                        file=out,
                    )
                written += 1
            progress.advance(len(block))
        if style == "json" and path is not None:
            click.echo("\n]" if written else "[]", file=out)
    return found


def _converse(answerer: Answerer, warn: Callable[[Iterable[str]], None], *, quiet: bool) -> int:
    """Questions from the terminal until it is closed or an empty line is given."""
    from simengine.cli.ask_output import answer_text
    from simengine.qa.conversation import Conversation

    conversation = Conversation(answerer)
    note("Ask; an empty line ends the conversation, /new forgets it.", quiet=quiet)
    while True:
        try:
            line = input("> ").strip()
        except EOFError:
            click.echo()
            return 0
        if not line:
            return 0
        if line == "/new":
            conversation.forget()
            continue
        warn([line])
        try:
            answer: Answer = conversation.ask(line)
        except UsageError as error:
            note(str(error))
            continue
        click.echo(answer_text(answer))


def _read_labelled(path: str) -> list[LabelledQuestion]:
    from simengine.assembly.answering import read_labelled_questions

    return list(read_labelled_questions(path))


def _keep_decision(index: Path, decision: Decision, *, quiet: bool) -> None:
    from simengine.assembly.answering import store_decision

    replaced = store_decision(index, decision, lock_timeout_s=LOCK_WAIT_S)
    note(f"decision {'replaced the one before' if replaced else 'stored'} in {index}", quiet=quiet)


def _fit(
    answerer: Answerer,
    questions: list[LabelledQuestion],
    path: str | None,
    reader: str | None,
    format_: str | None,
) -> Decision:
    """Fit on labelled questions, and show what came of it."""
    from simengine.assembly.answering import fit_answers, reader_name

    name = "stdin" if path == "-" else Path(str(path)).name
    decision = fit_answers(answerer, questions, reader=reader_name(reader), fitted_on=name)
    if format_ in ("json", "jsonl"):
        click.echo(json.dumps(decision.to_dict(), ensure_ascii=False))
        return decision
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
    return decision
