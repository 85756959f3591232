"""POST /v1/nli."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from simengine.serving.rest.schemas.common import IndexName, Request, Text
from simengine.serving.results import Result, VerdictResult


class PremisePair(Request):
    """A text that is taken as true, and a statement to judge by it."""

    premise: Text
    hypothesis: Text


class NLIRequest(Request):
    """Pairs to judge."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "pairs": [
                        {
                            "premise": "A man is playing a guitar on stage.",
                            "hypothesis": "Nobody is making music.",
                        }
                    ]
                }
            ]
        }
    )

    pairs: list[PremisePair] = Field(min_length=1)
    index: IndexName | None = None


class NLIResponse(Result):
    """A verdict for each pair, in order."""

    model: str
    verdicts: list[VerdictResult]
