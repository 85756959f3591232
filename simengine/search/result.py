"""What a search gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simengine.types import FloatMatrix, Hit, RowArray


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits for each query.

    Attributes:
        hits: for each query its hits, best first.
        timings_ms: wall time of each stage over all queries: "filter", "encode", "dense", "lexical", "fuse", "fetch"
            (those that ran) and "total".
    """

    hits: list[list[Hit]]
    timings_ms: Mapping[str, float]


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
