"""Requests and results of changing an index, and of what the service says about itself."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue

from simengine.indexing.report import IndexReport
from simengine.serving.rest.schemas.common import Bounded
from simengine.serving.results import ConflictResult, Rounded
from simengine.types import Document

MAX_ID_CHARS = 1_024


class DocumentBody(BaseModel):
    """A document."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        json_schema_extra={
            "examples": [{"id": "purr", "text": "Cats purr when content.", "metadata": {"topic": "animals"}}]
        },
    )

    id: str = Field(
        min_length=1,
        max_length=MAX_ID_CHARS,
        validation_alias=AliasChoices("id", "_id"),
        description="Or `_id`.",
    )
    text: str
    title: str = ""
    metadata: dict[str, JsonValue] = Field(default_factory=dict)

    def document(self) -> Document:
        """The same, as the engine takes it."""
        return Document(self.id, self.text, self.title, self.metadata)

    @classmethod
    def of(cls, document: Document) -> Self:
        """A document as JSON."""
        return cls.model_construct(
            id=document.id, text=document.text, title=document.title, metadata=dict(document.metadata)
        )


class WriteRequest(Bounded):
    """Documents for an index."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    documents: list[DocumentBody] = Field(min_length=1)
    policy: Literal["add", "upsert"] = Field(
        default="add",
        description="add: an id that is in the index with other content is refused (409), and nothing is added. "
        "upsert: it is replaced.",
    )
    check_conflicts: bool = Field(
        default=False,
        description="Report which of their claims contradict documents that were there before. They are written all "
        "the same; slower.",
    )
    index: str | None = Field(default=None, description="Which index, where several are served.")


class WriteResult(BaseModel):
    """What a write did. What it says is committed, and found by searches that begin after it."""

    index: str
    added: int
    updated: int
    unchanged: int
    deleted: int
    missing: list[str] = Field(description="Ids that were to be deleted and are not in the index.")
    passages: int
    tokens: int
    tokens_truncated: int = Field(description="Tokens that did not enter a vector.")
    passages_unreadable: int = Field(
        description="Passages in characters that the model does not know: only their words can be found."
    )
    conflicts: list[ConflictResult] | None = Field(
        default=None,
        description="What the documents contradict in the index; null where it was not asked for.",
    )
    n_not_judged: int | None = Field(
        default=None,
        description="Pairs of claims of the documents and of the index's nearest that were not judged.",
    )
    took_ms: Rounded

    @classmethod
    def of(cls, name: str, report: IndexReport, took_ms: float) -> Self:
        """The same of a report."""
        found = report.conflicts
        return cls(
            index=name,
            added=report.added,
            updated=report.updated,
            unchanged=report.unchanged,
            deleted=report.deleted,
            missing=report.missing,
            passages=report.passages,
            tokens=report.tokens,
            tokens_truncated=report.tokens_truncated,
            passages_unreadable=report.passages_unreadable,
            conflicts=None if found is None else [ConflictResult.of(each) for each in found.conflicts],
            n_not_judged=None if found is None else found.n_not_judged,
            took_ms=took_ms,
        )


class IndexSummary(BaseModel):
    """A served index."""

    name: str
    documents: int
    default: bool


class IndexList(BaseModel):
    """All served indexes."""

    indexes: list[IndexSummary]


class IndexFacts(BaseModel):
    """What an index holds; as `simengine info --format json`."""

    model_config = ConfigDict(extra="allow")

    name: str
    state: str
    generation: int
    commit: int
    counts: dict[str, int]
    coverage: float
    settings: dict[str, Any]
    candidate_index: dict[str, Any] | None
    calibration: dict[str, Any] | None
    bytes: int
    fields: dict[str, Any]


class State(BaseModel):
    """How the service is."""

    status: Literal["ok", "ready"]
    version: str
    indexes: list[str] = Field(default_factory=list)
    keys: Literal["ok", "stale"] | None = Field(
        default=None,
        description="stale: the file of keys cannot be used now, and the keys known before stay valid.",
    )
