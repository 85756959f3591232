"""simengine classify: texts into labels of your own, without training."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.class_labels import parse_labels
from simengine.cli.corpus_input import describe_read, read_options
from simengine.cli.derived import request_options
from simengine.cli.nli_options import NLIChoice, nli_options
from simengine.cli.options import (
    CorpusChoice,
    corpus_options,
    format_option,
    output_option,
    output_options,
    typed,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import note, one_line, progress_bar
from simengine.cli.texts import refuse_blank, unreadable_warning
from simengine.errors import DataError, UsageError
from simengine.requests.pairs import ClassifyRequest
from simengine.results.records import classification_record

if TYPE_CHECKING:
    from simengine.results.pairs import Classification
    from simengine.types import Document

BATCH_TEXTS = 256


@click.command("classify")
@click.argument("texts", nargs=-1)
@click.option(
    "--input",
    "source",
    type=click.Path(allow_dash=True),
    help="Corpus file or folder, or - for JSON Lines on stdin.",
)
@click.option(
    "-l",
    "--label",
    "labels",
    multiple=True,
    required=True,
    metavar="NAME[=DESCRIPTION]",
    help="A label, and the words that stand for it in a template where its name says too little; give one --label for "
    "each.",
)
@request_options(
    ClassifyRequest,
    {"templates": ("--template",), "task": (), "multi_label": (), "threshold": (), "prior": (), "cosine": ()},
    to="request",
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File from `simengine calibrate --task classification`.",
)
@format_option("table", "json", "jsonl")
@output_option
@corpus_options
@nli_options
@output_options
def command(
    texts: tuple[str, ...],
    source: str | None,
    labels: tuple[str, ...],
    request: Callable[..., ClassifyRequest],
    calibration: Path | None,
    format_: str,
    output: Path | None,
    corpus_choice: CorpusChoice,
    nli_choice: NLIChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Classify TEXTS, or the documents of --input, into labels that no model was trained for.

    Each label becomes a statement about the text. An NLI model says how far the text entails it, and a bi-encoder how
    near the two are. Probabilities are not calibrated unless --calibration is given. The NLI model that is built in
    knows English; texts that it cannot read are left to the bi-encoder.

    \b
    simengine classify "The bank raised its rates." -l sports -l economy
    simengine classify --input reviews.jsonl --task sentiment -l positive -l negative --format jsonl
    """
    from simengine.corpus.sources import check_source
    from simengine.engine.fitted import read_calibration

    if bool(texts) == (source is not None):
        raise UsageError("give texts as arguments, or --input")
    refuse_blank(texts)
    if source is not None:
        check_source(source, corpus_choice.input_format)
    names, descriptions = parse_labels(labels, "--label")
    asked = request(
        texts=(),
        labels=names,
        descriptions=tuple(descriptions.items()),
        calibration=None if calibration is None else read_calibration(calibration).to_dict(),
    )
    if typed("threshold") and not asked.multi_label:
        raise UsageError("--threshold needs --multi-label: a single label is the most probable one")
    documents = _given(texts) if texts else _read(str(source), corpus_choice, quiet=quiet)
    size = None if asked.prior == "texts" else BATCH_TEXTS
    with (
        nli_choice.engine() as engine,
        progress_bar(hidden=quiet or no_progress or bool(texts)) as progress,
        open_output(output) as out,
    ):
        warn = unreadable_warning(engine, "nli")
        progress.stage("texts", len(texts) or None)
        while block := list(islice(documents, size)):
            found = engine.run(replace(asked, texts=tuple(document.text for document in block)))
            if left := [document.text for document, each in zip(block, found, strict=True) if each.reason]:
                warn([*names, *left])
            for document, each in zip(block, found, strict=True):
                out.write(_line(document, each, format_, alone=len(texts) == 1) + "\n")
            progress.advance(len(block))


def _given(texts: tuple[str, ...]) -> Iterator[Document]:
    from simengine.types import Document

    return (Document(str(number), text) for number, text in enumerate(texts, 1))


def _read(source: str, choice: CorpusChoice, *, quiet: bool) -> Iterator[Document]:
    from simengine.corpus.read import read_corpus
    from simengine.corpus.report import ReadReport

    options, report = read_options(choice), ReadReport()
    for document in read_corpus([source], options, report):
        text = document.text if document.text.strip() else document.title
        if not text.strip():
            raise DataError(f"document {document.id!r} has no text", source)
        yield replace(document, text=text)
    for line in describe_read(report, options):
        note(line, quiet=quiet)


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
        **classification_record(found),
    }
    return json.dumps(record, ensure_ascii=False)
