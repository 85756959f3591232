"""Options of the commands that judge candidates with a cross-encoder."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, cast

import click

from simengine.cli.options import ModelChoice, collected, label_names, labels_option, together, typed
from simengine.cli.terminal import counted, note
from simengine.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simengine.engine.loaded import JudgeOptions
    from simengine.rerank.judge import Kind
    from simengine.results.search import StageCount


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """What `judge_options` ask for."""

    depth: int | None
    judge_weight: float | None
    judge_kind: str
    judge_precision: str
    labels: str | None
    budget_ms: float | None
    claim: bool
    first_judge: str | None
    first_depth: int | None

    def options(self, judge: str | None, choice: ModelChoice) -> JudgeOptions:
        """The same, as the engine takes it.

        Args:
            judge: the (last) judge's model, None for the one that simengine carries.
            choice: device, threads and offline hold for all judges.
        """
        from simengine.engine.models import Rerank

        first = None
        if self.first_judge is not None:
            first = Rerank(self.first_judge, self.first_depth)
        elif self.first_depth is not None:
            raise UsageError("--first-depth needs --first-judge")
        rerank = Rerank(
            judge,
            self.depth,
            self.judge_weight,
            cast("Kind", self.judge_kind),
            label_names(self.labels),
            self.claim,
            self.budget_ms,
            self.judge_precision,
            first,
        )
        return choice.models().judging(rerank)


judge_options = together(
    click.option(
        "--depth",
        type=click.IntRange(1),
        help="Candidates that are judged for each query. [default: what was fitted for the index, else 20]",
    ),
    click.option(
        "--judge-weight",
        type=click.FloatRange(0, 1),
        help="The judge's share of the score: 0 leaves the order alone, 1 is the judge alone. [default: what was "
        "fitted for the index, else one that was measured]",
    ),
    click.option(
        "--judge-kind",
        type=click.Choice(["auto", "relevance", "similarity", "nli"]),
        default="auto",
        show_default=True,
        help="How the judge's outputs are read: auto is nli for three outputs, relevance for one.",
    ),
    click.option(
        "--judge-precision",
        type=click.Choice(["auto", "f32", "bf16", "f16", "int8"]),
        default="auto",
        show_default=True,
        help="int8 is the fastest on processors without AMX; it is refused where it changes a probability by more "
        "than 0.05.",
    ),
    labels_option,
    click.option(
        "--budget-ms",
        type=click.FloatRange(0, min_open=True),
        help="Judge as many candidates of each query as fit in so many milliseconds; the others follow in their "
        "order.",
    ),
    click.option(
        "--claim",
        is_flag=True,
        help="The query is a claim: say of each hit whether it supports or contradicts it, and where.",
    ),
    click.option(
        "--first-judge",
        metavar="MODEL",
        help="A cheaper judge that chooses, from more candidates, those that the other one reads.",
    ),
    click.option(
        "--first-depth",
        type=click.IntRange(1),
        help="Candidates that the first judge reads. [default: twice --depth]",
    ),
    collected(JudgeSettings, "judging"),
)


def refuse_unused_judge(*, rerank: bool, collapse: bool) -> None:
    """Refuse options of a judge that has nothing to do.

    Raises:
        UsageError: one was typed that neither --rerank nor --collapse, as far as they were given, looks at.
    """
    guard = ("judge", "labels", "judge_precision")
    names = [] if rerank else [field.name for field in fields(JudgeSettings)]
    names += [] if rerank or collapse else ["judge"]
    for name in names:
        if collapse and name in guard:
            continue
        if typed(name):
            wanted = "--rerank or --collapse" if name in guard else "--rerank"
            raise UsageError(f"--{name.replace('_', '-')} needs {wanted}")


def tell(counts: Sequence[Sequence[StageCount]], *, quiet: bool) -> None:
    """Say on stderr what the hits do not show: candidates left unjudged, queries cut, an order left alone.

    Args:
        counts: for each query what each stage did.
        quiet: leave out what is no warning.
    """
    if counts and all(stage.weight == 0 for stages in counts for stage in stages):
        note("the order is the retriever's: the judge's weight is 0", quiet=quiet)
    if not all(stage.complete for stages in counts for stage in stages):
        last = [stages[-1] for stages in counts]
        judged, wanted = sum(stage.n_judged for stage in last), sum(stage.n_wanted for stage in last)
        note(f"the time budget ended: {judged:,} of {counted(wanted, 'candidate')} judged")
    if cut := sum(any(stage.n_truncated for stage in stages) for stages in counts):
        which = f"{cut:,} of {len(counts):,} queries" if len(counts) > 1 else "the query was"
        note(f"{which} cut to what the judge can read beside a passage")
