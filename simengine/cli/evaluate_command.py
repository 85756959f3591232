"""simengine evaluate: how good a model is at a task, how sure that is, and whether another one is better."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from simengine.cli.options import (
    ModelChoice,
    collected,
    format_option,
    model_options_for,
    output_options,
    together,
)
from simengine.cli.terminal import note, progress_bar
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.cli.evaluate_tasks import Evaluated
    from simengine.engine.models import Models

TASKS = ("nli", "sts", "retrieval", "rerank", "reading", "tagging")
# Options that only some tasks know.
_OPTION_TASKS = {
    "split": ("retrieval",),
    "index_path": ("retrieval",),
    "mode": ("retrieval",),
    "keep_self": ("retrieval",),
    "threshold": ("reading",),
    "answers": ("reading",),
    "plots": ("nli",),
    "labels": ("nli", "rerank"),
    "fields": ("nli", "sts", "rerank"),
    "follow_links": ("retrieval",),
}


@dataclass(frozen=True, slots=True)
class EvaluateChoice:
    """What the options of `evaluate` ask for, beside the model."""

    limit: int | None
    split: str
    index_path: Path | None
    mode: str
    keep_self: bool
    threshold: str | None
    answers: str
    labels: str | None
    fields: str | None
    follow_links: bool
    seed: int
    confidence: float
    resamples: int


evaluate_options = together(
    click.option("--limit", type=click.IntRange(1), help="Only the first examples (queries) of the file."),
    click.option(
        "--split", default="test", show_default=True, help="retrieval: which file of qrels/ to evaluate by."
    ),
    click.option(
        "-i",
        "--index",
        "index_path",
        type=click.Path(path_type=Path),
        help="retrieval: search this index instead of building one from the folder's corpus.",
    ),
    click.option(
        "--mode",
        type=click.Choice(["dense", "hybrid", "lexical"]),
        default="dense",
        show_default=True,
        help="retrieval: by meaning, by meaning and words, or by words.",
    ),
    click.option(
        "--keep-self",
        is_flag=True,
        help="retrieval: keep the document with the query's own id, which BEIR leaves out.",
    ),
    click.option(
        "--threshold",
        help="reading: say 'no answer' where the model's no-answer score is above this number; 'none' always answers. "
        "[default: what the model's files say; none where every question has an answer]",
    ),
    click.option(
        "--answers",
        type=click.Choice(["squad", "cmrc"]),
        default="squad",
        show_default=True,
        help="reading: compare answers by words, or (Chinese) by characters.",
    ),
    click.option(
        "--labels",
        metavar="A,B,C",
        help="nli, rerank: what the model's outputs are, in their order, where its files do not say it.",
    ),
    click.option(
        "--fields",
        metavar="A,B[,LABEL]",
        help="nli, sts, rerank: names of the fields with the two texts, and the label or score. [default: the usual "
        "names]",
    ),
    click.option("--follow-links", is_flag=True, help="retrieval: read files of the folder that are links."),
    click.option(
        "--seed",
        envvar="SIMENGINE_SEED",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Seed of the samples.",
    ),
    click.option(
        "--confidence",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.95,
        show_default=True,
        help="Of the intervals.",
    ),
    click.option(
        "--resamples",
        type=click.IntRange(100),
        default=1_000,
        show_default=True,
        help="Samples that intervals and p-values are made from.",
    ),
    collected(EvaluateChoice, "choice"),
)


@click.command("evaluate")
@click.argument("task", type=click.Choice(TASKS))
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--compare", metavar="MODEL", help="Evaluate this model too, and compare it with the first.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for result.json and predictions.jsonl (a record for each example).",
)
@click.option("--plots", is_flag=True, help="nli, with --output: confusion matrix and calibration as PNG.")
@format_option("table", "json")
@evaluate_options
@model_options_for("nli: minilm-nli; rerank: minilm-relevance; sts, retrieval: all-MiniLM-L6-v2")
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    task: str,
    file: str,
    compare: str | None,
    output: Path | None,
    plots: bool,
    format_: str,
    choice: EvaluateChoice,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Evaluate a model on FILE, with confidence intervals.

    \b
    nli        labelled pairs: premise, hypothesis, label
    sts        pairs with a graded score; a bi-encoder or a cross-encoder
    rerank     question, passage, label 0 or 1: MAP and MRR by question
    retrieval  a folder in BEIR's layout: nDCG@10, MRR@10, Recall@100, MAP;
               a document with the query's own id is left out, as by BEIR
    reading    SQuAD JSON: exact match and F1
    tagging    tokens and tags: entity F1
    """
    from simengine.cli.evaluate_output import Report, write_report

    _check_options(ctx, task, output, compare, plots)
    models = [model_choice.models()]
    if compare is not None:
        models.append(replace(model_choice, model=compare).models())
    evaluated = _evaluate(task, file, choice, models, hidden=quiet or no_progress)
    report = Report.of(task, file, choice, evaluated)
    for line in report.notes:
        note(line, quiet=quiet)
    if output is not None:
        write_report(report, output, plots=plots)
        note(f"written: {output}", quiet=quiet)
    click.echo(report.as_json() if format_ == "json" else report.as_table())


def _check_options(
    ctx: click.Context, task: str, output: Path | None, compare: str | None, plots: bool
) -> None:
    for name, tasks in _OPTION_TASKS.items():
        if task not in tasks and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = "--index" if name == "index_path" else f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} is for {' and '.join(tasks)}, the task is {task}")
    if plots and output is None:
        raise UsageError("--plots needs --output, the folder that the pictures go to")
    if compare is not None and ctx.get_parameter_source("index_path") is ParameterSource.COMMANDLINE:
        raise UsageError(
            "--compare needs a model of its own for each side; an index belongs to one: leave --index out"
        )


def _evaluate(
    task: str, file: str, choice: EvaluateChoice, models: list[Models], *, hidden: bool
) -> list[Evaluated]:
    """Read the examples once, then let each model predict them."""
    from simengine.cli.evaluate_tasks import load_task
    from simengine.engine.evaluating import with_default

    chosen = [with_default(model, task) for model in models]
    examples = load_task(task)(file, choice)
    with progress_bar(hidden=hidden) as progress:
        return [examples.evaluate(model, progress) for model in chosen]
