"""What a search is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from simengine.errors import UsageError

Mode: TypeAlias = Literal["hybrid", "dense", "lexical"]
Fusion: TypeAlias = Literal["auto", "rrf"]

DEFAULT_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search.

    Attributes:
        k: documents wanted for each query, at least 1; fewer come out where the index, or the filter, holds fewer.
        mode: "hybrid" (meaning and words), "dense" (meaning) or "lexical" (words; BM25).
        where: filter expression over the metadata (see `simengine.search.filters`), None for all documents.
        candidates: passages that each side offers to the fusion, at least 1; never fewer than k are used. More
            find documents that both sides rank low; beyond 100 hardly any are left to find.
        exact: compare with every vector instead of asking the candidate index.
        fusion: "auto" trusts each side as far as query and corpus suggest (see `simengine.search.fusion`); "rrf" is
            reciprocal rank fusion.

    Raises:
        UsageError: a value is out of range.
    """

    k: int = 10
    mode: Mode = "hybrid"
    where: str | None = None
    candidates: int = DEFAULT_CANDIDATES
    exact: bool = False
    fusion: Fusion = "auto"

    def __post_init__(self) -> None:
        for name, value in (("k", self.k), ("candidates", self.candidates)):
            if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
                raise UsageError(f"{name} is {value!r}; expected a whole number of at least 1")
        if self.where is not None and not isinstance(self.where, str):
            raise UsageError(f"where is {self.where!r}; expected a filter expression as a string")
        for name, choice, allowed in (("mode", self.mode, Mode), ("fusion", self.fusion, Fusion)):
            if choice not in get_args(allowed):
                raise UsageError(f"{name} is {choice!r}; expected one of {', '.join(get_args(allowed))}")
