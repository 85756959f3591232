"""simengine mine: hard negatives for pairs of a query and a text that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.corpus_input import noted_corpus
from simengine.cli.derived import request_options
from simengine.cli.options import ModelChoice, model_options, output_option, output_options
from simengine.cli.output import check_json_lines, write_lines
from simengine.cli.renamed import option
from simengine.cli.rerank_options import nli_option
from simengine.cli.terminal import counted, note, progress_bar
from simengine.cli.texts import note_cut, text_fields
from simengine.cli.watched import WatchedClasses, WatchedEncoder
from simengine.errors import DataError, UsageError
from simengine.requests.training import MiningOptions

if TYPE_CHECKING:
    from simengine.corpus.examples import LabelledPair
    from simengine.training.mining import MinedNegative, MiningResult

POSITIVE_LABELS = ("1", "entailment")


@click.command("mine")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option(
    "--corpus",
    "corpus",
    multiple=True,
    help="Corpus file or folder whose texts become negatives. Repeatable. [default: the positives of other pairs]",
)
@nli_option("NLI model that finds what answers the query too, and what contradicts the answer")
@option(
    "--no-nli",
    "no_nli",
    settings={"is_flag": True, "help": "Go by similarity alone."},
    old=("--no-judge",),
)
@click.option("--fields", help="Names of the two text fields, as in question,answer.")
@request_options(
    MiningOptions,
    {
        "negatives": ("-n", "--negatives"),
        "candidates": (),
        "skip_first": (),
        "relative_margin": ("--margin",),
        "min_score": (),
        "max_score": (),
        "entailment": (),
        "contradiction": (),
    },
    to="mining",
)
@click.option("--no-margin", is_flag=True, help="Negatives may be as near as the positive, or nearer.")
@output_option
@model_options
@output_options
def command(
    file: str,
    corpus: tuple[str, ...],
    nli: str | None,
    no_nli: bool,
    fields: str | None,
    mining: Callable[..., MiningOptions],
    no_margin: bool,
    output: Path | None,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Hard negatives: texts that are near to a query, by a bi-encoder, and do not answer it.

    FILE holds pairs (query, text that answers it). Of files with labels, the pairs labelled 1 or entailment are taken.
    Triplets come out, as JSON Lines, each with the reason for its negative; `simengine train --task retriever` takes
    them (kind = "triplets").

    \b
    simengine mine questions.jsonl --corpus corpus.jsonl -o triplets.jsonl
    """
    from simengine.engine.evaluating import load_nli, with_default
    from simengine.training.mining import mine_hard_negatives

    check_json_lines(output)
    options = mining(relative_margin=None) if no_margin else mining()
    pairs = _positives(file, text_fields(fields), quiet=quiet)
    passages = [document.text for document in noted_corpus(corpus)] if corpus else None
    guard = None
    if not no_nli:
        guard, _ = load_nli(with_default(replace(model_choice, model=nli).models(), "nli"))
    with model_choice.text_engine() as engine:
        with progress_bar(hidden=quiet or no_progress) as bar:
            bar.stage("encoding and comparing")
            watched = WatchedEncoder(engine.encoder, bar)
            result = mine_hard_negatives(
                pairs,
                watched,
                corpus=passages,
                judge=None if guard is None else WatchedClasses(guard, bar),
                options=options,
            )
        write_lines(map(_record, result.negatives), output)
        note_cut(watched.n_truncated, engine.encoder, "text")
    if guard is not None and guard.n_truncated:
        note(f"{counted(guard.n_truncated, 'pair')} cut to what the NLI model reads")
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
            f"{len(rows) - len(found):,} of {counted(len(rows), 'pair')} are not answers by their label",
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
