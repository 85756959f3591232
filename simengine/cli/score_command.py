"""simengine score: similarity of two texts, or of a file of pairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from simengine.cli.options import ModelChoice, model_options, output_options
from simengine.cli.output import open_output
from simengine.cli.pair_input import PairInput, pair_input
from simengine.cli.terminal import counted, note, one_line
from simengine.cli.texts import note_cut

if TYPE_CHECKING:
    from simengine.corpus.pairs import Pair
    from simengine.encoders.contract import BiEncoder

SHOWN_WORDS = 5


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
    cut, alike, unknown = 0, 0, dict[str, None]()
    with open_output(given.output) as out:
        for scored in _scored(encoder, given):
            out.write(_line(scored, given) + "\n")
            cut += scored.n_cut
            if not scored.told_apart:
                alike += 1
                unknown.update(dict.fromkeys(scored.unknown[:SHOWN_WORDS]))
    note_cut(cut, encoder, "text")
    if alike:
        which = "these texts" if given.alone else f"the texts of {counted(alike, 'pair')}"
        shown = ", ".join(list(unknown)[:SHOWN_WORDS])
        note(f"the model cannot tell {which} apart: it does not know {shown}; the score means nothing there")


@dataclass(frozen=True, slots=True)
class _Scored:
    """A pair, its cosine, how many of its texts were cut, and what of them the model does not know."""

    pair: Pair
    cosine: float
    n_cut: int
    told_apart: bool
    unknown: tuple[str, ...]


def _line(scored: _Scored, given: PairInput) -> str:
    pair, cosine = scored.pair, scored.cosine
    if given.format_ == "table":
        return f"{cosine:.4f}" + ("" if given.alone else f"\t{one_line(pair.text1)}\t{one_line(pair.text2)}")
    record = {"text1": pair.text1, "text2": pair.text2, **pair.extra, "cosine": round(cosine, 6)}
    record["told_apart"] = scored.told_apart
    return json.dumps(record, ensure_ascii=False)


def _scored(encoder: BiEncoder, given: PairInput) -> Iterator[_Scored]:
    import numpy as np

    from simengine.models.unknown import score_says_something

    for block in given.blocks():
        texts = [text for pair in block for text in (pair.text1, pair.text2)]
        encoded, read = encoder.encode_counted(texts), encoder.readings(texts)
        vectors = encoded.vectors
        cosines = np.clip(np.einsum("ij,ij->i", vectors[::2], vectors[1::2]), -1.0, 1.0)
        cut = (encoded.n_truncated > 0).reshape(-1, 2).sum(axis=1)
        for number, (pair, cosine, n_cut) in enumerate(
            zip(block, cosines.tolist(), cut.tolist(), strict=True)
        ):
            one, other = read[2 * number], read[2 * number + 1]
            yield _Scored(
                pair, cosine, n_cut, score_says_something(one, other), (*one.unknown, *other.unknown)
            )
