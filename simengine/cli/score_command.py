"""simengine score: similarity of two texts, or of a file of pairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from simengine.cli.options import model_options, output_options
from simengine.errors import UsageError

BATCH_PAIRS = 1_024


@click.command("score")
@click.argument("texts", nargs=-1)
@click.option(
    "--pairs",
    type=click.Path(allow_dash=True),
    help="File of pairs (.jsonl .csv .tsv), or - for JSON Lines on stdin.",
)
@click.option(
    "--format", "format_", type=click.Choice(["table", "json", "jsonl"]), default="table", show_default=True
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File instead of stdout."
)
@model_options
@output_options
def command(
    texts: tuple[str, ...],
    pairs: str | None,
    format_: str,
    output: Path | None,
    model: str | None,
    device: str,
    threads: int | None,
    offline: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """The cosine similarity of two texts, from -1 to 1, or of every pair in a file.

    It is not a probability: what counts as similar depends on the model and on the texts.
    """
    from simengine.encoders.load import load_encoder

    if (pairs is None) == (len(texts) != 2):
        raise UsageError(
            "give two texts, or --pairs FILE" + (f"; {len(texts)} texts were given" if texts else "")
        )
    encoder = load_encoder(model, device=device, threads=threads, offline=offline)
    with click.open_file(str(output or "-"), "w", encoding="utf-8", atomic=output is not None) as out:
        for text1, text2, extra, score in _scored(encoder, texts, pairs):
            if format_ == "table":
                line = (
                    f"{score:.4f}"
                    if pairs is None
                    else f"{score:.4f}\t{_one_line(text1)}\t{_one_line(text2)}"
                )
            else:
                line = json.dumps(
                    {"text1": text1, "text2": text2, **extra, "cosine": round(score, 6)}, ensure_ascii=False
                )
            click.echo(line, file=out)


def _scored(
    encoder: object, texts: tuple[str, ...], path: str | None
) -> Iterator[tuple[str, str, dict[str, object], float]]:
    import numpy as np

    from simengine.corpus.pairs import Pair, read_pairs
    from simengine.encoders.contract import BiEncoder

    assert isinstance(encoder, BiEncoder)
    source = iter([Pair(texts[0], texts[1])]) if path is None else read_pairs(path)
    while block := list(islice(source, BATCH_PAIRS)):
        vectors = encoder.encode([text for pair in block for text in (pair.text1, pair.text2)])
        cosines = np.clip(np.einsum("ij,ij->i", vectors[::2], vectors[1::2]), -1.0, 1.0)
        for pair, cosine in zip(block, cosines.tolist(), strict=True):
            yield pair.text1, pair.text2, dict(pair.extra), cosine


def _one_line(text: str) -> str:
    return " ".join(text.split())
