"""POST /v1/rerank and /v2/rerank, as the clients of Cohere and Jina send and read it."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, FiniteFloat, JsonValue, Tag

from simengine.serving.rest.schemas.common import CompatibleRequest, JsonObject, Statement, Usage
from simengine.serving.results import Result


def _kind(value: Any) -> str | None:
    return "<text>" if isinstance(value, str) else "<object>" if isinstance(value, dict) else None


Document: TypeAlias = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[JsonObject, Tag("<object>")],
    Discriminator(
        _kind,
        custom_error_type="document",
        custom_error_message="expected a text, or an object that holds one",
    ),
]


class CompatibleRerankRequest(CompatibleRequest):
    """A query, and documents to put into order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "minilm-relevance",
                    "query": "who wrote Emma",
                    "documents": ["Emma is a name.", "Jane Austen wrote Emma."],
                    "top_n": 1,
                }
            ]
        }
    )

    query: Statement
    documents: list[Document] = Field(
        min_length=1, description="Texts, or objects with a `text` (or with the fields of `rank_fields`)."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As GET /v1/models names it; there is one."
    )
    top_n: int | None = Field(default=None, ge=1, description="So many of the best; all by default.")
    rank_fields: list[str] | None = Field(
        default=None,
        min_length=1,
        max_length=32,
        description="Fields of the objects that are read, in order.",
    )
    return_documents: bool | None = Field(default=None, description="Give each document back with its score.")
    max_chunks_per_doc: Any = Field(default=None, description="Ignored: a document is read whole.")
    max_tokens_per_doc: Any = Field(default=None, description="Ignored: a document is read whole.")
    relevant_spans: Any = Field(default=None, description="Not given; see POST /v1/nli for evidence.")

    def unused(self) -> list[str]:
        """What was asked for that changes nothing here, for people."""
        read_whole = "documents are read whole, in windows where they are long"
        reasons = {
            "max_chunks_per_doc": read_whole,
            "max_tokens_per_doc": read_whole,
            "relevant_spans": "spans are not given",
        }
        return [
            f"{name} is ignored: {why}" for name, why in reasons.items() if getattr(self, name) is not None
        ]


class RankedDocument(Result):
    """A document's place."""

    index: int = Field(ge=0, description="Which of the documents that were sent.")
    relevance_score: FiniteFloat = Field(
        ge=0, le=1, description="The reranker's own, not calibrated; higher is better."
    )
    document: dict[str, JsonValue] | None = Field(default=None, description="Where it was asked for.")


class ApiVersion(Result):
    """Of the requests that are understood."""

    version: str


class BilledUnits(Result):
    """One search unit for each request."""

    search_units: int = Field(ge=0)


class Meta(Result):
    """As Cohere's clients read it."""

    api_version: ApiVersion
    billed_units: BilledUnits
    warnings: list[str] | None = None


class RerankResponse(Result):
    """Documents, best first."""

    id: str
    model: str
    results: list[RankedDocument]
    meta: Meta
    usage: Usage
