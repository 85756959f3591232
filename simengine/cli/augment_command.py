"""simengine augment: more labelled pairs out of those there are, labelled by a cross-encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.derived import request_options
from simengine.cli.options import ModelChoice, model_options, output_option, output_options
from simengine.cli.output import check_json_lines, write_lines
from simengine.cli.renamed import option
from simengine.cli.terminal import Bar, counted, note, progress_bar
from simengine.cli.texts import label_fields, note_cut
from simengine.cli.watched import WatchedClasses, WatchedEncoder, WatchedScores
from simengine.errors import UsageError
from simengine.requests.training import AugmentOptions

if TYPE_CHECKING:
    from simengine.corpus.examples import LabelledPair, ReadCount
    from simengine.engine.models import Models
    from simengine.evaluation.pair_models import CrossEncoderScorer, NLIProbabilities
    from simengine.progress import NoProgress
    from simengine.training.augment import AugmentResult, ClassJudge, ScoreJudge
    from simengine.types import FloatMatrix

TASKS = ("nli", "similarity", "relevance")


@click.command("augment")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--task", type=click.Choice(TASKS), required=True, help="What the pairs are labelled with.")
@option(
    "--cross-encoder",
    "cross_encoder",
    settings={
        "metavar": "MODEL",
        "help": "Cross-encoder that labels the new pairs. [default: minilm-nli; similarity has none]",
    },
    old=("--judge",),
)
@click.option(
    "--fields",
    metavar="A,B[,LABEL]",
    help="Names of the fields of FILE that hold the texts, and the label or score. [default: the usual names]",
)
@request_options(
    AugmentOptions,
    dict.fromkeys(
        ("neighbours", "random", "symmetric", "min_confidence", "balance", "bins", "max_pairs", "seed"), ()
    ),
    to="augment",
)
@click.option(
    "--unsure",
    type=float,
    nargs=2,
    metavar="LOW HIGH",
    help="similarity: leave out scores between these two.",
)
@output_option
@model_options
@output_options
def command(
    file: str,
    task: str,
    cross_encoder: str | None,
    fields: str | None,
    augment: Callable[..., AugmentOptions],
    unsure: tuple[float, float] | None,
    output: Path | None,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Silver pairs: the texts of FILE in new pairs, labelled by a cross-encoder where it is sure.

    A bi-encoder (--model) finds the texts that are worth pairing. The new pairs come out as JSON Lines, without those
    of FILE; scores are in FILE's range. They may repeat held-out pairs: `simengine train` drops or refuses such rows.

    \b
    simengine augment train.jsonl --task nli --cross-encoder runs/nli/model -o silver.jsonl
    simengine train --task nli --train train.jsonl --train silver.jsonl --dev dev.jsonl -o runs/more
    """
    from simengine.corpus.examples import ReadCount, example_record
    from simengine.training.augment import augment_pairs

    check_json_lines(output)
    options = augment(unsure=unsure)
    count = ReadCount()
    pairs = list(_read(task, file, label_fields(fields), count))
    labeller = replace(model_choice, model=cross_encoder).models()
    with model_choice.text_engine() as engine:
        with progress_bar(hidden=quiet or no_progress) as bar:
            bar.stage("encoding and labelling")
            watched = WatchedEncoder(engine.encoder, bar)
            labelling, scorer = _labelling(task, labeller, pairs, bar)
            result = augment_pairs(pairs, watched, labelling, options)
        scored = (
            replace(pair, score=float(pair.label or 0)) if task == "relevance" else pair
            for pair in result.pairs
        )
        write_lines(map(example_record, scored), output)
        note_cut(watched.n_truncated, engine.encoder, "text")
    if scorer.n_truncated:
        note(f"{counted(scorer.n_truncated, 'pair')} cut to what the cross-encoder reads")
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


def _labelling(
    task: str, models: Models, pairs: Sequence[LabelledPair], bar: Bar | NoProgress
) -> tuple[ClassJudge | ScoreJudge, NLIProbabilities | CrossEncoderScorer]:
    """What labels new pairs, and its part that counts what was cut."""
    from simengine.engine.evaluating import load_cross_scorer, load_nli, refuse_other_kinds, with_default

    if task == "similarity" and models.encoder is None:
        raise UsageError("simengine ships no cross-encoder for graded similarity: give --cross-encoder")
    models = with_default(models, "nli")
    refuse_other_kinds(models, "augment", "cross-encoder")
    if task == "nli":
        classes, _ = load_nli(models)
        return WatchedClasses(classes, bar), classes
    scorer, _ = load_cross_scorer(models, relevance=task == "relevance")
    watched = WatchedScores(scorer, bar)
    if task == "relevance":
        return _Answers(watched), scorer
    if not scorer.bounded:
        return watched, scorer
    return _InRange(watched, [pair.score for pair in pairs if pair.score is not None]), scorer


def _lines(result: AugmentResult, n_gold: int, count: ReadCount) -> list[str]:
    lines = [f"{number:,} left out: {reason}" for reason, number in count.reasons.items()]
    unsure = f", {result.n_unsure:,} of them left out as unsure" if result.n_unsure else ""
    lines.append(f"{counted(n_gold, 'pair')}: {counted(result.n_candidates, 'new pair')} labelled{unsure}")
    shares = ", ".join(
        f"{name} {number:,}" for name, number in sorted(result.found.items(), key=lambda item: str(item[0]))
    )
    lines.append(f"{counted(len(result.pairs), 'silver pair')} kept of {shares or 'none'}")
    return lines
