"""What a search gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simengine.types import FloatMatrix, Hit, RowArray


@dataclass(frozen=True, slots=True)
class StageCount:
    """What one reranking stage did for one query.

    Attributes:
        n_wanted: candidates that it was to judge.
        n_judged: those that it judged; fewer where the time budget ended.
        n_truncated: those of which it could not read the whole query.
        weight: its share of the blended score; 0 where it left the order alone.
    """

    n_wanted: int
    n_judged: int
    n_truncated: int
    weight: float

    @property
    def complete(self) -> bool:
        """Whether it judged all that it was to judge."""
        return self.n_judged == self.n_wanted


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits for each query.

    Attributes:
        hits: for each query its hits, best first.
        timings_ms: wall time of each stage over all queries: "filter", "encode", "dense", "lexical", "fuse", "fetch",
            "judge" (the cross-encoders), "rerank" (judging and reordering), "collapse" (those that ran) and "total".
        counts: for each query what each reranking stage did; empty where nothing was reranked.
    """

    hits: list[list[Hit]]
    timings_ms: Mapping[str, float]
    counts: Sequence[tuple[StageCount, ...]] = ()

    @property
    def n_incomplete(self) -> int:
        """Queries of which the time budget left candidates unjudged."""
        return sum(not all(stage.complete for stage in stages) for stages in self.counts)


@dataclass(frozen=True, slots=True)
class SearchArrays:
    """Hits as arrays, for pipelines. Places that cannot be filled hold an empty id, -inf and -1.

    Attributes:
        ids: q lists of k document ids, best first.
        scores: (q, k) float32, falling.
        rows: (q, k) int64, the row of each document's best passage.
        doc_keys: (q, k) int64, the documents' numbers within the index's present generation.
        timings_ms: as in `SearchResult`.
    """

    ids: Sequence[Sequence[str]]
    scores: FloatMatrix
    rows: RowArray
    doc_keys: RowArray
    timings_ms: Mapping[str, float]
