"""POST /v1/search."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, FiniteFloat

from simengine.serving.rest.schemas.common import Filter, IndexName, Request, Statement
from simengine.serving.results import HitResult, Notes, Result


class SearchRequest(Request):
    """A query to an index."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": "keep the most recent items", "k": 3},
                {"query": "coffee is good for the heart", "k": 5, "rerank": True, "claim": True},
            ]
        }
    )

    query: Statement
    index: IndexName | None = None
    k: int = Field(default=10, ge=1, description="Documents wanted; fewer come back where there are no more.")
    mode: Literal["hybrid", "dense", "lexical"] = Field(
        default="hybrid", description="By meaning and words, by meaning, or by words (BM25)."
    )
    where: Filter | None = None
    rerank: bool = Field(
        default=False,
        description="Let a cross-encoder judge the best candidates and blend that into the order.",
    )
    claim: bool = Field(
        default=False,
        description="The query is a claim: say of each hit whether it supports or contradicts it; reranks.",
    )
    budget_ms: float | None = Field(
        default=None,
        gt=0,
        description="Time for judging; candidates beyond it stay unjudged. Needs `rerank`.",
    )
    exact: bool = Field(
        default=False, description="Compare with every vector instead of asking the candidate index."
    )
    fusion: Literal["auto", "rrf"] = Field(default="auto", description="How hybrid joins both sides.")
    collapse: bool = Field(
        default=False,
        description="Fold hits that say the same into the best of them, whose `duplicates` names the others.",
    )


class JudgedCount(Result):
    """What one judge did."""

    n_wanted: int = Field(ge=0, description="Candidates that it was to judge.")
    n_judged: int = Field(ge=0, description="Fewer than `n_wanted` where `budget_ms` ended.")
    n_truncated: int = Field(ge=0, description="Of these, with a query that was too long to be read whole.")


class SearchResponse(Result):
    """Hits, best first."""

    index: str
    query: str
    hits: list[HitResult]
    judged: list[JudgedCount] = Field(description="For each judge; empty without `rerank`.")
    query_tokens_truncated: int = Field(
        ge=0, description="Tokens of the query that the encoder could not read; 0 for lexical search."
    )
    timings_ms: dict[str, FiniteFloat] = Field(description="Wall time of each stage, and in all.")
    notes: Notes
