"""POST /v1/embeddings, as OpenAI's clients send and read it."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, ConfigDict, Field, FiniteFloat, WithJsonSchema
from pydantic_core import PydanticCustomError

from simengine.serving.rest.schemas.common import CompatibleRequest, Text, Usage
from simengine.serving.results import Result
from simengine.types import FloatMatrix


def _as_list(value: Any) -> Any:
    """A lone text becomes a list of one; arrays of token numbers are named for what they are."""
    if isinstance(value, str):
        return [value]
    items = value if isinstance(value, list) else []
    first = items[0] if items and isinstance(items[0], list) else items
    if first and isinstance(first[0], int) and not isinstance(first[0], bool):
        raise PydanticCustomError(
            "token_array",
            "token numbers were given: they belong to another model's vocabulary. Send the texts themselves "
            "(with langchain's OpenAIEmbeddings: check_embedding_ctx_length=False)",
        )
    return value


_TEXTS_SCHEMA = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    ],
    "description": "A text, or several. Arrays of token numbers are refused.",
}


class EmbeddingsRequest(CompatibleRequest):
    """Texts to turn into vectors."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": "all-MiniLM-L6-v2", "input": ["A man is playing a guitar.", "猫喜欢睡觉。"]},
            ]
        }
    )

    input: Annotated[
        list[Text], Field(min_length=1), BeforeValidator(_as_list), WithJsonSchema(_TEXTS_SCHEMA)
    ]
    model: str = Field(min_length=1, max_length=512, description="As GET /v1/models names it.")
    encoding_format: Literal["float", "base64"] | None = Field(default=None, description="Floats by default.")
    dimensions: int | None = Field(
        default=None, ge=1, description="The model's own, if given: its vectors are not cut."
    )
    user: Any = Field(default=None, description="Ignored.")
    input_type: Literal["query", "document", "passage"] | None = Field(
        default=None, description="Which of the model's prompts stands in front, if it has any."
    )
    truncate: bool | None = Field(
        default=None, description="Cut texts that are longer than the model reads; else they are refused."
    )


class Embedding(Result):
    """The vector of one text."""

    object: Literal["embedding"] = "embedding"
    index: int = Field(ge=0, description="Which of the inputs.")
    embedding: list[FiniteFloat] | str = Field(
        description="Of length 1; as base64 the numbers are float32, little-endian."
    )


class EmbeddingsResponse(Result):
    """A vector for each input, in order."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


def as_embeddings(vectors: FloatMatrix, encoding_format: str | None) -> list[Embedding]:
    """Vectors (n, dim) float32 as a response holds them."""
    rows: list[list[float] | str]
    if encoding_format == "base64":
        rows = [base64.b64encode(row.tobytes()).decode("ascii") for row in vectors.astype("<f4")]
    else:
        rows = np.asarray(vectors, np.float64).tolist()
    return [Embedding(index=number, embedding=row) for number, row in enumerate(rows)]
