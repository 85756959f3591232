"""How the service is: alive, ready, in numbers."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

import simengine
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.keys import KeyFile, refreshed
from simengine.serving.rest.metrics import CONTENT_TYPE, Metrics
from simengine.serving.rest.schemas_documents import State


def check_indexes(context: ServiceContext) -> None:
    """Raise StoreError where an index could not be opened now: searches in memory may go on, but nothing else does."""
    for served in context.catalogue.values():
        served.engine.index.check_on_disk()


def router(context: ServiceContext, metrics: Metrics, keys: KeyFile | None) -> APIRouter:
    """/health, /ready, /metrics."""
    routes = APIRouter(tags=["service"])

    @routes.get("/health", summary="The process answers")
    async def health() -> State:
        return State(status="ok", version=simengine.__version__)

    @routes.get(
        "/ready",
        response_model_exclude_none=True,
        summary="Requests are answered at once; 503 while starting or stopping",
    )
    async def ready() -> State:
        context.lifecycle.check_ready()
        await asyncio.to_thread(check_indexes, context)
        state: Literal["ok", "stale"] | None = None
        if keys is not None:
            await refreshed(keys)
            state = "stale" if keys.stale else "ok"
        return State(
            status="ready", version=simengine.__version__, indexes=list(context.catalogue), keys=state
        )

    @routes.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
    async def numbers() -> Response:
        return Response(await context.call(metrics.text, quick=True), media_type=CONTENT_TYPE)

    return routes
