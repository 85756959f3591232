"""POST /v1/ask."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from simengine.serving.rest.schemas.common import Filter, IndexName, Request, Statement
from simengine.serving.results import AnswerResult


class AskRequest(Request):
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
    history: list[Statement] = Field(
        default_factory=list,
        max_length=50,
        description="Earlier questions of the conversation, oldest first: a follow-up keeps their subject.",
    )
    where: Filter | None = None
    threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Answers of a lower probability are not given; by default as fitted for the index, else 0.5.",
    )
    n_nearest: int = Field(default=3, ge=0, le=20, description="Passages to name for reading on.")
    index: IndexName | None = None


class AskResponse(AnswerResult):
    """The answer with its evidence, or "not found" with the nearest passages."""

    index: str
