"""simengine score: similarity of two texts, or of a file of pairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import ModelChoice, model_options, output_options
from simengine.cli.output import open_output
from simengine.cli.terminal import one_line
from simengine.cli.texts import note_cut, refuse_blank
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.corpus.pairs import Pair
    from simengine.encoders.contract import BiEncoder

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
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """The cosine similarity of two texts, from -1 to 1, or of every pair in a file.

    It is not a probability: what counts as similar depends on the model and on the texts.
    """
    if (pairs is None) == (len(texts) != 2):
        raise UsageError(
            "give two texts, or --pairs FILE" + (f"; {len(texts)} texts were given" if texts else "")
        )
    refuse_blank(texts)
    encoder = model_choice.load_encoder()
    cut = 0
    with open_output(output) as out:
        for pair, cosine, n_cut in _scored(encoder, texts, pairs):
            out.write(_line(pair, cosine, format_, alone=pairs is None) + "\n")
            cut += n_cut
    note_cut(cut, encoder, "text")


def _line(pair: Pair, cosine: float, format_: str, *, alone: bool) -> str:
    if format_ == "table":
        return f"{cosine:.4f}" + ("" if alone else f"\t{one_line(pair.text1)}\t{one_line(pair.text2)}")
    record = {"text1": pair.text1, "text2": pair.text2, **pair.extra, "cosine": round(cosine, 6)}
    return json.dumps(record, ensure_ascii=False)


def _scored(
    encoder: BiEncoder, texts: tuple[str, ...], path: str | None
) -> Iterator[tuple[Pair, float, int]]:
    """Pairs, their cosines, and how many of their two texts the model could not read to the end."""
    import numpy as np

    from simengine.corpus.pairs import Pair, read_pairs

    source = iter([Pair(texts[0], texts[1])]) if path is None else read_pairs(path)
    while block := list(islice(source, BATCH_PAIRS)):
        encoded = encoder.encode_counted([text for pair in block for text in (pair.text1, pair.text2)])
        vectors = encoded.vectors
        cosines = np.clip(np.einsum("ij,ij->i", vectors[::2], vectors[1::2]), -1.0, 1.0)
        cut = (encoded.n_truncated > 0).reshape(-1, 2).sum(axis=1)
        yield from zip(block, cosines.tolist(), cut.tolist(), strict=True)
