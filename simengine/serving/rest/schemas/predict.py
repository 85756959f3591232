"""POST /predict, as text-embeddings-inference has it for classifiers of pairs."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import BeforeValidator, ConfigDict, Field, FiniteFloat, WithJsonSchema
from pydantic_core import PydanticCustomError

from simengine.serving.rest.schemas.common import CompatibleRequest, Text
from simengine.serving.results import Result

Pair: TypeAlias = Annotated[list[Text], Field(min_length=2, max_length=2)]


def _refuse_single(value: Any) -> Any:
    """Lone texts are refused with the reason; all else is left to the types."""
    items = value if isinstance(value, list) else []
    lone = [item for item in items if isinstance(item, list) and len(item) == 1]
    if isinstance(value, str) or lone or (len(items) == 1 and isinstance(items[0], str)):
        raise PydanticCustomError(
            "single_text",
            "a single text was given; this model judges pairs: [premise, hypothesis], or a batch of such pairs",
        )
    return value


_PAIR_SCHEMA = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 2, "maxItems": 2}


class PredictRequest(CompatibleRequest):
    """A pair to classify, or a batch of pairs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"inputs": ["A man is playing a guitar.", "Someone makes music."]},
                {"inputs": [["It rains.", "The street is wet."], ["It rains.", "The sky is blue."]]},
            ]
        }
    )

    inputs: Annotated[
        Pair | Annotated[list[Pair], Field(min_length=1)],
        BeforeValidator(_refuse_single),
        WithJsonSchema(
            {
                "anyOf": [_PAIR_SCHEMA, {"type": "array", "items": _PAIR_SCHEMA, "minItems": 1}],
                "description": "[premise, hypothesis], or several such pairs.",
            }
        ),
    ]
    truncate: bool | None = Field(
        default=None,
        description="Cut hypotheses that are longer than the model reads; else they are refused. Long premises are "
        "read in windows.",
    )
    raw_scores: Literal[False] | None = Field(
        default=None, description="Only probabilities are given: a premise may be read in several windows."
    )

    @property
    def is_batch(self) -> bool:
        """Whether a batch was given, and one is to come back."""
        return not isinstance(self.inputs[0], str)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(premise, hypothesis) for each."""
        pairs = cast("list[list[str]]", self.inputs if self.is_batch else [self.inputs])
        return [(first, second) for first, second in pairs]


class Prediction(Result):
    """A class and its probability."""

    score: FiniteFloat = Field(ge=0, le=1)
    label: Literal["entailment", "neutral", "contradiction"]
