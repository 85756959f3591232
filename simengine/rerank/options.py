"""How candidates are reranked."""

from __future__ import annotations

from dataclasses import dataclass

from simengine.errors import UsageError
from simengine.requests.rerank import DEFAULT_DEPTH
from simengine.rerank.judge import Judge
from simengine.text.arguments import as_flag, as_number, as_whole

DEFAULT_WEIGHT = 0.25
"""Candidates that are judged, and the judge's share of the blended score (see `simengine.rerank.blend`), where nothing
was fitted for an index.

Chosen for the model that ships by benchmarks/quality_rerank.py: of those that make no collection worse by more than
0.01 the pair with the best mean nDCG@10; a greater depth must gain 0.002 more. The benchmark reports what such a choice
is worth on a collection that took no part in it, and says when another pair has become the best. The form of the blend
(see `simengine.rerank.blend`) was chosen on the same collections among ten, by the mean over collections left out.
"""


def check_weight(weight: object) -> float:
    """A share in [0, 1].

    Raises:
        UsageError: it is none.
    """
    return as_number(weight, "weight (0: the retriever's order, 1: the judge alone)", 0, 1)


@dataclass(frozen=True, slots=True)
class Stage:
    """One judge, and what it judges.

    Attributes:
        judge: reads each candidate beside the query.
        depth: it judges so many of the best candidates, as the stage before (or the retriever) ordered them.
        weight: the judge's share of the blended score, in [0, 1]; 0 leaves order and scores as they are.

    Raises:
        UsageError: a value is out of range.
    """

    judge: Judge
    depth: int = DEFAULT_DEPTH
    weight: float = DEFAULT_WEIGHT

    def __post_init__(self) -> None:
        check_depth(self.depth)
        check_weight(self.weight)


def check_depth(depth: object) -> None:
    """Raise UsageError unless it is a whole number of at least 1."""
    as_whole(depth, "depth")


@dataclass(frozen=True, slots=True)
class RerankOptions:
    """What holds for all stages.

    Attributes:
        claim: the queries are claims: the last stage tells each hit's stance (it needs an NLI model).
        budget_ms: judging a query's candidates takes about so long at most, in milliseconds; None for no limit. The
            candidates are judged in their order, block by block, as long as the next block is expected to end in
            time; those that are left keep their order, below the judged ones. How many fit depends on how busy the
            machine is, and so does the result.

    Raises:
        UsageError: a value is out of range.
    """

    claim: bool = False
    budget_ms: float | None = None

    def __post_init__(self) -> None:
        as_flag(self.claim, "claim")
        if self.budget_ms is not None and as_number(self.budget_ms, "budget_ms", 0) == 0:
            raise UsageError("budget_ms is 0; expected a number of milliseconds above 0")
