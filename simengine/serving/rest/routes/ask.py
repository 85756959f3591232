"""Answers out of an index."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.ask import AskRequest, AskResponse
from simengine.serving.results import AnswerResult


def router(context: ServiceContext) -> APIRouter:
    """POST /v1/ask."""
    routes = APIRouter(tags=["index"], generate_unique_id_function=operation_id)

    @routes.post("/v1/ask", summary="Answer a question, with evidence, or say that it is not there")
    async def ask(request: AskRequest) -> AskResponse:
        context.check_query(request.question, "question")
        context.log_text("question", request.question)
        served = context.index(request.index)
        options = request.options()

        def answered() -> AskResponse:
            answer = AnswerResult.of(served.ask(request.question, request.history, options))
            return AskResponse(index=served.name, **dict(answer))

        return await context.call(answered)

    return routes
