"""Classes of pairs of texts, for the clients of text-embeddings-inference."""

from __future__ import annotations

from fastapi import APIRouter

from simengine.errors import UsageError
from simengine.requests.pairs import NLIRequest
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.operations import operation_id
from simengine.serving.rest.schemas.predict import Prediction, PredictRequest
from simengine.types import Verdict


def router(context: ServiceContext) -> APIRouter:
    """POST /predict."""
    routes = APIRouter(tags=["compatible"], generate_unique_id_function=operation_id)

    @routes.post("/predict", summary="Classes of pairs (text-embeddings-inference)")
    async def predict(request: PredictRequest) -> list[Prediction] | list[list[Prediction]]:
        pairs = request.pairs
        context.check_texts([premise for premise, _ in pairs], "inputs")
        context.check_texts([hypothesis for _, hypothesis in pairs], "inputs")
        served = context.index()
        asked = NLIRequest(tuple(pairs), evidence=False)
        verdicts = await context.call(lambda: served.engine.run(asked))
        if not request.truncate:
            _refuse_cut(verdicts)
        batch = [_predictions(verdict) for verdict in verdicts]
        return batch if request.is_batch else batch[0]

    return routes


def _predictions(verdict: Verdict) -> list[Prediction]:
    """The classes, the most probable one first."""
    scored = sorted(verdict.probabilities.items(), key=lambda item: -item[1])
    return [Prediction(score=float(score), label=label) for label, score in scored]  # type: ignore[arg-type]


def _refuse_cut(verdicts: list[Verdict]) -> None:
    for number, verdict in enumerate(verdicts):
        if verdict.n_truncated:
            raise UsageError(
                f"the second text of inputs[{number}] has {verdict.n_truncated:,} tokens more than the model can read "
                "beside the first. Send a shorter one, or set truncate to true"
            )
