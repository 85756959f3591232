"""What reranking gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simengine.types import Hit


@dataclass(frozen=True, slots=True)
class StageCount:
    """What one stage did for one query.

    Attributes:
        n_wanted: candidates that it was to judge.
        n_judged: those that it judged; fewer where the time budget ended.
        n_truncated: those of which it could not read the whole query.
    """

    n_wanted: int
    n_judged: int
    n_truncated: int

    @property
    def complete(self) -> bool:
        """Whether it judged all that it was to judge."""
        return self.n_judged == self.n_wanted


@dataclass(frozen=True, slots=True)
class RerankResult:
    """Reranked hits.

    Attributes:
        hits: for each query its hits, best first.
        counts: for each query what each stage did.
        timings_ms: wall time over all queries: "judge" (the models), "rerank" (everything).
    """

    hits: list[list[Hit]]
    counts: Sequence[tuple[StageCount, ...]]
    timings_ms: Mapping[str, float]

    @property
    def n_incomplete(self) -> int:
        """Queries of which the time budget left candidates unjudged."""
        return sum(not all(stage.complete for stage in stages) for stages in self.counts)
