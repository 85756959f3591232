"""POST /v1/search, /v1/similar, /v1/ask, /v1/check, /v1/recommend, /v1/contradictions and /v1/duplicates.

The fields that are not written here are those of the requests of the same names, with their limits and helps. Fields
that name models or their settings are not among them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic.config import JsonDict

from simengine.errors import UsageError
from simengine.requests.ask import AskRequest
from simengine.requests.check import CheckRequest
from simengine.requests.conflicts import ContradictionsRequest, DuplicatesRequest, GuardOptions
from simengine.requests.recommend import RecommendRequest
from simengine.requests.rerank import Rerank
from simengine.requests.search import SearchRequest, SimilarRequest
from simengine.results.search import SearchResult
from simengine.serving.derived import derived, made
from simengine.serving.rest.schemas.common import KINDS, Body, IndexBody, Statement, Text
from simengine.serving.results import (
    AnswerResult,
    CheckResult,
    ConflictResult,
    DuplicateGroupResult,
    HitResult,
    Notes,
    RecommendationResult,
    Result,
    Rounded,
)

MODEL_FIELDS = ("model", "kind", "labels", "precision", "first")
MOST_CANDIDATES, MOST_READ, MOST_STATEMENTS = 10_000, 100, 20
MOST_NEIGHBOURS, MOST_PAIRS = 100, 20_000
OLD: JsonDict = {"deprecated": True}


@derived(Rerank, KINDS, omit=MODEL_FIELDS, most={"depth": MOST_CANDIDATES})
class RerankBody(Body[Rerank]):
    """How a cross-encoder reorders the candidates."""


def _kind_of_rerank(value: object) -> str:
    return "<options>" if isinstance(value, (dict, BaseModel)) else "<flag>"


@derived(SearchRequest, KINDS, omit=("queries",), most={"candidates": MOST_CANDIDATES})
class SearchBody(IndexBody[SearchRequest]):
    """A query to an index."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": "keep the most recent items", "k": 3},
                {"query": "coffee is good for the heart", "k": 5, "rerank": {"claim": True}},
            ]
        }
    )

    query: Statement
    rerank: Annotated[
        Annotated[bool, Tag("<flag>")] | Annotated[RerankBody, Tag("<options>")],
        Discriminator(_kind_of_rerank),
    ] = Field(default=False, description="Rerank the candidates with a cross-encoder; an object says how.")
    claim: bool = Field(
        default=False,
        description="As in `rerank`. The query is a claim: say of each hit whether it supports or contradicts it.",
        json_schema_extra=OLD,
    )
    budget_ms: float | None = Field(
        default=None, gt=0, description="As in `rerank`, which it needs.", json_schema_extra=OLD
    )

    def request(self) -> SearchRequest:
        """The same, as the engine takes it."""
        chosen = Rerank() if isinstance(self.rerank, bool) else self.rerank.request()
        wanted = self.rerank is not False or self.claim
        if self.budget_ms is not None and not wanted:
            raise UsageError("budget_ms limits the time of reranking; ask for rerank, too")
        if self.claim:
            chosen = replace(chosen, claim=True)
        if self.budget_ms is not None:
            chosen = replace(chosen, budget_ms=self.budget_ms)
        more = {"queries": (self.query,), "rerank": chosen if wanted else None}
        return made(SearchRequest, self, more)


class RerankedCount(Result):
    """What one reranker did."""

    n_wanted: int = Field(ge=0, description="Candidates that it was to read.")
    n_judged: int = Field(ge=0, description="Fewer than `n_wanted` where `budget_ms` ended.")
    n_truncated: int = Field(ge=0, description="Of these, with a query that was too long to be read whole.")


class SearchResponse(Result):
    """Hits, best first."""

    index: str
    query: str
    hits: list[HitResult]
    judged: list[RerankedCount] = Field(description="For each reranker; empty without `rerank`.")
    query_tokens_truncated: int = Field(
        ge=0, description="Tokens of the query that the encoder could not read; 0 for lexical search."
    )
    timings_ms: dict[str, Rounded] = Field(description="Wall time of each stage, and in all.")
    notes: Notes


def reranked_counts(found: SearchResult) -> list[RerankedCount]:
    """What the rerankers of a search for one query did."""
    return [
        RerankedCount(n_wanted=stage.n_wanted, n_judged=stage.n_judged, n_truncated=stage.n_truncated)
        for stages in found.counts
        for stage in stages
    ]


@derived(SimilarRequest, KINDS)
class SimilarBody(IndexBody[SimilarRequest]):
    """A document of an index."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"document_id": "film-50", "k": 3}]})


class SimilarResponse(Result):
    """The documents nearest to a document, best first, without itself."""

    index: str
    document_id: str
    hits: list[HitResult]
    notes: Notes


@derived(
    AskRequest,
    KINDS,
    omit=("questions", "max_question_chars"),
    most={"candidates": MOST_READ, "read": MOST_READ, "n_nearest": 20},
)
class AskBody(IndexBody[AskRequest]):
    """A question to an index."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "How long does shipping to Canada take?"},
                {"question": "And to Mexico?", "history": ["How long does shipping to Canada take?"]},
            ]
        }
    )

    question: Statement

    def request(self) -> AskRequest:
        """The same, as the engine takes it."""
        return made(AskRequest, self, {"questions": (self.question,)})


class AskResponse(AnswerResult):
    """The answer with its evidence, or "not found" with the nearest passages."""

    index: str


@derived(
    CheckRequest,
    KINDS,
    omit=("texts", "source"),
    most={"candidates": MOST_READ, "read": MOST_READ},
)
class CheckBody(IndexBody[CheckRequest]):
    """A text whose claims are judged by an index, or by other texts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "Shipping to Canada takes two days. It is free."},
                {
                    "text": "The tower is 300 metres high.",
                    "source": ["The tower has a height of 310 metres."],
                },
            ]
        }
    )

    text: Statement
    source: list[Text] | None = Field(
        default=None, min_length=1, description="Check against these texts in place of the index."
    )

    def request(self) -> CheckRequest:
        """The same, as the engine takes it."""
        source = None if self.source is None else tuple(self.source)
        return made(CheckRequest, self, {"texts": (self.text,), "source": source})


class CheckResponse(CheckResult):
    """The claims of the text, one by one."""

    index: str
    notes: Notes


@derived(RecommendRequest, KINDS, most={"refuse": MOST_STATEMENTS, "require": MOST_STATEMENTS})
class RecommendBody(IndexBody[RecommendRequest]):
    """What somebody likes and dislikes: documents of the index, or any texts. One at least has to be named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"liked": ["functools.lru_cache"], "k": 3, "reasons": True},
                {"liked": ["film-50"], "disliked": ["film-219"], "refuse": ["The film is violent."]},
            ]
        }
    )

    n: int | None = Field(
        default=None,
        ge=1,
        description="The former name of `k`.",
        json_schema_extra=OLD,
    )

    def request(self) -> RecommendRequest:
        """The same, as the engine takes it."""
        return made(
            RecommendRequest, self, {} if self.n is None or "k" in self.model_fields_set else {"k": self.n}
        )


class RecommendResponse(Result):
    """Documents, best first; none of those that were named."""

    index: str
    recommendations: list[RecommendationResult]
    notes: Notes


@derived(GuardOptions, KINDS)
class GuardBody(Body[GuardOptions]):
    """When two texts say the same."""


GIVEN_DOCUMENTS = ("documents", "against")
SCAN_LIMITS = {"neighbours": MOST_NEIGHBOURS, "max_pairs": MOST_PAIRS}
SCAN_KINDS = replace(KINDS, nested={GuardOptions: GuardBody})


@derived(ContradictionsRequest, KINDS, omit=GIVEN_DOCUMENTS, most=SCAN_LIMITS)
class ContradictionsBody(IndexBody[ContradictionsRequest]):
    """Which documents to look through for claims that conflict. All of them are read: it takes a while."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"where": "year >= 2020", "max_pairs": 1_000}]})


class ContradictionsResponse(Result):
    """Claims that conflict, those that a rule found first, and what was looked at."""

    index: str
    conflicts: list[ConflictResult]
    calibrated: bool
    n_documents: int = Field(ge=0)
    n_claims: int = Field(ge=0)
    n_pairs: int = Field(ge=0, description="Pairs of claims that might be compared at all.")
    n_judged: int = Field(ge=0, description="Pairs that the model has judged, in both directions.")
    n_not_judged: int = Field(
        ge=0, description="The other pairs: neither near nor on one subject, or beyond `max_pairs`."
    )
    n_left_out: int = Field(ge=0, description="Pairs that are near or on one subject, beyond `max_pairs`.")
    threshold: Rounded = Field(ge=0, le=1, description="Least probability of a conflict that no rule found.")


@derived(DuplicatesRequest, SCAN_KINDS, omit=GIVEN_DOCUMENTS, most=SCAN_LIMITS)
class DuplicatesBody(IndexBody[DuplicatesRequest]):
    """Which documents to look through for those that say the same. All of them are read: it takes a while."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"where": "year >= 2020", "min_cosine": 0.9}]})


class DuplicatesResponse(Result):
    """Documents that say the same, similar ones that contradict each other, and what was looked at."""

    index: str
    groups: list[DuplicateGroupResult]
    conflicts: list[ConflictResult]
    calibrated: bool
    n_documents: int = Field(ge=0)
    n_distinct: int = Field(ge=0, description="Documents that are left where every group counts once.")
    n_judged: int = Field(ge=0, description="Pairs of documents that the model has judged.")
    n_left_out: int = Field(ge=0, description="Near pairs beyond `max_pairs`.")
