"""simengine calibrate: from a model's scores to probabilities, learned from labelled pairs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.derived import request_options
from simengine.cli.options import (
    LOCK_WAIT_S,
    ModelChoice,
    collected,
    find_index,
    format_option,
    index_argument,
    index_model_options,
    index_option,
    output_options,
    together,
    typed,
)
from simengine.cli.output import open_output
from simengine.cli.rerank_options import nli_option, reranker_option
from simengine.cli.terminal import counted, note, print_pairs, progress_bar
from simengine.cli.texts import label_fields
from simengine.errors import UsageError
from simengine.requests.calibrate import CalibrateRequest

if TYPE_CHECKING:
    from simengine.engine.fitting import Calibration, CalibrationReport
    from simengine.engine.models import Models


@dataclass(frozen=True, slots=True)
class FitChoice:
    """What `fit_options` ask for."""

    pairs: Path | None
    fields: str | None
    how: Callable[..., CalibrateRequest]
    reranker: str | None
    nli: str | None

    def request(self) -> CalibrateRequest:
        """What is to be fitted."""
        return self.how(pairs=str(self.pairs), fields=label_fields(self.fields))

    def models(self, choice: ModelChoice, task: str) -> Models:
        """The models; --model once named the cross-encoder here.

        Raises:
            UsageError: --reranker was typed, and its relevance is not what is calibrated.
        """
        if task != "relevance" and typed("reranker"):
            raise UsageError(f"--reranker goes with --task relevance; --task {task} is of another model")
        models = replace(choice.models(), reranker=self.reranker, nli=self.nli)
        if task == "cosine":
            return models
        models = replace(models, encoder=None)
        if not typed("model"):
            return models
        new = "reranker" if task == "relevance" else "nli"
        note(f"--model names the bi-encoder; use --{new} for the model of this task")
        return (
            replace(models, reranker=choice.model) if new == "reranker" else replace(models, nli=choice.model)
        )


fit_options = together(
    click.option(
        "--pairs",
        type=click.Path(path_type=Path, allow_dash=True),
        help="Labelled pairs (.jsonl .csv .tsv .parquet): question, passage and label 0 or 1; for nli and entailment "
        "premise, hypothesis and one of the three labels.",
    ),
    click.option(
        "--fields",
        metavar="A,B[,LABEL]",
        help="Names of the fields of the pairs that hold the texts, and the label. [default: the usual names]",
    ),
    request_options(
        CalibrateRequest,
        {
            "task": (),
            "kind": (),
            "precisions": ("--precision",),
            "confidence": (),
            "score_field": (),
            "labels": (),
            "seed": (),
        },
        to="how",
    ),
    reranker_option("Cross-encoder whose relevance is calibrated"),
    nli_option(
        "NLI model whose verdicts are calibrated", instead="--nli, or --reranker for --task relevance"
    ),
    collected(FitChoice, "fit"),
)


@click.command("calibrate")
@index_argument
@index_option
@fit_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the calibration to this JSON file instead of an index.",
)
@click.option(
    "--fitted",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Fit nothing: keep the calibration of this file (from --output) with the index.",
)
@format_option("table", "json")
@index_model_options
@output_options
def command(
    index_argument: Path | None,
    index_path: Path | None,
    fit: FitChoice,
    output: Path | None,
    fitted: Path | None,
    format_: str,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Turn a model's scores into probabilities: fit them on labelled pairs, and keep the fit with INDEX.

    Printed is how far probabilities were from the share of right pairs before and after (expected calibration
    error), on pairs that were left out of the fit. It holds for texts like these pairs, with about as many right
    ones among them.

    \b
    simengine calibrate my-index --pairs judged.jsonl --precision 0.9
    simengine calibrate --pairs nli-dev.jsonl --task nli --output nli-calibration.json
    """
    if (fit.pairs is None) == (fitted is None):
        raise UsageError("give either --pairs FILE, to fit, or --fitted FILE, to keep a fit with an index")
    if output is not None and (index_argument is not None or typed("index_path") or fitted is not None):
        raise UsageError("--output writes a file in the place of an index: give one of them, and --pairs")
    if output is None:
        index = find_index(index_argument, index_path)
        if fitted is not None:
            with model_choice.open_engine(index, quiet=quiet) as engine:
                calibration = engine.keep_calibration(fitted, lock_timeout_s=LOCK_WAIT_S)
            _print(format_, calibration, _describe(calibration))
            return
    request = fit.request()
    models = fit.models(model_choice, request.task)
    with progress_bar(hidden=quiet or no_progress) as progress:
        if output is None:
            with model_choice.open_engine(index, models, quiet=quiet) as engine:
                report = engine.calibrate(request, lock_timeout_s=LOCK_WAIT_S, progress=progress)
        else:
            with model_choice.text_engine(models) as texts:
                report = texts.run(request, progress=progress)
    if report.n_truncated:
        note(f"{counted(report.n_truncated, 'pair')} of which the model could not read everything")
    lines = [*_describe(report.calibration), *_reliability(report)]
    if output is None:
        _print(format_, report.calibration, lines)
        return
    with open_output(output) as out:
        out.write(json.dumps(report.calibration.to_dict(), ensure_ascii=False, indent=1) + "\n")
    if format_ == "table" and str(output) != "-":
        print_pairs(lines)


def _print(format_: str, calibration: Calibration, lines: list[tuple[str, str]]) -> None:
    if format_ == "json":
        click.echo(json.dumps(calibration.to_dict(), ensure_ascii=False))
    else:
        print_pairs(lines)


def _describe(calibration: Calibration) -> list[tuple[str, str]]:
    fitted = {
        name: value for name, value in calibration.parameters.items() if isinstance(value, int | float)
    } or {"knots": len(list(calibration.parameters["scores"]))}  # type: ignore[arg-type]
    shown = ", ".join(f"{name} {value:.4g}" for name, value in fitted.items())
    rows = [
        ("task", f"{calibration.task}, of the model {calibration.model[:12]}"),
        ("kind", f"{calibration.kind} ({shown})"),
        (
            "pairs",
            f"{calibration.n:,} of {calibration.fitted_on}, {calibration.base_rate:.1%} {_most(calibration)}",
        ),
        (
            "ECE before",
            "no probabilities" if calibration.ece_before is None else f"{calibration.ece_before:.4f}",
        ),
        ("ECE after", f"{calibration.ece_after:.4f} on pairs left out of the fit"),
    ]
    for precision, threshold in calibration.thresholds.items():
        found = (
            "is not reached"
            if threshold is None
            else f"is reached by a probability of {threshold:.4f} or more"
        )
        rows.append(("precision", f"{precision} {found}"))
    return rows


def _most(calibration: Calibration) -> str:
    return "right" if calibration.n_classes is None else "of the most frequent label"


def _reliability(report: CalibrationReport) -> list[tuple[str, str]]:
    """Bins of probabilities before and after, with the share that is right."""
    rows = [("", "")]
    for name, bins in (("before", report.before), ("after", report.after)):
        if not bins:
            continue
        rows.append((f"{name}:", "  pairs  probability  right"))
        for each in bins:
            if each.probability is not None and each.accuracy is not None:
                text = f"{each.n:>7,}  {each.probability:>11.3f}  {each.accuracy:>5.3f}"
                rows.append((f"{each.low:.1f} to {each.high:.1f}", text))
    return rows
