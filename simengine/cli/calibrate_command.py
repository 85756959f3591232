"""simengine calibrate: from a model's scores to probabilities, learned from labelled pairs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import (
    LOCK_WAIT_S,
    ModelChoice,
    collected,
    find_index,
    index_argument,
    index_option,
    label_names,
    labels_option,
    nli_model_options,
    output_options,
    together,
    typed,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import counted, note, print_pairs, progress_bar
from simengine.cli.texts import label_fields
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.assembly.calibrating import JudgedPairs
    from simengine.calibration.calibration import Calibration, FittedCalibration
    from simengine.cross_encoders.contract import CrossEncoder
    from simengine.encoders.contract import BiEncoder
    from simengine.store.settings import IndexSettings

TASKS = ("relevance", "nli", "entailment", "answer", "classification", "cosine")
KINDS = ("auto", "temperature", "platt", "isotonic")


@dataclass(frozen=True, slots=True)
class FitChoice:
    """What is to be fitted, and how."""

    pairs: Path | None
    fields: str | None
    task: str
    kind: str
    precision: tuple[float, ...]
    confidence: float | None
    score_field: str | None
    labels: str | None
    seed: int


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
    click.option(
        "--task",
        type=click.Choice(TASKS),
        default="relevance",
        show_default=True,
        help="relevance of passages to questions; nli, the three verdicts; entailment, the first of them against the "
        "rest; answer (of `simengine ask`) and classification, with --score-field; cosine of two texts by the index's "
        "model.",
    ),
    click.option(
        "--kind",
        type=click.Choice(KINDS),
        default="auto",
        show_default=True,
        help="auto takes what is best on pairs left out of the fit.",
    ),
    click.option(
        "--precision",
        type=click.FloatRange(0.0, 1.0, min_open=True),
        multiple=True,
        help="Also the threshold from which on this share of the pairs is right; may be given several times. Kept "
        "with the calibration.",
    ),
    click.option(
        "--confidence",
        type=click.FloatRange(0.5, 1.0, min_open=True, max_open=True),
        help="With --precision: reach it with this confidence (Wilson's interval), as in 0.95, which costs coverage.",
    ),
    click.option(
        "--score-field",
        help="The pairs are judged already: this field of a record holds the score, and no model is run.",
    ),
    labels_option,
    click.option("--seed", type=int, default=0, show_default=True, help="Of the division into folds."),
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
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@nli_model_options
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
    given = index_argument is not None or typed("index_path")
    if output is not None and (given or fitted is not None):
        raise UsageError("--output writes a file in the place of an index: give one of them, and --pairs")
    if fit.confidence is not None and not fit.precision:
        raise UsageError("--confidence needs --precision")
    index = None if output is not None else find_index(index_argument, index_path)
    settings = _settings(index)  # an index that is not there is told before a model works for it
    if fitted is not None:
        from simengine.calibration.stored import read_calibration

        calibration = read_calibration(fitted)
        lines = _describe(calibration)
    else:
        result, pairs = _fit(fit, settings, model_choice, hidden=quiet or no_progress)
        calibration = result.calibration
        lines = [*_describe(calibration), *_reliability(result, pairs)]
    if output is not None:
        with open_output(output) as out:
            out.write(json.dumps(calibration.to_dict(), ensure_ascii=False, indent=1) + "\n")
    if format_ == "json" and output is None:
        click.echo(json.dumps(calibration.to_dict(), ensure_ascii=False))
    elif format_ == "table" and (output is None or str(output) != "-"):
        print_pairs(lines)
    if index is not None:
        from simengine.assembly.calibrating import store_calibration

        replaced = store_calibration(index, calibration, lock_timeout_s=LOCK_WAIT_S)
        what = "replaced the one before" if replaced else "stored"
        note(f"calibration for {calibration.task} {what} in {index}", quiet=quiet)


def _fit(
    fit: FitChoice, settings: IndexSettings | None, model_choice: ModelChoice, *, hidden: bool
) -> tuple[FittedCalibration, JudgedPairs]:
    from simengine.assembly.calibrating import JUDGED_BEFORE, judge_pairs, read_judged_pairs
    from simengine.assembly.judging import named_outputs
    from simengine.calibration.calibration import fit_calibration_counted
    from simengine.corpus.sources import check_source

    source, names = str(fit.pairs), label_fields(fit.fields)
    if fit.task in JUDGED_BEFORE and fit.score_field is None:
        raise UsageError(
            f"--task {fit.task} needs pairs that were judged before: two texts (question and answer, text and class), "
            "label 0 or 1, and --score-field, the field of their probability"
        )
    if fit.score_field is not None:
        if fit.task == "nli":
            raise UsageError("--score-field holds one number; nli has three: give pairs to be judged")
        pairs, digest = (
            read_judged_pairs(source, fit.score_field, fields=names),
            _digest(model_choice, fit.task, settings),
        )
    else:
        check_source(source)  # before a model is loaded for it
        model = _load(model_choice, fit.task, settings)
        try:
            digest = model.fingerprint.digest
            mapping = None
            if fit.task != "cosine":
                mapping = named_outputs(model.labels, label_names(fit.labels))  # type: ignore[union-attr]
            with progress_bar(hidden=hidden) as progress:
                pairs = judge_pairs(source, fit.task, model, labels=mapping, fields=names, progress=progress)
        finally:
            model.close()
    if pairs.n_truncated:
        note(f"{counted(pairs.n_truncated, 'pair')} of which the model could not read everything")
    fitted = fit_calibration_counted(
        pairs.scores,
        pairs.labels,
        model=digest,
        task=fit.task,
        kind=fit.kind,
        scale=pairs.scale,
        groups=pairs.groups,
        fitted_on="stdin" if source == "-" else Path(source).name,
        precisions=fit.precision,
        confidence=fit.confidence,
        seed=fit.seed,
    )
    return fitted, pairs


def _load(choice: ModelChoice, task: str, settings: IndexSettings | None) -> CrossEncoder | BiEncoder:
    from simengine.assembly import open_encoder
    from simengine.cli.evaluate_models import load_cross, with_default

    if task != "cosine":
        return load_cross(with_default(choice, "nli"))
    own = choice if typed("model") else replace(choice, model=None)  # SIMENGINE_NLI_MODEL is no encoder
    return open_encoder(settings, own.encoder_options())


def _digest(choice: ModelChoice, task: str, settings: IndexSettings | None) -> str:
    """Fingerprint of the model that gave the scores of a file, without running it."""
    from simengine.cli.evaluate_models import with_default
    from simengine.cross_encoders.config import fingerprint_of_pairs, read_pair_config
    from simengine.models.resolve import resolve_model

    if task == "cosine" and settings is not None and not typed("model"):
        return settings.fingerprint
    if task == "cosine":
        raise UsageError("--score-field of cosines needs the index whose model gave them")
    path = resolve_model(with_default(choice, "nli").model, offline=choice.offline).path
    return fingerprint_of_pairs(read_pair_config(path)).digest


def _settings(index: Path | None) -> IndexSettings | None:
    from simengine.store.snapshot import Snapshot

    if index is None:
        return None
    with Snapshot.open(index) as snapshot:
        return snapshot.settings


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


def _reliability(fitted: FittedCalibration, pairs: JudgedPairs) -> list[tuple[str, str]]:
    """Bins of probabilities before and after, with the share that is right."""
    from simengine.calibration.measures import top_label
    from simengine.evaluation.calibration import evaluate_calibration

    rows = [("", "")]
    for name, scores in (("before", pairs.scores), ("after", fitted.out_of_fold)):
        if name == "before" and pairs.scale == "other":
            continue
        rows.append((f"{name}:", "  pairs  probability  right"))
        for each in evaluate_calibration(*top_label(scores, pairs.labels), n_bins=10).bins:
            if each.probability is not None and each.accuracy is not None:
                text = f"{each.n:>7,}  {each.probability:>11.3f}  {each.accuracy:>5.3f}"
                rows.append((f"{each.low:.1f} to {each.high:.1f}", text))
    return rows
