"""Searching an index."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le

from simengine.requests.fields import MOST_WANTED, Filter, Help, K, Texts, check_fields, values_of
from simengine.requests.rerank import Rerank

Mode: TypeAlias = Literal["hybrid", "dense", "lexical"]
Fusion: TypeAlias = Literal["auto", "rrf"]

DEFAULT_CANDIDATES = 100


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
        UsageError: a value is out of range, or has the wrong type.
        DataError: the filter contains half of a surrogate pair or U+0000.
    """

    k: K = 10
    mode: Annotated[
        Mode, Help("How to search: by meaning and words, by meaning alone, or by words alone.")
    ] = "hybrid"
    where: Filter = None
    candidates: Annotated[
        int, Ge(1), Le(MOST_WANTED), Help("Passages that each side of a hybrid search gives to the fusion.")
    ] = DEFAULT_CANDIDATES
    exact: Annotated[bool, Help("Compare with every vector instead of using the ANN index.")] = False
    fusion: Annotated[
        Fusion,
        Help(
            "How hybrid search combines both sides: auto weights each as the query and corpus suggest; "
            "rrf is reciprocal rank fusion."
        ),
    ] = "auto"

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class SearchRequest(SearchOptions):
    """Hits for one or more queries.

    Attributes:
        queries: texts.
        rerank: how cross-encoders rerank the candidates; None keeps the order of the search.
        collapse: fold hits that say the same into the best of them.
        explain: explain each hit by the parts of its score and the words that make it similar to the query.
    """

    queries: Annotated[tuple[str, ...], Texts("query")] = field(default=(), kw_only=True)
    rerank: Rerank | None = field(default=None, kw_only=True)
    collapse: Annotated[
        bool, Help("Fold hits that say the same into the best of them; an NLI model makes sure that they do.")
    ] = field(default=False, kw_only=True)
    explain: Annotated[
        bool,
        Help("Explain each hit by the parts of its score and the words that make it similar to the query."),
    ] = field(default=False, kw_only=True)

    def options(self) -> SearchOptions:
        """The search options alone, without queries and later stages."""
        return SearchOptions(**values_of(SearchOptions, self))


@dataclass(frozen=True, slots=True)
class SimilarRequest:
    """The documents nearest to a document, excluding itself.

    Attributes:
        document_id: the mean of its passages' vectors is the query.
        k: documents to return.
        where: filter expression over the metadata.
    """

    document_id: Annotated[str, Help("Id of the document.")]
    k: K = 10
    where: Filter = None

    def __post_init__(self) -> None:
        from simengine.text.arguments import as_id

        object.__setattr__(self, "document_id", as_id(self.document_id, "document_id"))
        check_fields(self)
