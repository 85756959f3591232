"""POST /v1/recommend."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from simengine.serving.rest.schemas.common import Filter, Identifier, IndexName, Request, Statement
from simengine.serving.results import Notes, RecommendationResult, Result


class RecommendRequest(Request):
    """What somebody likes and dislikes: documents of the index, or any texts. One at least has to be named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"liked": ["functools.lru_cache"], "n": 3, "reasons": True},
                {"liked": ["film-50"], "disliked": ["film-219"], "refuse": ["The film is violent."]},
            ]
        }
    )

    liked: list[Identifier] = Field(default_factory=list, description="Ids of documents.")
    disliked: list[Identifier] = Field(default_factory=list, description="Ids of documents.")
    liked_texts: list[Statement] = Field(default_factory=list, description="Any texts.")
    disliked_texts: list[Statement] = Field(default_factory=list, description="Any texts.")
    refuse: list[Statement] = Field(
        default_factory=list, max_length=20, description="Documents that entail one of these are left out."
    )
    require: list[Statement] = Field(
        default_factory=list,
        max_length=20,
        description="Documents that contradict one of these are left out.",
    )
    n: int = Field(default=10, ge=1, description="Documents wanted; fewer come back where there are no more.")
    where: Filter | None = None
    diversity: float = Field(
        default=0.0, ge=0, le=1, description="0 ranks by score alone, 1 by being unlike what stands above."
    )
    reasons: bool = Field(
        default=False, description="The sentence of each document that speaks for it; takes longer."
    )
    index: IndexName | None = None


class RecommendResponse(Result):
    """Documents, best first; none of those that were named."""

    index: str
    recommendations: list[RecommendationResult]
    notes: Notes
