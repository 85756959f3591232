"""simengine score: similarity of two texts, or of a file of pairs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from simengine.cli.options import ModelChoice, model_options, output_options
from simengine.cli.output import open_output
from simengine.cli.pair_input import PairInput, pair_input
from simengine.cli.terminal import counted, note, one_line
from simengine.cli.texts import count_cut, note_cut
from simengine.requests.pairs import ScoreRequest

if TYPE_CHECKING:
    from simengine.corpus.pairs import Pair
    from simengine.types import PairScore

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
    cut, alike, unknown = 0, 0, dict[str, None]()
    with model_choice.text_engine() as engine, open_output(given.output) as out:
        for block in given.blocks():
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
