"""Searching an index."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.results.search import SearchResult
from simengine.serving.reading import count_cut_tokens
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.search import JudgedCount, SearchRequest, SearchResponse
from simengine.serving.results import HitResult
from simengine.serving.served import ServedIndex


def router(context: ServiceContext) -> APIRouter:
    """POST /v1/search."""
    routes = APIRouter(tags=["index"], generate_unique_id_function=operation_id)

    @routes.post("/v1/search", summary="Find documents by meaning and by words")
    async def search(request: SearchRequest) -> SearchResponse:
        context.check_k(request.k)
        context.check_query(request.query)
        context.log_text("query", request.query)
        served = context.index(request.index)
        slow = request.where is not None or request.rerank or request.claim or request.exact
        return await context.call(lambda: _searched(served, request), quick=not slow)

    return routes


def _searched(served: ServedIndex, request: SearchRequest) -> SearchResponse:
    found = served.search(
        request.query,
        k=request.k,
        mode=request.mode,
        where=request.where,
        rerank=request.rerank,
        claim=request.claim,
        budget_ms=request.budget_ms,
        exact=request.exact,
        fusion=request.fusion,
        collapse=request.collapse,
    )
    cut = 0
    if request.mode != "lexical":
        cut = count_cut_tokens(served.engine.encoder, [request.query], role="query")[0]
    return SearchResponse(
        index=served.name,
        query=request.query,
        hits=[HitResult.of(hit) for hit in found.hits[0]],
        judged=_judged(found),
        query_tokens_truncated=cut,
        timings_ms={stage: float(took) for stage, took in found.timings_ms.items()},
        notes=served.notes(
            [] if request.mode == "lexical" else [request.query],
            judged=[request.query] if request.rerank or request.claim else [],
        ),
    )


def _judged(found: SearchResult) -> list[JudgedCount]:
    return [
        JudgedCount(n_wanted=stage.n_wanted, n_judged=stage.n_judged, n_truncated=stage.n_truncated)
        for stages in found.counts
        for stage in stages
    ]
