"""simengine score: similarity of two texts, or of a file of pairs."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING

import click

from simengine.cli.options import BY_TEXTS, ModelChoice, model_options_for, output_options
from simengine.cli.output import open_output
from simengine.cli.pair_input import PairInput, pair_input
from simengine.cli.terminal import counted, note, noting, one_line
from simengine.cli.texts import count_cut, note_cut
from simengine.requests.pairs import ScoreRequest

if TYPE_CHECKING:
    from simengine.corpus.pairs import Pair
    from simengine.types import PairScore

SHOWN_WORDS = 5


@click.command("score")
@pair_input(None, "")
@model_options_for(BY_TEXTS, kind="Bi-encoder")
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
    from simengine.engine.default_model import with_default

    given.check("two texts")
    cut, alike, unknown = 0, 0, dict[str, None]()
    blocks = given.blocks()
    first = next(blocks, [])  # one model for the whole file
    texts = [text for pair in first for text in (pair.text1, pair.text2)]
    models = with_default(model_choice.models(), texts, noting(quiet=quiet))
    with model_choice.text_engine(models) as engine, open_output(given.output) as out:
        for block in chain([first] if first else [], blocks):
            scores = engine.run(ScoreRequest(tuple((pair.text1, pair.text2) for pair in block)))
            cut += count_cut([text for each in scores for text in (each.text1, each.text2)], engine.encoder)
            for pair, scored in zip(block, scores, strict=True):
                out.write(_line(pair, scored, given) + "\n")
                if not scored.told_apart:
                    alike += 1
                    read = engine.readings([pair.text1, pair.text2])
                    unknown.update(dict.fromkeys(word for each in read for word in each.unknown))
        note_cut(cut, engine.encoder, "text")
    if alike:
        which = "these texts" if given.alone else f"the texts of {counted(alike, 'pair')}"
        shown = ", ".join(list(unknown)[:SHOWN_WORDS])
        note(f"the model cannot tell {which} apart: it does not know {shown}; the score means nothing there")


def _line(pair: Pair, scored: PairScore, given: PairInput) -> str:
    if given.format_ == "table":
        texts = "" if given.alone else f"\t{one_line(pair.text1)}\t{one_line(pair.text2)}"
        return f"{scored.score:.4f}{texts}"
    record = {"text1": pair.text1, "text2": pair.text2, **pair.extra, "cosine": round(scored.score, 6)}
    record["told_apart"] = scored.told_apart
    return json.dumps(record, ensure_ascii=False)
