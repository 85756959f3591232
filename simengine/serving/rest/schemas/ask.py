"""POST /v1/ask."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from simengine.requests.ask import QUESTION_FIELDS, AnswerOptions
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
    precision: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Give answers of which this share is right; needs a decision that was fitted for the index.",
    )
    n_nearest: int = Field(default=3, ge=0, le=20, description="Passages to name for reading on.")
    candidates: int = Field(
        default=8, ge=1, le=100, description="Documents that the search offers for the question."
    )
    mode: Literal["hybrid", "dense", "lexical"] = Field(default="hybrid", description="Of that search.")
    faq: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="Titles as stored questions: those that read like one, all, or none.",
    )
    question_fields: list[str] = Field(
        default=list(QUESTION_FIELDS),
        min_length=1,
        max_length=20,
        description="Metadata fields that hold the question which a document answers, or `title`.",
    )
    followups: Literal["better", "expand", "off"] = Field(
        default="better",
        description="A question that leans on the one before: as asked or with its subject put in, whichever is "
        "answered better; with its subject; or as asked.",
    )
    index: IndexName | None = None

    def options(self) -> AnswerOptions:
        """The same, as the engine takes it."""
        return AnswerOptions(
            candidates=self.candidates,
            mode=self.mode,
            where=self.where,
            question_fields=tuple(self.question_fields),
            faq=self.faq,
            precision=self.precision,
            threshold=self.threshold,
            followups=self.followups,
            n_nearest=self.n_nearest,
        )


class AskResponse(AnswerResult):
    """The answer with its evidence, or "not found" with the nearest passages."""

    index: str
