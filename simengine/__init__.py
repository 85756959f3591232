"""simengine: semantic search and text similarity.

Importing this package loads neither torch nor faiss nor openvino; its names load what they need on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.engine import Engine, TextEngine
    from simengine.engine.models import Models
    from simengine.requests.rerank import Rerank
    from simengine.requests.search import SearchOptions
    from simengine.types import (
        Answer,
        Document,
        Evidence,
        Hit,
        Judgement,
        PairScore,
        Passage,
        Recommendation,
        Verdict,
    )

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Document",
    "Engine",
    "Evidence",
    "Hit",
    "Judgement",
    "Models",
    "NLIModel",
    "PairScore",
    "Passage",
    "Recommendation",
    "Rerank",
    "SearchOptions",
    "TextEngine",
    "Verdict",
    "__version__",
]

_HOMES = {
    "Engine": "simengine.engine",
    "TextEngine": "simengine.engine",
    "Models": "simengine.engine.models",
    "Rerank": "simengine.requests.rerank",
    "SearchOptions": "simengine.requests.search",
    "NLIModel": "simengine.cross_encoders.nli",
    **dict.fromkeys(
        (
            "Answer",
            "Document",
            "Evidence",
            "Hit",
            "Judgement",
            "PairScore",
            "Passage",
            "Recommendation",
            "Verdict",
        ),
        "simengine.types",
    ),
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simengine' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
