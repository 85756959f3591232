"""POST /v1/score."""

from __future__ import annotations

from pydantic import ConfigDict, Field, FiniteFloat

from simengine.serving.rest.schemas.common import IndexName, Request, Text
from simengine.serving.results import Result


class TextPair(Request):
    """Two texts."""

    text1: Text
    text2: Text


class ScoreRequest(Request):
    """Pairs of texts to compare."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"pairs": [{"text1": "A man is playing a guitar.", "text2": "Someone makes music."}]}
            ]
        }
    )

    pairs: list[TextPair] = Field(min_length=1)
    index: IndexName | None = None


class PairResult(Result):
    """How similar two texts are."""

    cosine: FiniteFloat = Field(ge=-1, le=1, description="Of their vectors; not a probability.")
    similarity: FiniteFloat | None = Field(
        None,
        ge=0,
        le=1,
        description="Of the cross-encoder for graded similarity; null where none is served. Not calibrated.",
    )
    n_truncated: int = Field(ge=0, description="Tokens of both texts that the model could not read.")
    told_apart: bool = Field(
        default=True,
        description="False where the cosine means nothing: the model does not know the characters of a text, or those "
        "that the texts differ in.",
    )


class ScoreResponse(Result):
    """A result for each pair, in order."""

    index: str
    model: str
    scores: list[PairResult]
