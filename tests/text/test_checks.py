"""Every text and every piece of JSON passes the same check."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import DataError
from simengine.text.checks import (
    MAX_JSON_DEPTH,
    check_text,
    first_fault,
    is_nested_deeper,
    json_depth,
    parse_json,
    text_fault,
)

JSON_VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


def depth_of(value: object) -> int:
    """The oracle."""
    if isinstance(value, (dict, list)):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth_of, inner), default=0)
    return 0


@settings(deadline=None, max_examples=60)
@given(JSON_VALUES, st.booleans())
def test_the_depth_of_json_is_counted_as_it_is_nested(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert json_depth(text.encode(), 1_000) == json_depth(text, 1_000) == depth_of(value)
    assert is_nested_deeper(text, 2) == (depth_of(value) > 2)


def test_brackets_in_strings_do_not_count_and_broken_json_does_no_harm() -> None:
    assert json_depth(b'{"a": "[[[[[\\"[[["}', 99) == 1
    assert json_depth(b"]]]][", 99) <= 1
    assert json_depth(b'"' + b"[" * 100, 99) == 100  # not a string: it does not end
    assert json_depth(b"[" * 1_000_000, 9) == 10


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_what_utf8_can_hold_is_a_text(text: str) -> None:
    assert check_text(text, "query 1") == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cats \ud83d", r"half of a surrogate pair, \\ud83d \(character 6\)"),
        ("\udfffx", r"half of a surrogate pair, \\udfff \(character 1\)"),
        ("caf\udce9", r"not valid UTF-8: byte 0xe9 \(character 4\)"),
        ("a\0b", r"U\+0000 \(character 2\)"),
        ("é\0", r"U\+0000 \(character 2\)"),
    ],
)
def test_what_is_not_a_text_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(DataError, match=f"query 2: .*{says}") as caught:
        check_text(text, "query 2")
    assert caught.value.exit_code == 4
    with pytest.raises(DataError, match=r"q\.txt:7: "):
        check_text(text, "q.txt", 7)


def test_the_two_halves_of_a_character_are_one_text() -> None:
    assert text_fault("\U0001f600") is None


def test_the_first_fault_of_a_value_is_named_by_its_path() -> None:
    assert first_fault({"a": ["x", {"b": "y"}], "c": None}) is None
    found = first_fault({"a": ["x", {"b": "\ud800"}], "c": "\ud800"})
    assert found is not None
    assert found[0] == ("a", 1, "b")
    found = first_fault({"a": {"\ud800": 1}})
    assert found is not None
    assert found[0] == ("a",)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_json_is_parsed_down_to_one_depth_everywhere() -> None:
    value = parse_json(nested(MAX_JSON_DEPTH))
    assert depth_of(value) == MAX_JSON_DEPTH
    assert first_fault(value) is None
    for source in (nested(MAX_JSON_DEPTH + 1), nested(900).encode(), "[" * 1_000_000):
        with pytest.raises(ValueError, match="nested more than 100 deep"):
            parse_json(source)
    deep: list[object] = []
    for _ in range(MAX_JSON_DEPTH):
        deep = [deep]
    assert first_fault(deep) == ((0,) * MAX_JSON_DEPTH, "lists and objects are nested more than 100 deep")
