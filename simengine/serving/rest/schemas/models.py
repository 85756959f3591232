"""GET /v1/models, as OpenAI's clients read it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simengine.serving.results import Result


class ModelResult(Result):
    """A model that may be named in a request."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(
        ge=0, description="When the first index that uses it was built, Unix time in seconds."
    )
    owned_by: Literal["simengine"] = "simengine"
    task: Literal["embeddings", "rerank"]
    indexes: list[str] = Field(description="Indexes that were built with it, or whose hits it reranks.")
    dimensions: int | None = Field(description="Of its vectors; null for a reranker.")
    max_tokens: int | None = Field(
        description="That it reads of a text, special tokens included; null for a reranker, which reads windows."
    )


class ModelList(Result):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelResult]
