"""What an index is asked: search, similar documents, answers, recommendations, conflicts and duplicates."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.requests.check import CheckRequest
from simengine.requests.search import SearchRequest
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.index import (
    AskBody,
    AskResponse,
    CheckBody,
    CheckResponse,
    ContradictionsBody,
    ContradictionsResponse,
    DuplicatesBody,
    DuplicatesResponse,
    RecommendBody,
    RecommendResponse,
    SearchBody,
    SearchResponse,
    SimilarBody,
    SimilarResponse,
    reranked_counts,
)
from simengine.serving.results import (
    AnswerResult,
    CheckResult,
    ConflictResult,
    DuplicateGroupResult,
    HitResult,
    RecommendationResult,
)
from simengine.serving.served import ServedIndex
from simengine.time_limit import LimitedProgress


def router(context: ServiceContext) -> APIRouter:
    """/v1/search, /v1/similar, /v1/ask, /v1/check, /v1/recommend, /v1/contradictions, /v1/duplicates."""
    routes = APIRouter(tags=["index"], generate_unique_id_function=operation_id)

    @routes.post("/v1/search", summary="Find documents by meaning and by words")
    async def search(body: SearchBody) -> SearchResponse:
        context.check_query(body.query)
        context.log_text("query", body.query)
        served, request = context.index(body.index), body.request()
        context.check_k(request.k)
        slow = (
            request.where is not None
            or request.rerank
            or request.exact
            or request.collapse
            or request.explain
        )
        return await context.call(lambda: _searched(served, request), quick=not slow)

    @routes.post("/v1/similar", summary="Find the documents nearest to a document")
    async def similar(body: SimilarBody) -> SimilarResponse:
        served, request = context.index(body.index), body.request()
        context.check_k(request.k)

        def found() -> SimilarResponse:
            return SimilarResponse(
                index=served.name,
                document_id=request.document_id,
                hits=[HitResult.of(hit) for hit in served.engine.run(request)],
                notes=served.engine.notes(request),
            )

        return await context.call(found, quick=request.where is None)

    @routes.post("/v1/ask", summary="Answer a question, with evidence, or say that it is not there")
    async def ask(body: AskBody) -> AskResponse:
        context.check_query(body.question, "question")
        context.log_text("question", body.question)
        served, request = context.index(body.index), body.request()

        def answered() -> AskResponse:
            answer = AnswerResult.of(served.engine.run(request)[0])
            return AskResponse(index=served.name, **dict(answer))

        return await context.call(answered)

    @routes.post("/v1/check", summary="Are the claims of a text supported? One by one, with evidence")
    async def check(body: CheckBody) -> CheckResponse:
        context.check_texts([body.text, *(body.source or ())], "text and source")
        context.log_text("text", body.text)
        served, request = context.index(body.index), body.request()
        return await context.call(lambda: _checked(served, request))

    @routes.post("/v1/recommend", summary="Documents like those that are liked")
    async def recommend(body: RecommendBody) -> RecommendResponse:
        served, request = context.index(body.index), body.request()
        context.check_k(request.k, "k" if body.n is None else "n")
        context.check_texts([*request.liked, *request.disliked], "liked and disliked")
        context.check_texts([*request.liked_texts, *request.disliked_texts], "liked and disliked texts")
        for statement in (*request.refuse, *request.require):
            context.check_query(statement, "a statement")

        def recommended() -> RecommendResponse:
            return RecommendResponse(
                index=served.name,
                recommendations=[RecommendationResult.of(each) for each in served.engine.run(request)],
                notes=served.engine.notes(request),
            )

        return await context.call(recommended)

    @routes.post("/v1/contradictions", summary="Claims of the documents that conflict; slow")
    async def contradictions(body: ContradictionsBody) -> ContradictionsResponse:
        served, request = context.index(body.index), body.request()

        def looked_through() -> ContradictionsResponse:
            found = served.engine.run(request, progress=LimitedProgress())
            return ContradictionsResponse(
                index=served.name,
                conflicts=[ConflictResult.of(each) for each in found.conflicts],
                calibrated=found.calibrated,
                n_documents=found.n_documents,
                n_claims=found.n_claims,
                n_pairs=found.n_pairs,
                n_judged=found.n_judged,
                n_not_judged=found.n_not_judged,
                n_left_out=found.n_left_out,
                threshold=found.threshold,
            )

        return await context.scan(looked_through)

    @routes.post("/v1/duplicates", summary="Documents that say the same; slow")
    async def duplicates(body: DuplicatesBody) -> DuplicatesResponse:
        served, request = context.index(body.index), body.request()

        def looked_through() -> DuplicatesResponse:
            found = served.engine.run(request, progress=LimitedProgress())
            return DuplicatesResponse(
                index=served.name,
                groups=[DuplicateGroupResult.of(each) for each in found.groups],
                conflicts=[ConflictResult.of(each) for each in found.conflicts],
                calibrated=found.calibrated,
                n_documents=found.n_documents,
                n_distinct=found.n_distinct,
                n_judged=found.n_judged,
                n_left_out=found.n_left_out,
            )

        return await context.scan(looked_through)

    return routes


def _searched(served: ServedIndex, request: SearchRequest) -> SearchResponse:
    found = served.engine.run(request)
    cut = 0
    if request.mode != "lexical":
        cut = served.engine.index.count_cut_tokens(request.queries, role="query")[0]
    return SearchResponse(
        index=served.name,
        query=request.queries[0],
        hits=[HitResult.of(hit) for hit in found.hits[0]],
        judged=reranked_counts(found),
        query_tokens_truncated=cut,
        timings_ms=dict(found.timings_ms),
        notes=served.engine.notes(request),
    )


def _checked(served: ServedIndex, request: CheckRequest) -> CheckResponse:
    (found,) = served.engine.run(request, progress=LimitedProgress())
    notes = served.engine.notes(request)
    return CheckResponse(index=served.name, **dict(CheckResult.of(found)), notes=notes)
