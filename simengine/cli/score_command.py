"""simengine score: similarity of two texts, or of a file of pairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from simengine.cli.options import ModelChoice, model_options, output_options
from simengine.cli.output import open_output
from simengine.cli.pair_input import PairInput, pair_input
from simengine.cli.terminal import one_line
from simengine.cli.texts import note_cut

if TYPE_CHECKING:
    from simengine.corpus.pairs import Pair
    from simengine.encoders.contract import BiEncoder


@click.command("score")
@pair_input(None, "")
@model_options
@output_options
def command(
    given: PairInput,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """The cosine similarity of two texts, from -1 to 1, or of every pair in a file.

    It is not a probability: what counts as similar depends on the model and on the texts.
    """
    given.check("two texts")
    encoder = model_choice.load_encoder()
    cut = 0
    with open_output(given.output) as out:
        for pair, cosine, n_cut in _scored(encoder, given):
            out.write(_line(pair, cosine, given) + "\n")
            cut += n_cut
    note_cut(cut, encoder, "text")


def _line(pair: Pair, cosine: float, given: PairInput) -> str:
    if given.format_ == "table":
        return f"{cosine:.4f}" + ("" if given.alone else f"\t{one_line(pair.text1)}\t{one_line(pair.text2)}")
    record = {"text1": pair.text1, "text2": pair.text2, **pair.extra, "cosine": round(cosine, 6)}
    return json.dumps(record, ensure_ascii=False)


def _scored(encoder: BiEncoder, given: PairInput) -> Iterator[tuple[Pair, float, int]]:
    """Pairs, their cosines, and how many of their two texts the model could not read to the end."""
    import numpy as np

    for block in given.blocks():
        encoded = encoder.encode_counted([text for pair in block for text in (pair.text1, pair.text2)])
        vectors = encoded.vectors
        cosines = np.clip(np.einsum("ij,ij->i", vectors[::2], vectors[1::2]), -1.0, 1.0)
        cut = (encoded.n_truncated > 0).reshape(-1, 2).sum(axis=1)
        yield from zip(block, cosines.tolist(), cut.tolist(), strict=True)
