"""simengine augment: more labelled pairs out of those there are, labelled by a cross-encoder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from simengine.cli.options import (
    ModelChoice,
    collected,
    model_options,
    output_option,
    output_options,
    together,
)
from simengine.cli.output import check_json_lines, open_output
from simengine.cli.terminal import Bar, counted, note, progress_bar
from simengine.cli.texts import label_fields, note_cut
from simengine.cli.watched import WatchedClasses, WatchedEncoder, WatchedScores
from simengine.errors import UsageError
from simengine.progress import NoProgress

if TYPE_CHECKING:
    from simengine.corpus.examples import LabelledPair, ReadCount
    from simengine.evaluation.pair_models import CrossEncoderScorer, NLIProbabilities
    from simengine.training.augment import AugmentResult, ClassJudge, ScoreJudge
    from simengine.types import FloatMatrix

TASKS = ("nli", "similarity", "relevance")


@dataclass(frozen=True, slots=True)
class AugmentChoice:
    """Which pairs are made and kept, field by field as `AugmentOptions` has it."""

    neighbours: int
    random: int
    symmetric: bool
    min_confidence: float
    unsure: tuple[float, float] | None
    balance: Literal["gold", "uniform", "none"]
    bins: int
    max_pairs: int | None
    seed: int


_augment_options = together(
    click.option(
        "--neighbours",
        type=click.IntRange(0),
        default=3,
        show_default=True,
        help="For each first text, so many of the second texts nearest to it.",
    ),
    click.option(
        "--random", type=click.IntRange(0), default=1, show_default=True, help="And so many drawn at random."
    ),
    click.option("--symmetric", is_flag=True, help="The pair (b, a) is the pair (a, b)."),
    click.option(
        "--min-confidence",
        type=click.FloatRange(0, 1),
        default=0.9,
        show_default=True,
        help="nli, relevance: least probability of the label.",
    ),
    click.option(
        "--unsure",
        type=float,
        nargs=2,
        metavar="LOW HIGH",
        help="similarity: leave out scores between these two.",
    ),
    click.option(
        "--balance",
        type=click.Choice(["gold", "uniform", "none"]),
        default="gold",
        show_default=True,
        help="Labels (or bins of scores) in the shares of the given pairs, in equal ones, or as they come.",
    ),
    click.option("--bins", type=click.IntRange(1), default=5, show_default=True, help="Of scores."),
    click.option("--max-pairs", type=click.IntRange(1), help="At most so many pairs. [default: all]"),
    click.option(
        "--seed", type=click.IntRange(0), default=13, show_default=True, help="Of everything that is drawn."
    ),
    collected(AugmentChoice, "choice"),
)


@click.command("augment")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--task", type=click.Choice(TASKS), required=True, help="What the pairs are labelled with.")
@click.option(
    "--judge", help="Cross-encoder that labels the new pairs. [default: minilm-nli; similarity has none]"
)
@click.option(
    "--fields",
    metavar="A,B[,LABEL]",
    help="Names of the fields of FILE that hold the texts, and the label or score. [default: the usual names]",
)
@_augment_options
@output_option
@model_options
@output_options
def command(
    file: str,
    task: str,
    judge: str | None,
    fields: str | None,
    choice: AugmentChoice,
    output: Path | None,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Silver pairs: the texts of FILE paired anew, labelled by a cross-encoder where it is sure.

    A bi-encoder (--model) finds the texts that are worth pairing. The new pairs come out as JSON Lines, without those
    of FILE; scores are in FILE's range. They may repeat held-out pairs: `simengine train` drops or refuses such rows.

    \b
    simengine augment train.jsonl --task nli --judge runs/nli/model -o silver.jsonl
    simengine train --task nli --train train.jsonl --train silver.jsonl --dev dev.jsonl -o runs/more
    """
    from simengine.corpus.examples import ReadCount, example_record
    from simengine.training.augment import AugmentOptions, augment_pairs

    check_json_lines(output)
    options = AugmentOptions(**asdict(choice))
    count = ReadCount()
    pairs = list(_read(task, file, label_fields(fields), count))
    encoder = model_choice.load_encoder()
    with open_output(output) as out:
        with progress_bar(hidden=quiet or no_progress) as bar:
            bar.stage("encoding and judging")
            watched = WatchedEncoder(encoder, bar)
            judging, scorer = _judge(task, replace(model_choice, model=judge), pairs, bar)
            result = augment_pairs(pairs, watched, judging, options)
        for pair in result.pairs:
            scored = replace(pair, score=float(pair.label or 0)) if task == "relevance" else pair
            out.write(json.dumps(example_record(scored), ensure_ascii=False) + "\n")
    note_cut(watched.n_truncated, encoder, "text")
    if scorer.n_truncated:
        note(f"{counted(scorer.n_truncated, 'pair')} cut to what the judge reads")
    for line in _lines(result, len(pairs), count):
        note(line, quiet=quiet)


def _read(task: str, file: str, fields: tuple[str, ...] | None, count: ReadCount) -> Iterator[LabelledPair]:
    from simengine.corpus.examples import read_nli, read_relevance, read_scored_pairs

    readers = {"nli": read_nli, "similarity": read_scored_pairs, "relevance": read_relevance}
    return readers[task](file, fields=fields, count=count)


class _Answers:
    """Relevance as two classes."""

    labels = ("0", "1")

    def __init__(self, scorer: WatchedScores) -> None:
        self._scorer = scorer

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        import numpy as np

        scores = self._scorer.scores(pairs)
        return np.stack([1 - scores, scores], axis=1)


class _InRange:
    """Scores from 0 to 1 brought into the range of the gold ones."""

    def __init__(self, scorer: WatchedScores, gold: Sequence[float]) -> None:
        self._scorer = scorer
        self._low, self._width = min(gold), max(gold) - min(gold)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        return self._scorer.scores(pairs) * self._width + self._low


def _judge(
    task: str, model: ModelChoice, pairs: Sequence[LabelledPair], bar: Bar | NoProgress
) -> tuple[ClassJudge | ScoreJudge, NLIProbabilities | CrossEncoderScorer]:
    """What labels new pairs, and its part that counts what was cut."""
    from simengine.cli.evaluate_models import load_cross, load_nli, refuse_other_kinds, with_default
    from simengine.cross_encoders.relevance import RelevanceModel, SimilarityModel
    from simengine.evaluation.pair_models import CrossEncoderScorer

    if task == "similarity" and model.model is None:
        raise UsageError("simengine carries no cross-encoder for graded similarity: give --judge")
    model = with_default(model, "nli")
    refuse_other_kinds(model, "augment", "cross-encoder")
    if task == "nli":
        classes, _ = load_nli(model, None)
        return WatchedClasses(classes, bar), classes
    loaded = load_cross(model)
    if task == "relevance":
        scorer = CrossEncoderScorer(RelevanceModel(loaded))
        return _Answers(WatchedScores(scorer, bar)), scorer
    scorer = CrossEncoderScorer(SimilarityModel(loaded))
    watched = WatchedScores(scorer, bar)
    if loaded.activation != "Sigmoid":
        return watched, scorer
    return _InRange(watched, [pair.score for pair in pairs if pair.score is not None]), scorer


def _lines(result: AugmentResult, n_gold: int, count: ReadCount) -> list[str]:
    lines = [f"{number:,} left out: {reason}" for reason, number in count.reasons.items()]
    unsure = f", {result.n_unsure:,} of which it was not sure" if result.n_unsure else ""
    lines.append(
        f"{counted(n_gold, 'pair')}: the judge labelled {counted(result.n_candidates, 'new pair')}{unsure}"
    )
    shares = ", ".join(
        f"{name} {number:,}" for name, number in sorted(result.found.items(), key=lambda item: str(item[0]))
    )
    lines.append(f"{counted(len(result.pairs), 'silver pair')} kept of {shares or 'none'}")
    return lines
