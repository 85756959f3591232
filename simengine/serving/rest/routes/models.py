"""Which models are served."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.serving.naming import ServedModel, UnknownModelError, served_models
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.models import ModelList, ModelResult


def router(context: ServiceContext) -> APIRouter:
    """GET /v1/models and /v1/models/{id}."""
    routes = APIRouter(tags=["compatible"], generate_unique_id_function=operation_id)

    @routes.get("/v1/models", summary="The models that may be named (OpenAI)")
    async def models() -> ModelList:
        return ModelList(data=[_as_result(model) for model in served_models(context.catalogue)])

    @routes.get("/v1/models/{model_id:path}", summary="One model (OpenAI)")
    async def model(model_id: str) -> ModelResult:
        known = served_models(context.catalogue)
        for each in known:
            if each.id == model_id:
                return _as_result(each)
        names = ", ".join(each.id for each in known)
        raise UnknownModelError(f"no model {model_id!r:.80} is served; there are: {names}")

    return routes


def _as_result(model: ServedModel) -> ModelResult:
    return ModelResult(
        id=model.id,
        created=model.created_s,
        task=model.task,
        indexes=[served.name for served in model.indexes],
        dimensions=model.dimension,
        max_tokens=model.max_tokens,
    )
