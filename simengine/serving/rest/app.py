"""The service as an ASGI app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, RedirectResponse, Response

import simengine
from simengine.serving.catalogue import Catalogue
from simengine.serving.hosts import HostRules
from simengine.serving.rest import errors
from simengine.serving.rest.context import KINDS_OF_WORK, ServiceContext
from simengine.serving.rest.docs_page import docs_page
from simengine.serving.rest.gate import PAGE_PATH, Gate
from simengine.serving.rest.keys import KeyFile
from simengine.serving.rest.lifecycle import Lifecycle
from simengine.serving.rest.logs import JsonLog
from simengine.serving.rest.metrics import Metrics
from simengine.serving.rest.routes import documents, embeddings, health, index, models, predict, rerank, texts
from simengine.serving.settings import ServiceSettings

ROUTERS = (index, texts, documents, embeddings, models, rerank, predict)
SUMMARY = "Semantic search, similarity, inference and recommendation over your texts."


class ErrorDetail(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="One word that programs can compare.")
    message: str
    request_id: str = Field(description="Stands in the service's log, too.")


class ErrorBody(BaseModel):
    """An error."""

    error: ErrorDetail


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "The request is not HTTP"},
    401: {"model": ErrorBody, "description": "No API key, or one that is not known"},
    403: {"model": ErrorBody, "description": "The API key does not have the scope"},
    404: {"model": ErrorBody, "description": "No such index, document or model"},
    408: {"model": ErrorBody, "description": "The request's body did not arrive in time"},
    409: {
        "model": ErrorBody,
        "description": "In conflict with what is in the index, or another process writes",
    },
    413: {"model": ErrorBody, "description": "The request is too large"},
    415: {"model": ErrorBody, "description": "The body is not said to be JSON"},
    422: {"model": ErrorBody, "description": "The request cannot be understood, or asks for what cannot be"},
    429: {"model": ErrorBody, "description": "Too many requests wait; see Retry-After"},
    501: {"model": ErrorBody, "description": "The service was installed without what this needs"},
    503: {"model": ErrorBody, "description": "Starting, stopping, or the index cannot be used"},
    504: {"model": ErrorBody, "description": "It took too long"},
    507: {"model": ErrorBody, "description": "The disk is full"},
}


def create_app(
    catalogue: Catalogue,
    settings: ServiceSettings | None = None,
    *,
    log: JsonLog | None = None,
    warm: bool = True,
) -> FastAPI:
    """The service over some indexes. `app.state.service` is its `ServiceContext`.

    Args:
        catalogue: closed by the caller, after the app has shut down.
        settings: see `ServiceSettings`; `keys_file` is read at once.
        log: lines of JSON; to stderr by default.
        warm: load the encoders and the reranker at the start; until then /ready answers 503.

    Raises:
        UsageError: the file of keys is missing, holds none, or others may read it; or an allowed host is no host name.
    """
    chosen = settings or ServiceSettings()
    lifecycle = Lifecycle(KINDS_OF_WORK * 2 * chosen.max_requests)
    context = ServiceContext(catalogue, chosen, lifecycle)
    log = log or JsonLog(texts=chosen.log_texts)
    keys = _open_keys(chosen.keys_file, log)
    metrics = Metrics(catalogue, lifecycle, keys)
    rules = HostRules.of(chosen.host, chosen.allowed_hosts, any_name=keys is not None or chosen.insecure)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(asyncio.to_thread(_warm, context, log)) if warm else None
        yield
        lifecycle.drain()
        if warming is not None:
            with suppress(Exception):
                await warming
        await asyncio.to_thread(context.close)

    app = FastAPI(
        title="simengine",
        summary=SUMMARY,
        version=simengine.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # see `_add_pages`
        lifespan=lifespan,
    )
    app.state.service = context
    app.state.keys = keys
    errors.install(app)
    app.add_middleware(Gate, context=context, keys=keys, metrics=metrics, log=log, rules=rules)
    app.include_router(health.router(context, metrics, keys))
    security = [] if keys is None else [Depends(HTTPBearer(auto_error=False, description="An API key"))]
    for module in ROUTERS:
        app.include_router(module.router(context), responses=ERRORS, dependencies=security)
    _add_pages(app, docs=chosen.docs)
    return app


def _open_keys(path: Path | None, log: JsonLog) -> KeyFile | None:
    """The keys, read at once: a service without its keys does not start."""
    if path is None:
        return None

    def report(problem: str) -> None:
        if problem:
            log.write("keys", "error", state="stale", message=f"{problem}; the keys known before stay valid")
        else:
            log.write("keys", state="ok")

    keys = KeyFile(path, report)
    keys.keys()
    keys.refresh()
    return keys


def _warm(context: ServiceContext, log: JsonLog) -> None:
    try:
        with context.lifecycle.warming():
            for served in context.catalogue.values():
                served.warm(reranker=True)
    except Exception as error:
        log.write("warm", "error", **log.error_fields(error, trace=True))


def _add_pages(app: FastAPI, *, docs: bool) -> None:
    """Where a browser goes: the page if there is one, else the description of the routes."""

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        has_page = any(getattr(route, "path", None) == PAGE_PATH for route in app.routes)
        return RedirectResponse(f"{PAGE_PATH}/" if has_page else "/docs" if docs else "/health")

    if docs:
        # Writing these takes long, and anyone may ask for them, without a key and often.
        @cache
        def document() -> Response:
            return JSONResponse(app.openapi())

        @cache
        def page() -> Response:
            return docs_page(app.openapi())

        @app.get("/openapi.json", include_in_schema=False)
        async def openapi() -> Response:
            return document()

        @app.get("/docs", include_in_schema=False)
        async def description() -> Response:
            return page()
