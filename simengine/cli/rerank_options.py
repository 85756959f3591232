"""Options of the commands that rerank with cross-encoders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from simengine.cli.derived import request_options
from simengine.cli.options import ModelChoice, collected, together, typed
from simengine.cli.renamed import option
from simengine.cli.terminal import counted, note
from simengine.errors import UsageError
from simengine.requests.rerank import Rerank
from simengine.results.search import LeftAlone, StageCount, left_alone_note

if TYPE_CHECKING:
    from simengine.engine.models import Models


def nli_option(purpose: str, instead: str = "") -> Callable[[Callable[..., object]], Callable[..., object]]:
    """An option that names the NLI model.

    Args:
        purpose: what it does, for --help.
        instead: what stands for the deprecated --judge, where that is not --nli alone.
    """
    settings = {
        "metavar": "MODEL",
        "envvar": "SIMENGINE_NLI_MODEL",
        "help": f"{purpose}: folder or hub name. [default: minilm-nli; multilingual-nli for Chinese]",
    }
    return option("--nli", "nli", settings=settings, old=("--judge",), instead=instead)


def reranker_option(purpose: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """An option that names the reranker; see `nli_option`."""
    return click.option(
        "--reranker",
        metavar="MODEL",
        envvar="SIMENGINE_RERANKER",
        help=f"{purpose}: folder or hub name. [default: that of --nli, else minilm-relevance, for English]",
    )


@dataclass(frozen=True, slots=True)
class RerankChoice:
    """What `rerank_options` ask for."""

    reranker: str | None
    last: Callable[..., Rerank]
    first: Callable[..., Rerank]
    nli: str | None

    def rerank(self) -> Rerank:
        """How to rerank; which model does it by default is among `models`."""
        first = self.first()
        if first.model is None and first.depth is not None:
            raise UsageError("--first-depth needs --first-reranker")
        return self.last(first=None if first.model is None else first)

    def models(self, choice: ModelChoice) -> Models:
        """The models with the reranker and the NLI model."""
        labels = self.last().labels if self.reranker is None else None
        return replace(choice.models(), reranker=self.reranker, nli=self.nli, nli_labels=labels)


rerank_options = together(
    reranker_option("Cross-encoder that reranks"),
    request_options(
        Rerank,
        {
            "depth": (),
            "weight": ("--rerank-weight",),
            "kind": ("--reranker-kind",),
            "precision": ("--reranker-precision",),
            "labels": (),
            "budget_ms": (),
            "claim": (),
        },
        to="last",
        prefix="rerank_",
        helps={
            "precision": "Of its arithmetic: int8 is the fastest on processors without AMX; it is refused where it "
            "changes a probability by more than 0.05.",
            "labels": "Names of its outputs, in their order, as in contradiction,entailment,neutral, where its files "
            "do not say what they are.",
            "budget_ms": "Rerank as many candidates of each query as fit in so many milliseconds; the others follow "
            "in their order.",
            "claim": "The query is a claim: say of each hit whether it supports or contradicts it, and where.",
        },
        old={"weight": ("--judge-weight",), "kind": ("--judge-kind",), "precision": ("--judge-precision",)},
    ),
    request_options(
        Rerank,
        {"model": ("--first-reranker",), "depth": ("--first-depth",)},
        to="first",
        prefix="first_",
        helps={
            "model": "A cheaper reranker that selects, from more candidates, those that the other one reads.",
            "depth": "Candidates that the first reranker reads. [default: twice --depth]",
        },
        metavars={"model": "MODEL"},
        old={"model": ("--first-judge",)},
    ),
    nli_option(
        "NLI model, which reranks unless there is a --reranker", "--reranker, or --nli for --collapse"
    ),
    collected(RerankChoice, "reranking"),
)


def refuse_unused(*, rerank: bool, collapse: bool) -> None:
    """Refuse options of models that have nothing to do.

    Raises:
        UsageError: one was typed that neither --rerank nor --collapse, as far as they were given, uses.
    """
    for parameter in click.get_current_context().command.params:
        name, guards = parameter.name or "", parameter.name in ("nli", "rerank_labels")
        if not guards and not name.startswith(("reranker", "rerank_", "first_")):
            continue
        if not (rerank or (collapse and guards)) and typed(name):
            wanted = "--rerank or --collapse" if guards else "--rerank"
            raise UsageError(f"{max(parameter.opts, key=len)} needs {wanted}")


def reranked(texts: Iterable[str], counts: Sequence[Sequence[StageCount]]) -> list[str]:
    """The queries whose candidates a reranker read."""
    return [text for text, stages in zip(texts, counts, strict=True) if not _left_alone(stages)]


def _left_alone(stages: Sequence[StageCount]) -> LeftAlone:
    """Why no stage read a query's candidates; "" if one did."""
    return stages[-1].left_alone if all(stage.left_alone for stage in stages) else ""


def tell(counts: Sequence[Sequence[StageCount]], *, quiet: bool) -> None:
    """Say on stderr what the hits do not show: candidates that were not reranked, queries cut, an order left alone.

    Args:
        counts: for each query what each stage did.
        quiet: leave out what is no warning.
    """
    if left := left_alone_note([_left_alone(stages) for stages in counts]):
        note(left, quiet=quiet)
    elif counts and all(stage.weight == 0 for stages in counts for stage in stages):
        note("the order is that of the search: the reranker's weight is 0", quiet=quiet)
    if not all(stage.complete for stages in counts for stage in stages):
        last = [stages[-1] for stages in counts]
        judged, wanted = sum(stage.n_judged for stage in last), sum(stage.n_wanted for stage in last)
        note(f"the time budget ended: {judged:,} of {counted(wanted, 'candidate')} reranked")
    if cut := sum(any(stage.n_truncated for stage in stages) for stages in counts):
        which = f"{cut:,} of {len(counts):,} queries" if len(counts) > 1 else "the query was"
        note(f"{which} cut to what the reranker can read beside a passage")
