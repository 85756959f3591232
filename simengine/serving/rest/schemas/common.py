"""What several requests share."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, Generic, Self, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simengine.serving.derived import Kinds, made
from simengine.serving.results import Result

R = TypeVar("R")
NOT_BLANK = r"\S"
MOST_ERRORS = 100

Text: TypeAlias = Annotated[str, Field(min_length=1)]
"""Any text but the empty one; how long it may be is set by the service's limits."""
Statement: TypeAlias = Annotated[str, Field(min_length=1, pattern=NOT_BLANK)]
"""A query, a question or a statement: it holds more than white space."""
Identifier: TypeAlias = Annotated[str, Field(min_length=1, max_length=1_024)]
"""Of a document."""
IndexName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=128, description="Which index, where several are served.")
]
Filter: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        description='Only documents that it keeps, as in `year >= 2020 and kind in ("class", "function")`; over '
        "metadata, `_id` and `title`.",
    ),
]


def _check_json(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Python's parser lets pass what no answer could hold: NaN, and halves of characters such as \\ud800."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise PydanticCustomError(
            "json_value", "it holds NaN, Infinity or half of a character (a lone surrogate)"
        ) from error
    return value


JsonObject: TypeAlias = Annotated[dict[str, JsonValue], AfterValidator(_check_json)]
"""An object of a user's own fields."""


class Bounded(BaseModel):
    """Base of all requests: where very much is wrong with one, that is said in one sentence.

    Each error with its place becomes a dictionary, and those of a long list of wrong values would hold up all callers.
    """

    @model_validator(mode="wrap")
    @classmethod
    def _few_errors(cls, data: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return validate(data)
        except ValidationError as error:
            if error.error_count() <= MOST_ERRORS:
                raise
            raise PydanticCustomError(
                "many_errors",
                "{n} values are wrong; see /docs for what is expected",
                {"n": error.error_count()},
            ) from None


class Request(Bounded):
    """Base of the requests that are simengine's own: unknown fields are refused, and a "1" is no 1."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Body(Request, Generic[R]):
    """Base of the bodies that `derived` makes of requests."""

    made_of: ClassVar[type[Any]]

    def request(self) -> R:
        """The same, as the engine takes it."""
        found: R = made(self.made_of, self)
        return found


class IndexBody(Body[R]):
    """Base of those that ask an index."""

    index: IndexName | None = Field(default=None, description="Which index, where several are served.")


class CompatibleRequest(Bounded):
    """Base of the requests of other services' clients: fields that mean nothing here are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False, frozen=True)


KINDS = Kinds(text=Statement, identifier=Identifier, where=Filter, named={"document_id": Identifier})
"""What texts the fields of requests are here."""


class Usage(Result):
    """What a request cost."""

    prompt_tokens: int = Field(ge=0)
    total_tokens: int = Field(ge=0)
