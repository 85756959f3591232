"""What texts are asked, without regard to an index: similarity, inference, labels, explanations."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.texts import (
    ClassifyBody,
    ClassifyResponse,
    ExplainBody,
    ExplainResponse,
    NLIBody,
    NLIResponse,
    PairResult,
    ScoreBody,
    ScoreResponse,
)
from simengine.serving.results import ClassificationResult, ExplainedTextResult, VerdictResult
from simengine.serving.telling import public_name


def router(context: ServiceContext) -> APIRouter:
    """/v1/score, /v1/nli, /v1/classify, /v1/explain."""
    routes = APIRouter(tags=["texts"], generate_unique_id_function=operation_id)

    @routes.post("/v1/score", summary="How similar are two texts?")
    async def score(body: ScoreBody) -> ScoreResponse:
        context.check_texts([pair.text1 for pair in body.pairs], "text1")
        context.check_texts([pair.text2 for pair in body.pairs], "text2")
        served, request = context.index(body.index), body.request()

        def scored() -> ScoreResponse:
            found = served.engine.run(request)
            cut = served.engine.index.count_cut_tokens([text for pair in request.pairs for text in pair])
            return ScoreResponse(
                index=served.name,
                model=public_name(served.engine.settings.model_name),
                scores=[
                    PairResult(
                        cosine=each.score,
                        similarity=each.graded,
                        n_truncated=cut[2 * at] + cut[2 * at + 1],
                        told_apart=each.told_apart,
                    )
                    for at, each in enumerate(found)
                ],
            )

        return await context.call(scored)

    @routes.post("/v1/nli", summary="Does one text entail or contradict another?")
    async def nli(body: NLIBody) -> NLIResponse:
        context.check_texts([pair.premise for pair in body.pairs], "premise")
        for number, pair in enumerate(body.pairs):
            context.check_query(pair.hypothesis, f"hypothesis[{number}]")
        served, request = context.index(body.index), body.request()

        def inferred() -> NLIResponse:
            found = served.engine.run(request)
            return NLIResponse(
                model=public_name(served.models.nli_name),
                verdicts=[
                    VerdictResult.of(verdict, premise)
                    for verdict, (premise, _) in zip(found, request.pairs, strict=True)
                ],
            )

        return await context.call(inferred)

    @routes.post("/v1/classify", summary="Which labels fit a text?")
    async def classify(body: ClassifyBody) -> ClassifyResponse:
        served, request = context.index(body.index), body.request()
        context.check_texts(request.texts, "texts")
        for words in (*request.labels, *request.templates, *(words for _, words in request.descriptions)):
            context.check_query(words, "a label, template or description")
        context.check_pairs(len(request.texts) * len(request.labels) * max(len(request.templates), 1))

        def classified() -> ClassifyResponse:
            return ClassifyResponse(
                model=public_name(served.models.nli_name),
                classifications=[ClassificationResult.of(each) for each in served.engine.run(request)],
                notes=served.engine.notes(request),
            )

        return await context.call(classified)

    @routes.post("/v1/explain", summary="Which words bring two texts near to each other?")
    async def explain(body: ExplainBody) -> ExplainResponse:
        served, request = context.index(body.index), body.request()
        context.check_query(request.text1, "text1")
        context.check_query(request.text2, "text2")

        def explained() -> ExplainResponse:
            found = served.engine.run(request)
            return ExplainResponse(
                index=served.name,
                cosine=found.cosine,
                first=ExplainedTextResult.of(found.first),
                second=ExplainedTextResult.of(found.second),
                notes=served.engine.notes(request),
            )

        return await context.call(explained)

    return routes
