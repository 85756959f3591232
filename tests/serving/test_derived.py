"""Fields derived from a request have its types, bounds, helps and defaults, and give the same request back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest

pytest.importorskip("pydantic", reason="the extra serve is not installed")
from annotated_types import Ge, Gt, Le, MaxLen
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simengine.requests.fields import Filter, Help, Ids, Pairs, Texts, check_fields
from simengine.serving.derived import Kinds, derived, derived_fields, made


@dataclass(frozen=True, slots=True)
class Inner:
    depth: Annotated[int, Ge(1)] = 3


@dataclass(frozen=True, slots=True)
class Asked:
    queries: Annotated[tuple[str, ...], Texts("query"), MaxLen(2), Help("What to look for.")]
    ids: Annotated[tuple[str, ...], Ids()] = ()
    words: Annotated[tuple[tuple[str, str], ...], Pairs("word")] = ()
    where: Filter = None
    mode: Literal["a", "b"] = "a"
    share: Annotated[float | None, Gt(0), Le(1), Help("A share.")] = None
    n: Annotated[int, Ge(1)] = 10
    roles: tuple[Literal["x", "y"], Literal["x", "y"]] = ("x", "y")
    inner: Inner = field(default_factory=Inner)
    model: str | None = None

    def __post_init__(self) -> None:
        check_fields(self)


class InnerBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    depth: int = 3

    def request(self) -> Inner:
        return Inner(self.depth)


Text = Annotated[str, Field(min_length=1)]
KINDS = Kinds(Text, Annotated[str, Field(max_length=4)], Text, nested={Inner: InnerBody})


@derived(Asked, KINDS, omit=("model",), most={"n": 50, "ids": 2})
class Body(BaseModel):
    """Asks."""

    model_config = ConfigDict(extra="forbid")
    index: str | None = None

    def request(self) -> Asked:
        return made(Asked, self)


def test_a_body_gives_the_request_with_its_defaults() -> None:
    assert Body.model_validate({"queries": ["q"]}).request() == Asked(("q",))
    assert Body.__name__ == "Asked"


def test_each_value_comes_to_its_field() -> None:
    given = {
        "queries": ["q", "r"],
        "ids": ["1"],
        "words": {"a": "b"},
        "where": "x = 1",
        "mode": "b",
        "share": 0.5,
        "n": 50,
        "roles": ["y", "y"],
        "inner": {"depth": 7},
        "index": "other",
    }
    expected = Asked(("q", "r"), ("1",), (("a", "b"),), "x = 1", "b", 0.5, 50, ("y", "y"), Inner(7))
    assert Body.model_validate(given).request() == expected
    assert made(Asked, {**given, "inner": Inner(7)}) == expected
    assert made(Asked, {"queries": ["q"], "unknown": 1}, {"n": 2}) == Asked(("q",), n=2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "queries"),
        ({"queries": ["a", "b", "c"]}, "at most 2 items"),
        ({"queries": [""]}, "at least 1 character"),
        ({"queries": ["q"], "ids": ["12345"]}, "at most 4 characters"),
        ({"queries": ["q"], "ids": ["1", "2", "3"]}, "at most 2 items"),
        ({"queries": ["q"], "share": 0}, "greater than 0"),
        ({"queries": ["q"], "share": 2}, "less than or equal to 1"),
        ({"queries": ["q"], "n": 51}, "less than or equal to 50"),
        ({"queries": ["q"], "n": 0}, "greater than or equal to 1"),
        ({"queries": ["q"], "mode": "c"}, "'a' or 'b'"),
        ({"queries": ["q"], "roles": ["x"]}, "at least 2 items"),
        ({"queries": ["q"], "model": "m"}, "Extra inputs"),
    ],
)
def test_what_the_request_does_not_take_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Body.model_validate(wrong)


def test_helps_stand_in_the_schema_and_can_be_others() -> None:
    properties = Body.model_json_schema()["properties"]
    assert properties["queries"]["description"] == "What to look for."
    assert properties["share"]["description"] == "A share."
    other = derived_fields(Asked, KINDS, omit=("inner",), helps={"share": "Another."})
    parameter = other["share"].parameter("share")
    assert (parameter.default, parameter.annotation.__metadata__[-1].description) == (None, "Another.")
    assert other["queries"].parameter("queries").default is parameter.empty


def test_some_fields_take_other_texts_by_their_names() -> None:
    kinds = Kinds(Text, str, str, named={"queries": int})
    assert derived_fields(Asked, kinds, omit=("inner",))["queries"].kind.__origin__ == list[int]
