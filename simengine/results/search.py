"""Results of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simengine.types import FloatMatrix, Hit, RowArray


@dataclass(frozen=True, slots=True)
class StageCount:
    """One reranking stage's counts for one query.

    Attributes:
        n_wanted: candidates to rerank.
        n_judged: those that were reranked; fewer if the time budget ran out.
        n_truncated: those for which the whole query did not fit.
        weight: its share of the blended score; 0 if it kept the order.
    """

    n_wanted: int
    n_judged: int
    n_truncated: int
    weight: float

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
