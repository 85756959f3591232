"""simengine classify: texts into labels of your own, without training."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.class_labels import parse_labels
from simengine.cli.corpus_input import describe_read, read_options
from simengine.cli.nli_command import load_nli_model
from simengine.cli.options import (
    CorpusChoice,
    ModelChoice,
    collected,
    corpus_options,
    nli_model_options,
    output_option,
    output_options,
    together,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import note, one_line, progress_bar
from simengine.cli.texts import refuse_blank, unknown_warning
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.reasoning.zero_shot import Classification, ZeroShotClassifier
    from simengine.types import Document

BATCH_TEXTS = 256


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """Into what texts are classified, and how."""

    label: tuple[str, ...]
    template: tuple[str, ...]
    task: str
    multi_label: bool
    threshold: float
    prior: str | None
    calibration: Path | None


class_options = together(
    click.option(
        "-l",
        "--label",
        multiple=True,
        required=True,
        metavar="NAME[=DESCRIPTION]",
        help="A label, and the words that stand for it in a template where its name says too little; give one --label "
        "for each.",
    ),
    click.option(
        "--template",
        multiple=True,
        help='A sentence with {} for the label, as in "This text is about {}."; of several the scores are averaged. '
        "[default: built-in ones, English or Chinese by the labels]",
    ),
    click.option(
        "--task",
        type=click.Choice(["topic", "sentiment"]),
        default="topic",
        show_default=True,
        help="Which built-in templates.",
    ),
    click.option("--multi-label", is_flag=True, help="A text may have any number of the labels."),
    click.option(
        "--threshold",
        type=click.FloatRange(0.0, 1.0),
        default=0.5,
        show_default=True,
        help="With --multi-label: the probability that a label needs.",
    ),
    click.option(
        "--prior",
        type=click.Choice(["none", "empty", "texts"]),
        help="What is taken from each label's score: what it gets on texts that say nothing (empty), or what it gets "
        "on all these texts on average (texts; reads them all first). [default: empty, with --multi-label none]",
    ),
    click.option(
        "--calibration",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="File from `simengine calibrate --task classification`.",
    ),
    collected(ClassChoice, "choice"),
)


@click.command("classify")
@click.argument("texts", nargs=-1)
@click.option(
    "--input",
    "source",
    type=click.Path(allow_dash=True),
    help="Corpus file or folder, or - for JSON Lines on stdin.",
)
@class_options
@click.option(
    "--format", "format_", type=click.Choice(["table", "json", "jsonl"]), default="table", show_default=True
)
@output_option
@corpus_options
@nli_model_options
@output_options
def command(
    texts: tuple[str, ...],
    source: str | None,
    choice: ClassChoice,
    format_: str,
    output: Path | None,
    corpus_choice: CorpusChoice,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Classify TEXTS, or the documents of --input, into labels that no model was trained for.

    Each label becomes a statement about the text, and an NLI model says how far the text entails it. Probabilities
    are not calibrated unless --calibration is given. The model that is built in knows English.

    \b
    simengine classify "The bank raised its rates." -l sports -l economy
    simengine classify --input reviews.jsonl --task sentiment -l positive -l negative --format jsonl
    """
    from simengine.corpus.sources import check_source

    if bool(texts) == (source is not None):
        raise UsageError("give texts as arguments, or --input")
    refuse_blank(texts)
    if source is not None:
        check_source(source, corpus_choice.input_format)  # before a model is loaded for it
    labels, descriptions = parse_labels(choice.label, "--label")
    if len(labels) < 2 and not choice.multi_label:
        raise UsageError("one label is no choice; give two at least, or --multi-label")
    documents = _given(texts) if texts else _read(str(source), corpus_choice, quiet=quiet)
    classifier = _load(model_choice, choice)
    warn = unknown_warning(classifier.nli, judge=True)
    with progress_bar(hidden=quiet or no_progress or bool(texts)) as progress, open_output(output) as out:
        progress.stage("texts", len(texts) or None)
        size = None if choice.prior == "texts" else BATCH_TEXTS
        while block := list(islice(documents, size)):
            warn([*labels, *(document.text for document in block)])
            found = classifier.classify(
                [document.text for document in block],
                labels,
                template=choice.template or None,
                task=choice.task,
                descriptions=descriptions,
                multi_label=choice.multi_label,
                threshold=choice.threshold,
                prior=choice.prior,  # type: ignore[arg-type]
            )
            for document, each in zip(block, found, strict=True):
                out.write(_line(document, each, format_, alone=len(texts) == 1) + "\n")
            progress.advance(len(block))


def _given(texts: tuple[str, ...]) -> Iterator[Document]:
    from simengine.types import Document

    return (Document(str(number), text) for number, text in enumerate(texts, 1))


def _read(source: str, choice: CorpusChoice, *, quiet: bool) -> Iterator[Document]:
    from dataclasses import replace

    from simengine.corpus.read import read_corpus
    from simengine.corpus.report import ReadReport
    from simengine.errors import DataError

    options, report = read_options(choice), ReadReport()
    for document in read_corpus([source], options, report):
        text = document.text if document.text.strip() else document.title
        if not text.strip():
            raise DataError(f"document {document.id!r} has no text", source)
        yield replace(document, text=text)
    for line in describe_read(report, options):
        note(line, quiet=quiet)


def _load(model_choice: ModelChoice, choice: ClassChoice) -> ZeroShotClassifier:
    from simengine.calibration.stored import read_calibration
    from simengine.reasoning.zero_shot import ZeroShotClassifier

    calibration = None if choice.calibration is None else read_calibration(choice.calibration)
    return ZeroShotClassifier(load_nli_model(model_choice, None), calibration=calibration)


def _line(document: Document, found: Classification, format_: str, *, alone: bool) -> str:
    if format_ == "table":
        if alone:
            width = max(len(label) for label in found.probabilities)
            return "\n".join(
                f"{label:<{width}}  {probability:.4f}{'  *' if label in found.labels else ''}"
                for label, probability in found.probabilities.items()
            )
        shown = ", ".join(found.labels) or "-"
        probability = max(found.probabilities.values()) if found.reason else found.probabilities[found.label]
        return f"{shown}\t{probability:.4f}\t{one_line(document.text)}"
    record = {
        "id": document.id,
        **({"title": document.title} if document.title else {}),
        "text": document.text,
        **document.metadata,
        "predicted": list(found.labels),
        "probabilities": {label: round(value, 6) for label, value in found.probabilities.items()},
        "calibrated": found.calibrated,
        **({"reason": found.reason} if found.reason else {}),
    }
    return json.dumps(record, ensure_ascii=False)
