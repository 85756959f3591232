"""Documents for somebody's taste."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.recommend import RecommendRequest, RecommendResponse
from simengine.serving.results import RecommendationResult
from simengine.serving.served import ServedIndex


def router(context: ServiceContext) -> APIRouter:
    """POST /v1/recommend."""
    routes = APIRouter(tags=["index"], generate_unique_id_function=operation_id)

    @routes.post("/v1/recommend", summary="Documents like those that are liked")
    async def recommend(request: RecommendRequest) -> RecommendResponse:
        context.check_k(request.n, "n")
        context.check_texts([*request.liked, *request.disliked], "liked and disliked")
        context.check_texts([*request.liked_texts, *request.disliked_texts], "liked and disliked texts")
        for statement in (*request.refuse, *request.require):
            context.check_query(statement, "a statement")
        served = context.index(request.index)
        return await context.call(lambda: _recommended(served, request))

    return routes


def _recommended(served: ServedIndex, request: RecommendRequest) -> RecommendResponse:
    found = served.recommend(
        request.liked,
        request.disliked,
        request.refuse,
        require=request.require,
        liked_texts=request.liked_texts,
        disliked_texts=request.disliked_texts,
        n=request.n,
        where=request.where,
        reasons=request.reasons,
        diversity=request.diversity,
    )
    return RecommendResponse(
        index=served.name,
        recommendations=[RecommendationResult.of(each) for each in found],
        notes=served.notes(
            [*request.liked_texts, *request.disliked_texts],
            judged=[*request.refuse, *request.require],
            ids=[*request.liked, *request.disliked],
        ),
    )
