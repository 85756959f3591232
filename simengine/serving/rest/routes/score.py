"""Similarity of pairs of texts."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.serving.reading import count_cut_tokens
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.score import PairResult, ScoreRequest, ScoreResponse
from simengine.serving.served import ServedIndex
from simengine.serving.telling import public_name


def router(context: ServiceContext) -> APIRouter:
    """POST /v1/score."""
    routes = APIRouter(tags=["texts"], generate_unique_id_function=operation_id)

    @routes.post("/v1/score", summary="How similar are two texts?")
    async def score(request: ScoreRequest) -> ScoreResponse:
        context.check_texts([pair.text1 for pair in request.pairs], "text1")
        context.check_texts([pair.text2 for pair in request.pairs], "text2")
        served = context.index(request.index)
        return await context.call(lambda: _scored(served, request))

    return routes


def _scored(served: ServedIndex, request: ScoreRequest) -> ScoreResponse:
    pairs = [(pair.text1, pair.text2) for pair in request.pairs]
    graded = served.graded(pairs)
    cut = count_cut_tokens(served.engine.encoder, [text for pair in pairs for text in pair])
    return ScoreResponse(
        index=served.name,
        model=public_name(served.engine.settings.model_name),
        scores=[
            PairResult(
                cosine=float(each.score),
                similarity=None if graded is None else float(graded[at]),
                n_truncated=cut[2 * at] + cut[2 * at + 1],
                told_apart=each.told_apart,
            )
            for at, each in enumerate(served.score(pairs))
        ],
    )
