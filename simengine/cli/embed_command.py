"""simengine embed: texts to vectors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.corpus_input import noted_corpus
from simengine.cli.options import ModelChoice, model_options, output_options
from simengine.cli.output import check_json_lines, write_lines
from simengine.cli.terminal import progress_bar
from simengine.cli.texts import note_cut, refuse_blank, unreadable_warning
from simengine.errors import DataError, UsageError
from simengine.text.joining import joined

if TYPE_CHECKING:
    from simengine.engine.texts import TextEngine
    from simengine.types import FloatMatrix

BATCH_TEXTS = 2_048


@click.command("embed")
@click.argument("texts", nargs=-1)
@click.option(
    "--input",
    "source",
    type=click.Path(allow_dash=True),
    help="Corpus file or folder, or - for one text per line on stdin.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File: NAME.npy for an array, else JSON Lines. [default: JSON Lines on stdout]",
)
@click.option(
    "--role",
    type=click.Choice(["text", "query", "passage"]),
    default="text",
    show_default=True,
    help="Which of the model's prompts is put in front of each text.",
)
@model_options
@output_options
def command(
    texts: tuple[str, ...],
    source: str | None,
    output: Path | None,
    role: str,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Turn texts into vectors (float32, L2-normalised). Texts longer than the model reads are cut, and counted."""
    from simengine.corpus.sources import check_source

    if bool(texts) == (source is not None):
        raise UsageError("give texts as arguments, or --input")
    if output is not None and output.suffix != ".npy":
        check_json_lines(output)
    refuse_blank(texts)
    if source is not None:
        check_source(source)  # before a model is loaded for it
    stream = ((str(i), text) for i, text in enumerate(texts)) if texts else _texts(source or "-")
    with model_choice.text_engine() as engine:
        _write(engine, stream, output, role, len(texts), hidden=quiet or no_progress)


def _write(
    engine: TextEngine,
    stream: Iterator[tuple[str, str]],
    output: Path | None,
    role: str,
    n_texts: int,
    *,
    hidden: bool,
) -> None:
    encoder = engine.encoder
    cut, warn = 0, unreadable_warning(engine)

    def blocks() -> Iterator[tuple[list[str], FloatMatrix]]:
        nonlocal cut
        with progress_bar(hidden=hidden) as progress:
            progress.stage("texts", n_texts or None)
            while block := list(islice(stream, BATCH_TEXTS)):
                encoded = encoder.encode_counted([text for _, text in block], role=role)  # type: ignore[arg-type]
                warn(text for (_, text), unread in zip(block, encoded.unreadable, strict=True) if unread)
                cut += int((encoded.n_truncated > 0).sum())
                progress.advance(len(block))
                yield [name for name, _ in block], encoded.vectors

    if output is not None and output.suffix == ".npy":
        _write_npy(blocks(), output, encoder.dimension)
    else:
        write_lines(_records(blocks()), output)
    note_cut(cut, encoder, "text")


def _texts(source: str) -> Iterator[tuple[str, str]]:
    """Ids and texts: lines of stdin, or documents of a corpus (title in front)."""
    if source == "-":
        for number, line in enumerate(_stdin_lines()):
            yield str(number), line
        return
    for document in noted_corpus([source]):
        yield document.id, joined(document.title, document.text)


def _stdin_lines() -> Iterator[str]:
    """Every line of standard input, blank ones too, so that line n is vector n."""
    from simengine.corpus.lines import decode, read_chunks, read_lines
    from simengine.corpus.read import MAX_LINE_BYTES
    from simengine.corpus.report import ReadReport, RecordFault
    from simengine.corpus.sources import STDIN_NAME, Source
    from simengine.text.checks import check_text

    source = Source(STDIN_NAME, None, "txt-lines", "", "stdin")
    chunks = read_chunks(source, ReadReport())
    for number, offset, content, _ in read_lines(chunks, source, MAX_LINE_BYTES, "utf-8"):
        try:
            if isinstance(content, RecordFault):
                raise content
            line = decode(content, "utf-8", offset)
        except RecordFault as fault:
            raise DataError(fault.reason, source.name, number) from fault
        yield check_text(line, source.name, number)


def _write_npy(blocks: Iterator[tuple[list[str], FloatMatrix]], path: Path, dimension: int) -> None:
    from simengine.cli.arrays import open_matrix

    with open_matrix(path, dimension) as matrix:
        for _, vectors in blocks:
            matrix.write(vectors)


def _records(blocks: Iterator[tuple[list[str], FloatMatrix]]) -> Iterator[dict[str, object]]:
    for names, vectors in blocks:
        for name, vector in zip(names, vectors.tolist(), strict=True):
            yield {"id": name, "vector": [round(x, 7) for x in vector]}
