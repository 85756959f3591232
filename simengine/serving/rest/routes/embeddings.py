"""Vectors of texts, for OpenAI's clients."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Response

from simengine.engine.contracts import Encoded, Role
from simengine.errors import UsageError
from simengine.serving.naming import ServedModel, find_model
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.common import Usage
from simengine.serving.rest.schemas.embeddings import EmbeddingsRequest, EmbeddingsResponse, as_embeddings

WARNING_HEADER = "X-Simengine-Warning"
ROLES: dict[str | None, Role] = {"query": "query", "document": "passage", "passage": "passage", None: "text"}


def router(context: ServiceContext) -> APIRouter:
    """POST /v1/embeddings."""
    routes = APIRouter(tags=["compatible"], generate_unique_id_function=operation_id)

    @routes.post("/v1/embeddings", summary="Vectors of texts (OpenAI)")
    async def embeddings(request: EmbeddingsRequest, response: Response) -> EmbeddingsResponse:
        context.check_texts(request.input, "input")
        model = find_model(context.catalogue, "embeddings", request.model)
        _check_dimensions(request.dimensions, model)
        answer, warning = await context.call(lambda: _embedded(model, request))
        if warning:
            response.headers[WARNING_HEADER] = warning
        return answer

    return routes


def _embedded(model: ServedModel, request: EmbeddingsRequest) -> tuple[EmbeddingsResponse, str]:
    """The answer, and what a header says beside it: the format has no place for notes."""
    encoded = model.indexes[0].retriever.encode_counted(request.input, role=ROLES[request.input_type])
    if not request.truncate:
        _refuse_cut(encoded, model)
    n_read = int((encoded.n_tokens - encoded.n_truncated).sum())
    answer = EmbeddingsResponse(
        data=as_embeddings(encoded.vectors, request.encoding_format),
        model=model.id,
        usage=Usage(prompt_tokens=n_read, total_tokens=n_read),
    )
    unread = np.flatnonzero(encoded.unreadable)
    if not len(unread):
        return answer, ""
    return answer, (
        f"input[{unread[0]}] ({len(unread)} of {len(encoded.vectors)} inputs): the model does not know its characters "
        "and cannot tell such texts apart"
    )


def _check_dimensions(wanted: int | None, model: ServedModel) -> None:
    if wanted is not None and wanted != model.dimension:
        raise UsageError(
            f"dimensions is {wanted}; vectors of {model.id} have {model.dimension} dimensions and are not cut. Leave "
            "dimensions out"
        )


def _refuse_cut(encoded: Encoded, model: ServedModel) -> None:
    cut = np.flatnonzero(encoded.n_truncated)
    if len(cut):
        first = int(cut[0])
        n_tokens, n_cut = int(encoded.n_tokens[first]), int(encoded.n_truncated[first])
        raise UsageError(
            f"input[{first}] has {n_tokens:,} tokens; {model.id} reads {n_tokens - n_cut:,}. Send it in pieces, or set "
            "truncate to true to have its beginning encoded"
        )
