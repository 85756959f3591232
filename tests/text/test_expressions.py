"""What is written into a filter expression is read from it again."""

from __future__ import annotations

import pytest

from simengine.search.filters import Filter
from simengine.text.expressions import Scalar, shown_field, shown_value


@pytest.mark.parametrize("name", ["and", "a b", "a-b", "1st", "a.b", "Not", "x.in", "名"])
def test_odd_field_names_are_read_as_one_field(name: str) -> None:
    assert Filter.parse(f"{shown_field(name)} = 1").fields == (name,)


@pytest.mark.parametrize("value", ['say "no"', "back\\slash", "two\nlines", "猫", "", True, 3, -0.5, 1e300])
def test_values_are_read_as_they_are(value: Scalar) -> None:
    (step,) = Filter.parse(f"a = {shown_value(value)}")._program
    assert step.values == (value,)


def test_null_and_flags_are_written_in_lower_case() -> None:
    assert [shown_value(value) for value in (None, True, False)] == ["null", "true", "false"]
