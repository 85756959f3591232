"""Options of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from simengine.text.arguments import as_choice, as_flag, as_where, as_whole

Mode: TypeAlias = Literal["hybrid", "dense", "lexical"]
Fusion: TypeAlias = Literal["auto", "rrf"]

DEFAULT_CANDIDATES = 100
MOST_WANTED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search.

    Attributes:
        k: documents per query, at least 1; fewer are returned if the index, or the filter, has fewer.
        mode: "hybrid" (meaning and words), "dense" (meaning) or "lexical" (words; BM25).
        where: filter expression over the metadata (see `simengine.search.filters`), None for all documents.
        candidates: passages that each side gives to the fusion, at least 1; never fewer than k are used. More
            find documents that both sides rank low; beyond 100 hardly any more are found.
        exact: compare with every vector instead of using the ANN index.
        fusion: "auto" weights each side as query and corpus suggest (see `simengine.search.fusion`); "rrf" is
            reciprocal rank fusion.

    Raises:
        UsageError: a value is out of range, or of another type.
        DataError: the filter contains half of a surrogate pair or U+0000.
    """

    k: int = 10
    mode: Mode = "hybrid"
    where: str | None = None
    candidates: int = DEFAULT_CANDIDATES
    exact: bool = False
    fusion: Fusion = "auto"

    def __post_init__(self) -> None:
        for name, value in (("k", self.k), ("candidates", self.candidates)):
            object.__setattr__(self, name, as_whole(value, name, most=MOST_WANTED))
        if self.where is not None:
            object.__setattr__(self, "where", as_where(self.where))
        object.__setattr__(self, "exact", as_flag(self.exact, "exact"))
        as_choice(self.mode, "mode", get_args(Mode))
        as_choice(self.fusion, "fusion", get_args(Fusion))
