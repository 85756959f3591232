"""What the tools give back, beyond what all fronts share."""

from __future__ import annotations

from pydantic import Field, JsonValue

from simengine.serving.results import (
    CheckResult,
    ClassificationResult,
    ConflictResult,
    HitResult,
    Notes,
    RecommendationResult,
    Result,
    Rounded,
    VerdictResult,
)


class HitsToolResult(Result):
    """Hits, best first."""

    index: str
    hits: list[HitResult]
    notes: Notes


class SearchToolResult(HitsToolResult):
    """Hits of a search, best first."""

    n_unjudged: int = Field(ge=0, description="Candidates that the reranker left out for lack of time.")


class CheckToolResult(CheckResult):
    """The claims of the text, one by one."""

    index: str
    notes: Notes


class ScoreToolResult(Result):
    """How two texts relate."""

    cosine: Rounded = Field(ge=-1, le=1, description="Similarity of the texts' vectors; not a probability.")
    similarity: Rounded | None = Field(
        None, ge=0, le=1, description="Of a cross-encoder for graded similarity; null where none is served."
    )
    verdict: VerdictResult | None = Field(
        description="What text1, taken as true, says about text2; null where it was not asked for."
    )
    n_truncated: int = Field(ge=0, description="Tokens of both texts that did not enter the cosine.")
    told_apart: bool = Field(
        default=True,
        description="False where the cosine means nothing: the model does not know the characters of a text, or those "
        "that the texts differ in.",
    )


class RecommendToolResult(Result):
    """Documents, best first; none of those that were named."""

    index: str
    recommendations: list[RecommendationResult]
    notes: Notes


class ClassifyToolResult(Result):
    """The labels of each text, in order."""

    classifications: list[ClassificationResult]
    notes: Notes


class ContradictionsToolResult(Result):
    """Claims that conflict, the surest first."""

    index: str
    conflicts: list[ConflictResult] = Field(description="The first of them.")
    n_conflicts: int = Field(ge=0, description="In all.")
    n_claims: int = Field(ge=0, description="Claims that were compared with those nearest to them.")
    n_judged: int = Field(ge=0, description="Pairs of claims that were judged.")
    n_not_judged: int = Field(ge=0, description="All other pairs: unlike each other, or beyond max_pairs.")
    n_left_out: int = Field(ge=0, description="Of these, pairs that are alike, beyond max_pairs.")


class MetadataField(Result):
    """A field that filters may name."""

    name: str
    types: list[str]
    count: int = Field(ge=0, description="Documents that have it.")
    examples: list[JsonValue]


class IndexDescription(Result):
    """What an index holds."""

    name: str
    documents: int = Field(ge=0)
    passages: int = Field(ge=0)
    model: str
    fields: list[MetadataField]


class IndexesToolResult(Result):
    """The indexes that can be searched, the default one first."""

    indexes: list[IndexDescription]
