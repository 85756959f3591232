"""POST /v1/score, /v1/nli, /v1/classify and /v1/explain; see `simengine.serving.rest.schemas.index`."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from simengine.requests.pairs import ClassifyRequest, ExplainRequest, NLIRequest, ScoreRequest
from simengine.serving.derived import derived, made
from simengine.serving.rest.schemas.common import KINDS, IndexBody, Request, Text
from simengine.serving.results import (
    ClassificationResult,
    ExplainedTextResult,
    Notes,
    Result,
    Rounded,
    VerdictResult,
)

MOST_LABELS, MOST_TEMPLATES, MOST_DRAWS = 100, 20, 32


class TextPair(Request):
    """Two texts."""

    text1: Text
    text2: Text


@derived(ScoreRequest, KINDS, omit=("graded",))
class ScoreBody(IndexBody[ScoreRequest]):
    """Pairs of texts to compare."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"pairs": [{"text1": "A man is playing a guitar.", "text2": "Someone makes music."}]}
            ]
        }
    )

    pairs: list[TextPair] = Field(min_length=1)

    def request(self) -> ScoreRequest:
        """The same, as the engine takes it."""
        return ScoreRequest(tuple((pair.text1, pair.text2) for pair in self.pairs), graded=True)


class PairResult(Result):
    """How similar two texts are."""

    cosine: Rounded = Field(ge=-1, le=1, description="Of their vectors; not a probability.")
    similarity: Rounded | None = Field(
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


class PremisePair(Request):
    """A text that is taken as true, and a statement to judge by it."""

    premise: Text
    hypothesis: Text


@derived(NLIRequest, KINDS)
class NLIBody(IndexBody[NLIRequest]):
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

    def request(self) -> NLIRequest:
        """The same, as the engine takes it."""
        given = tuple((pair.premise, pair.hypothesis) for pair in self.pairs)
        return made(NLIRequest, self, {"pairs": given})


class NLIResponse(Result):
    """A verdict for each pair, in order."""

    model: str
    verdicts: list[VerdictResult]


@derived(
    ClassifyRequest, KINDS, omit=("calibration",), most={"labels": MOST_LABELS, "templates": MOST_TEMPLATES}
)
class ClassifyBody(IndexBody[ClassifyRequest]):
    """Texts, and labels to choose from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"texts": ["The bank raised its rates."], "labels": ["sports", "economy"]},
                {
                    "texts": ["Great food, slow service."],
                    "labels": ["food", "service"],
                    "multi_label": True,
                    "descriptions": {"food": "The food is mentioned."},
                },
            ]
        }
    )


class ClassifyResponse(Result):
    """The labels of each text, in order."""

    model: str
    classifications: list[ClassificationResult]
    notes: Notes


@derived(ExplainRequest, KINDS, most={"draws": MOST_DRAWS})
class ExplainBody(IndexBody[ExplainRequest]):
    """Two texts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text1": "A man is playing a guitar.", "text2": "Someone makes music."}]
        }
    )


class ExplainResponse(Result):
    """Which words bring two texts near to each other, and how much of their cosine each is worth."""

    index: str
    cosine: Rounded = Field(ge=-1, le=1)
    first: ExplainedTextResult
    second: ExplainedTextResult
    notes: Notes
