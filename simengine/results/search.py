"""Results of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from simengine.types import FloatMatrix, Hit, RowArray

LeftAlone: TypeAlias = Literal["", "no question", "unreadable"]
"""Why a reranking stage did not read a query's candidates; "" if it did."""


@dataclass(frozen=True, slots=True)
class StageCount:
    """One reranking stage's counts for one query.

    Attributes:
        n_wanted: candidates to rerank.
        n_judged: those that were reranked; fewer if the time budget ran out.
        n_truncated: those for which the whole query did not fit.
        weight: its share of the blended score; 0 if it kept the order.
        left_alone: why it read no candidates of this query.
    """

    n_wanted: int
    n_judged: int
    n_truncated: int
    weight: float
    left_alone: LeftAlone = ""

    @property
    def complete(self) -> bool:
        """Whether all candidates were reranked."""
        return self.n_judged == self.n_wanted


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits for each query.

    Attributes:
        hits: for each query its hits, best first.
        timings_ms: wall time of each stage over all queries: "filter", "encode", "dense", "lexical", "fuse", "fetch",
            "judge" (the cross-encoders), "rerank" (scoring and reordering), "collapse" (those that ran) and "total".
        counts: for each query the counts of each reranking stage; empty if nothing was reranked.
    """

    hits: list[list[Hit]]
    timings_ms: Mapping[str, float]
    counts: Sequence[tuple[StageCount, ...]] = ()

    @property
    def n_incomplete(self) -> int:
        """Queries for which the time budget ran out before all candidates were reranked."""
        return sum(not all(stage.complete for stage in stages) for stages in self.counts)


def left_alone_note(reasons: Sequence[LeftAlone]) -> str:
    """Human-readable: that queries keep the order of the search, and why; "" if all were reranked.

    Args:
        reasons: for each query.
    """
    left = [reason for reason in reasons if reason]
    if not left:
        return ""
    which = "the query keeps" if len(reasons) == 1 else f"{len(left):,} of {len(reasons):,} queries keep"
    why = {
        "no question": "ranks answers to questions",
        "unreadable": f"cannot read {'it' if len(reasons) == 1 else 'some'}",
    }
    said = " and ".join(words for reason, words in why.items() if reason in left)
    return (
        f"{which} the order of the search: the default reranker {said}; to rerank such queries, name another one or "
        "fit a weight for the index"
    )


@dataclass(frozen=True, slots=True)
class SearchArrays:
    """Hits as arrays, for pipelines. Padded with empty ids, -inf and -1.

    Attributes:
        ids: q lists of k document ids, best first.
        scores: (q, k) float32, descending.
        rows: (q, k) int64, the row of each document's best passage.
        doc_keys: (q, k) int64, the documents' numbers within the index's current generation.
        timings_ms: as in `SearchResult`.
    """

    ids: Sequence[Sequence[str]]
    scores: FloatMatrix
    rows: RowArray
    doc_keys: RowArray
    timings_ms: Mapping[str, float]
