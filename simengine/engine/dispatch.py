"""Maps each type of request to the function that answers it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from simengine.errors import UsageError
from simengine.text.arguments import shown

if TYPE_CHECKING:
    from simengine.engine.parts import Parts
    from simengine.progress import Progress

VERBS = {
    "SearchRequest": ("pipeline", "run_search"),
    "RerankRequest": ("pipeline", "run_rerank"),
    "SimilarRequest": ("pipeline", "run_similar"),
    "AskRequest": ("answering", "run_ask"),
    "CheckRequest": ("checking", "run_check"),
    "RecommendRequest": ("recommending", "run_recommend"),
    "RecommendUsersRequest": ("recommending", "run_recommend_users"),
    "ScoreRequest": ("inference", "run_score"),
    "NLIRequest": ("inference", "run_nli"),
    "ClassifyRequest": ("inference", "run_classify"),
    "ExplainRequest": ("inference", "run_explain"),
    "CalibrateRequest": ("fitting", "run_calibrate"),
    "ContradictionsRequest": ("inference", "run_contradictions"),
    "DuplicatesRequest": ("inference", "run_duplicates"),
}


def answer(parts: Parts, request: object, progress: Progress | None = None) -> Any:
    """The answer to a request; the module that gives it is loaded on first use.

    Args:
        parts: of the engine.
        request: see `simengine.requests`.
        progress: of requests that take it.

    Raises:
        UsageError: it is not a request of `simengine.requests`.
    """
    known = VERBS.get(type(request).__name__)
    if known is None:
        raise UsageError(
            f"request is {shown(request)}; expected one of simengine.requests: {', '.join(VERBS)}"
        )
    module, name = known
    function: Callable[..., Any] = getattr(import_module(f"simengine.engine.{module}"), name)
    return function(parts, request) if progress is None else function(parts, request, progress=progress)
