"""What premises say about hypotheses."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.nli import NLIRequest, NLIResponse
from simengine.serving.results import VerdictResult
from simengine.serving.served import ServedIndex


def router(context: ServiceContext) -> APIRouter:
    """POST /v1/nli."""
    routes = APIRouter(tags=["texts"], generate_unique_id_function=operation_id)

    @routes.post("/v1/nli", summary="Does one text entail or contradict another?")
    async def nli(request: NLIRequest) -> NLIResponse:
        context.check_texts([pair.premise for pair in request.pairs], "premise")
        for number, pair in enumerate(request.pairs):
            context.check_query(pair.hypothesis, f"hypothesis[{number}]")
        served = context.index(request.index)
        return await context.call(lambda: _judged(served, request))

    return routes


def _judged(served: ServedIndex, request: NLIRequest) -> NLIResponse:
    verdicts = served.nli([(pair.premise, pair.hypothesis) for pair in request.pairs])
    return NLIResponse(
        model=served.judges.judge().name,
        verdicts=[
            VerdictResult.of(verdict, pair.premise)
            for verdict, pair in zip(verdicts, request.pairs, strict=True)
        ],
    )
