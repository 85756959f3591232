"""simengine embed: texts to vectors."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from simengine.cli.options import model_options, output_options
from simengine.cli.terminal import note, progress_bar
from simengine.errors import UsageError

BATCH_TEXTS = 2_048


@click.command("embed")
@click.argument("texts", nargs=-1)
@click.option(
    "--input",
    "source",
    type=click.Path(allow_dash=True),
    help="Corpus file or folder, or - for one text a line on stdin.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File: .npy for an array, else JSON Lines. [default: JSON Lines on stdout]",
)
@click.option(
    "--role",
    type=click.Choice(["text", "query", "passage"]),
    default="text",
    show_default=True,
    help="Which of the model's prompts stands in front.",
)
@model_options
@output_options
def command(
    texts: tuple[str, ...],
    source: str | None,
    output: Path | None,
    role: str,
    model: str | None,
    device: str,
    threads: int | None,
    offline: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Turn texts into vectors (float32, L2-normalised). Texts longer than the model reads are cut, and counted."""
    from simengine.encoders.load import load_encoder

    if bool(texts) == (source is not None):
        raise UsageError("give texts as arguments, or --input")
    stream = ((str(i), text) for i, text in enumerate(texts)) if texts else _texts(source or "-")
    encoder = load_encoder(model, device=device, threads=threads, offline=offline)
    truncated = 0

    def blocks() -> Iterator[tuple[list[str], object]]:
        nonlocal truncated
        with progress_bar(hidden=quiet or no_progress) as progress:
            progress.stage("texts", len(texts) or None)
            while block := list(islice(stream, BATCH_TEXTS)):
                encoded = encoder.encode_counted([text for _, text in block], role=role)  # type: ignore[arg-type]
                truncated += int((encoded.n_truncated > 0).sum())
                progress.advance(len(block))
                yield [name for name, _ in block], encoded.vectors

    if output is not None and output.suffix == ".npy":
        _write_npy(blocks(), output, encoder.dimension)
    else:
        _write_jsonl(blocks(), output)
    if truncated:
        note(f"{truncated:,} texts were cut to the {encoder.max_tokens} tokens that the model reads")


def _texts(source: str) -> Iterator[tuple[str, str]]:
    """Ids and texts: lines of stdin, or documents of a corpus (title in front)."""
    if source == "-":
        for number, line in enumerate(sys.stdin):
            yield str(number), line.rstrip("\r\n")
        return
    from simengine.corpus.read import read_corpus

    for document in read_corpus([source]):
        yield document.id, f"{document.title} {document.text}" if document.title else document.text


def _write_npy(blocks: Iterator[tuple[list[str], object]], path: Path, dimension: int) -> None:
    import numpy as np

    parts = [np.asarray(vectors, np.float32) for _, vectors in blocks]
    matrix = np.concatenate(parts) if parts else np.empty((0, dimension), np.float32)
    partial = path.with_name(f".{path.name}.partial.npy")
    try:
        np.save(partial, matrix)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_jsonl(blocks: Iterator[tuple[list[str], object]], path: Path | None) -> None:
    import numpy as np

    with click.open_file(str(path or "-"), "w", encoding="utf-8", atomic=path is not None) as out:
        for names, vectors in blocks:
            for name, vector in zip(names, np.asarray(vectors).tolist(), strict=True):
                click.echo(json.dumps({"id": name, "vector": [round(x, 7) for x in vector]}), file=out)
