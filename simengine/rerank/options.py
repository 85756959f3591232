"""How candidates are reranked."""

from __future__ import annotations

from dataclasses import dataclass

from simengine.errors import UsageError
from simengine.models.unknown import readings_of
from simengine.requests.rerank import DEFAULT_DEPTH
from simengine.rerank.judge import Judge
from simengine.results.search import LeftAlone
from simengine.text.arguments import as_flag, as_number, as_whole
from simengine.text.questions import is_question

DEFAULT_WEIGHT = 0.2
"""Candidates to rerank, and the reranker's share of the blended score (see `simengine.rerank.blend`), if nothing
was fitted for an index.

Chosen for the bundled model by benchmarks/quality_rerank.py: of those that make no collection worse by more than
0.002 the pair with the best mean nDCG@10, where only questions are reranked; a greater depth must gain 0.002 more. The
benchmark reports the value of such a choice on a held-out collection, and when another pair has become the best. The
form of the blend was chosen on the same collections among ten, by the mean over collections left out.
"""


def check_weight(weight: object) -> float:
    """A share in [0, 1].

    Raises:
        UsageError: it is not one.
    """
    return as_number(weight, "weight (0: the retriever's order, 1: the reranker alone)", 0, 1)


@dataclass(frozen=True, slots=True)
class Stage:
    """One reranker, and what it reranks.

    Attributes:
        judge: scores each candidate with the query.
        depth: the number of best candidates to rerank, as ordered by the previous stage (or the retriever).
        weight: the reranker's share of the blended score, in [0, 1]; 0 keeps order and scores.
        questions_only: the judge was made for questions: it reads the candidates of no other query, nor those of a
            question in a language that it does not know, and they keep their order.

    Raises:
        UsageError: a value is out of range.
    """

    judge: Judge
    depth: int = DEFAULT_DEPTH
    weight: float = DEFAULT_WEIGHT
    questions_only: bool = False

    def __post_init__(self) -> None:
        check_depth(self.depth)
        check_weight(self.weight)

    def leaves_alone(self, query: str) -> LeftAlone:
        """Why the candidates of a query keep their order; "" if they are reranked."""
        if not self.questions_only:
            return ""
        if readings_of(self.judge, [query])[0].unreadable:
            return "unreadable"
        return "" if is_question(query) else "no question"


def check_depth(depth: object) -> None:
    """Raise UsageError unless it is a whole number of at least 1."""
    as_whole(depth, "depth")


@dataclass(frozen=True, slots=True)
class RerankOptions:
    """Options for all stages.

    Attributes:
        claim: the queries are claims: the last stage adds each hit's stance (it must be an NLI model).
        budget_ms: approximate time limit for reranking a query's candidates, in milliseconds; None for no limit. The
            candidates are scored in their order, block by block, as long as the next block is expected to end in
            time; the rest keep their order, below the reranked ones. How many fit depends on how busy the
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
