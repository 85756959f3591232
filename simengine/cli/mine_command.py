"""simengine mine: hard negatives for pairs of a query and a text that answers it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.corpus_input import noted_corpus
from simengine.cli.options import (
    ModelChoice,
    collected,
    model_options,
    output_option,
    output_options,
    together,
)
from simengine.cli.output import check_json_lines, open_output
from simengine.cli.terminal import counted, note, progress_bar
from simengine.cli.texts import note_cut, text_fields
from simengine.cli.watched import WatchedClasses, WatchedEncoder
from simengine.errors import DataError, UsageError

if TYPE_CHECKING:
    from simengine.corpus.examples import LabelledPair
    from simengine.training.mining import MinedNegative, MiningOptions, MiningResult

POSITIVE_LABELS = ("1", "entailment")


@dataclass(frozen=True, slots=True)
class MineChoice:
    """Which neighbours become negatives, as `MiningOptions` takes it but for the margin."""

    negatives: int
    candidates: int
    skip_first: int
    margin: float
    no_margin: bool
    min_score: float
    max_score: float
    entailment: float
    contradiction: float

    def options(self) -> MiningOptions:
        """The same, as mining takes it."""
        from simengine.training.mining import MiningOptions

        values = asdict(self)
        margin, no_margin = values.pop("margin"), values.pop("no_margin")
        return MiningOptions(**values, relative_margin=None if no_margin else margin)


_PROBABILITY = click.FloatRange(0, 1, min_open=True)
_COSINE = click.FloatRange(-1, 1)
_mining_options = together(
    click.option(
        "-n", "--negatives", type=click.IntRange(1), default=1, show_default=True, help="At most, for a pair."
    ),
    click.option(
        "--candidates",
        type=click.IntRange(1),
        default=20,
        show_default=True,
        help="Nearest passages of a query that are looked at.",
    ),
    click.option(
        "--skip-first",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Nearest passages that are passed over: unmarked answers stand there.",
    ),
    click.option(
        "--margin",
        type=click.FloatRange(0, 1, max_open=True),
        default=0.05,
        show_default=True,
        help="A negative's cosine is below the positive's by this share of it; contradictions are exempt.",
    ),
    click.option("--no-margin", is_flag=True, help="However near the negative is."),
    click.option("--min-score", type=_COSINE, default=-1.0, show_default=True, help="Least cosine."),
    click.option("--max-score", type=_COSINE, default=1.0, show_default=True, help="Largest cosine."),
    click.option(
        "--entailment",
        type=_PROBABILITY,
        default=0.5,
        show_default=True,
        help="What entails the positive with this probability is no negative.",
    ),
    click.option(
        "--contradiction",
        type=_PROBABILITY,
        default=0.5,
        show_default=True,
        help="What contradicts it with this probability, both ways, is the hardest negative.",
    ),
    collected(MineChoice, "choice"),
)


@click.command("mine")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option(
    "--corpus",
    "corpus",
    multiple=True,
    help="Corpus file or folder whose texts become negatives. Repeatable. [default: the positives of other pairs]",
)
@click.option(
    "--judge",
    envvar="SIMENGINE_NLI_MODEL",
    default="minilm-nli",
    show_default=True,
    help="NLI model that tells what answers the query too, and what contradicts the answer.",
)
@click.option("--no-judge", is_flag=True, help="Go by nearness alone.")
@click.option("--fields", help="Names of the two text fields, as in question,answer.")
@_mining_options
@output_option
@model_options
@output_options
def command(
    file: str,
    corpus: tuple[str, ...],
    judge: str,
    no_judge: bool,
    fields: str | None,
    choice: MineChoice,
    output: Path | None,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Hard negatives: texts that stand near a query, by a bi-encoder, and do not answer it.

    FILE holds pairs (query, text that answers it). Of files with labels, the pairs labelled 1 or entailment are taken.
    Triplets come out, as JSON Lines, each with the reason for its negative; `simengine train --task retriever` takes
    them (kind = "triplets").

    \b
    simengine mine questions.jsonl --corpus corpus.jsonl -o triplets.jsonl
    """
    from simengine.training.mining import mine_hard_negatives

    check_json_lines(output)
    options = choice.options()
    pairs = _positives(file, text_fields(fields), quiet=quiet)
    passages = _texts_of(corpus) if corpus else None
    encoder = model_choice.load_encoder()
    guard = None
    if not no_judge:
        from simengine.cli.evaluate_models import load_nli

        guard, _ = load_nli(replace(model_choice, model=judge), None)
    with open_output(output) as out:
        with progress_bar(hidden=quiet or no_progress) as bar:
            bar.stage("encoding and judging")
            watched = WatchedEncoder(encoder, bar)
            result = mine_hard_negatives(
                pairs,
                watched,
                corpus=passages,
                judge=None if guard is None else WatchedClasses(guard, bar),
                options=options,
            )
        for negative in result.negatives:
            out.write(json.dumps(_record(negative), ensure_ascii=False) + "\n")
    note_cut(watched.n_truncated, encoder, "text")
    if guard is not None and guard.n_truncated:
        note(f"{counted(guard.n_truncated, 'pair')} cut to what the judge reads")
    for line in _lines(result):
        note(line, quiet=quiet)


def _positives(file: str, fields: tuple[str, str] | None, *, quiet: bool) -> list[tuple[str, str]]:
    """The pairs of a query and what answers it, once each."""
    from simengine.corpus.examples import read_any_pairs

    rows = list(read_any_pairs(file, fields=fields))
    found = [row for row in rows if _answers(row)]
    if not found:
        raise DataError("no pair is labelled 1 or entailment", file)
    if len(found) < len(rows):
        note(
            f"{len(rows) - len(found):,} of {counted(len(rows), 'pair')} are no answers by their label",
            quiet=quiet,
        )
    return list(dict.fromkeys((row.text1, row.text2) for row in found))


def _answers(row: LabelledPair) -> bool:
    if row.label is None and row.score is not None:
        raise UsageError(
            f"{row.source}:{row.line}: the pair has a graded score, which does not say whether the one text answers "
            "the other; expected pairs without any, or labelled 1 or entailment where they do"
        )
    return row.label is None or row.label.strip().lower() in POSITIVE_LABELS


def _texts_of(sources: Sequence[str]) -> list[str]:
    return [document.text for document in noted_corpus(sources)]


def _record(negative: MinedNegative) -> dict[str, object]:
    from simengine.corpus.examples import example_record

    record: dict[str, object] = {**example_record(negative.triplet), "reason": negative.reason}
    record |= {"cosine": round(negative.cosine, 4), "positive_cosine": round(negative.positive_cosine, 4)}
    if negative.entailment is not None and negative.contradiction is not None:
        record["entailment"] = round(negative.entailment, 4)
        record["contradiction"] = round(negative.contradiction, 4)
    return record


def _lines(result: MiningResult) -> list[str]:
    n_contradictions = sum(negative.reason == "contradiction" for negative in result.negatives)
    line = f"{counted(result.n_pairs, 'pair')}: {counted(len(result.negatives), 'negative')}"
    if n_contradictions:
        line += f", {counted(n_contradictions, 'contradiction')} among them"
    lines = [f"{line}; {result.n_without:,} without any"]
    if result.dropped:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(result.dropped.items()))
        lines.append(f"candidates left out: {reasons}")
    return lines
