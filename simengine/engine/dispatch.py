"""Which function answers which request."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from simengine.errors import UsageError

_VERBS = {
    "SearchRequest": ("pipeline", "run_search"),
    "RerankRequest": ("pipeline", "run_rerank"),
    "SimilarRequest": ("pipeline", "run_similar"),
    "AskRequest": ("answering", "run_ask"),
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


def function_for(request: object) -> Callable[..., Any]:
    """What a request is answered by; its module is loaded when it is first needed.

    Raises:
        UsageError: it is not a request of `simengine.requests`.
    """
    known = _VERBS.get(type(request).__name__)
    if known is None:
        raise UsageError(
            f"request is a {type(request).__name__}; expected one of simengine.requests: {', '.join(_VERBS)}"
        )
    module, name = known
    function: Callable[..., Any] = getattr(import_module(f"simengine.engine.{module}"), name)
    return function
