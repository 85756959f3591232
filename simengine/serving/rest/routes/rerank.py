"""Documents put into order for a query, for the clients of Cohere and Jina."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter

from simengine.errors import UsageError
from simengine.requests.hits import RerankRequest as Passages
from simengine.requests.rerank import Rerank
from simengine.serving.naming import ServedModel, find_model
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.common import Usage
from simengine.serving.rest.schemas.rerank import (
    ApiVersion,
    BilledUnits,
    CompatibleRerankRequest,
    Meta,
    RankedDocument,
    RerankResponse,
)
from simengine.types import Hit, Passage


def router(context: ServiceContext) -> APIRouter:
    """POST /v1/rerank and /v2/rerank."""
    routes = APIRouter(tags=["compatible"], generate_unique_id_function=operation_id)

    @routes.post("/v1/rerank", summary="Put documents into order for a query (Cohere, Jina)")
    async def rerank(request: CompatibleRerankRequest) -> RerankResponse:
        return await _checked(context, request, "1")

    @routes.post("/v2/rerank", summary="Put documents into order for a query (Cohere's second version)")
    async def rerank_v2(request: CompatibleRerankRequest) -> RerankResponse:
        return await _checked(context, request, "2")

    return routes


async def _checked(context: ServiceContext, request: CompatibleRerankRequest, version: str) -> RerankResponse:
    context.check_query(request.query)
    texts = [_text_of(each, place, request.rank_fields) for place, each in enumerate(request.documents)]
    context.check_texts(texts, "documents")
    model = find_model(context.catalogue, "rerank", request.model)
    return await context.call(lambda: _reranked(model, request, texts, version))


def _reranked(
    model: ServedModel, request: CompatibleRerankRequest, texts: list[str], version: str
) -> RerankResponse:
    served = model.indexes[0]
    asked = Passages((request.query,), [_hits(texts)], Rerank(depth=len(texts), weight=1))
    (hits,) = served.texts.run(asked).hits
    said = {int(hit.id): hit.judgement for hit in hits if hit.judgement is not None}
    order = sorted(range(len(texts)), key=lambda place: (-said[place].relevance, place))
    n_tokens = int(served.models.judge().count_tokens([(request.query, text) for text in texts]).sum())
    notes = [str(note) for note in served.texts.notes(asked)]
    return RerankResponse(
        id=str(uuid.uuid4()),
        model=model.id,
        results=[
            RankedDocument(
                index=place,
                relevance_score=said[place].relevance,
                document=_as_object(request.documents[place]) if request.return_documents else None,
            )
            for place in order[: request.top_n]
        ],
        meta=_meta(request, model, max(each.n_truncated for each in said.values()), version, notes),
        usage=Usage(prompt_tokens=n_tokens, total_tokens=n_tokens),
    )


def _hits(texts: Sequence[str]) -> list[Hit]:
    return [
        Hit(str(place), 0.0, place + 1, "", Passage(0, len(text), text), {}, {})
        for place, text in enumerate(texts)
    ]


def _meta(
    request: CompatibleRerankRequest, model: ServedModel, n_cut: int, version: str, notes: list[str]
) -> Meta:
    warnings = [*request.unused(), *notes]
    if n_cut:
        warnings.append(f"{n_cut} tokens of the query were too many for {model.id} to read")
    return Meta(
        api_version=ApiVersion(version=version),
        billed_units=BilledUnits(search_units=1),
        warnings=warnings or None,
    )


def _text_of(document: str | Mapping[str, Any], place: int, fields: list[str] | None) -> str:
    """What is read of a document: the text, or the fields that were named, in their order."""
    if isinstance(document, str):
        return document
    wanted = fields or ["text"]
    found = [document[name] for name in wanted if name in document]
    if not found or not all(isinstance(value, str) for value in found):
        raise UsageError(
            f"documents[{place}] has no text in {', '.join(wanted)!r:.80}; expected a text, or an object with one there"
        )
    return "\n".join(found)


def _as_object(document: str | dict[str, Any]) -> dict[str, Any]:
    return {"text": document} if isinstance(document, str) else document
