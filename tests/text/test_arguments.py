"""What callers hand over becomes plain values, read once, or is refused with what to write."""

from __future__ import annotations

import enum
import io
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.errors import DataError, UsageError
from simengine.text.arguments import (
    as_choice,
    as_flag,
    as_id,
    as_ids,
    as_number,
    as_pairs,
    as_path,
    as_path_name,
    as_text,
    as_texts,
    as_whole,
)

TWO = ["one", "two"]


class Colour(str, enum.Enum):  # noqa: UP042 - prints as Colour.RED, and is "red"
    RED = "red"


@pytest.mark.parametrize(
    "given",
    [
        TWO,
        tuple(TWO),
        (text for text in TWO),
        np.array(TWO),
        np.array(TWO, object),
        deque(TWO),
        dict.fromkeys(TWO).keys(),
    ],
    ids=["list", "tuple", "generator", "array", "objects", "deque", "keys"],
)
def test_texts_of_every_kind_are_read_in_order(given: Any) -> None:
    texts = as_texts(given)
    assert texts == TWO
    assert {type(text) for text in texts} == {str}


def test_columns_of_tables_are_texts() -> None:
    pandas, arrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    assert as_texts(pandas.Series(TWO)) == as_texts(arrow.array(TWO)) == TWO
    with pytest.raises(UsageError, match=r"got a table \(DataFrame\); give one of its columns"):
        as_texts(pandas.DataFrame({"text": TWO}))
    frame = pandas.DataFrame({"a": TWO, "b": TWO})
    with pytest.raises(UsageError, match=r"give two of its columns, as in zip\(table\[a\], table\[b\]\)"):
        as_pairs(frame)
    assert as_pairs(zip(frame["a"], frame["b"], strict=True)) == [(text, text) for text in TWO]


def test_subclasses_of_str_become_their_value() -> None:
    assert as_text(Colour.RED, "query") == "red"
    assert type(as_text(np.str_("x"), "query")) is str


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("one", "expected several queries, got a single one, 'one'; put it in a list"),
        (b"one", "got a single one, b'one'"),
        (None, "got None"),
        (3, "got int 3"),
        (Path("x"), "got PosixPath"),
        ({"a": "b"}, "got a mapping"),
        ({"one", "two"}, "got a set, whose order is arbitrary"),
        (io.StringIO("one\ntwo"), "got an open file"),
        (np.array("one"), r"an array of shape \(\)"),
        (np.array([TWO]), r"an array of shape \(1, 2\)"),
        (["one", None], "query 2 is None; expected a string"),
        (["one", b"two"], r"query 2 is bytes b'two'; expected a string; decode it first"),
        ([["one"]], "query 1 is list"),
        ([float("nan")], "query 1 is float nan"),
    ],
)
def test_what_does_not_hold_texts_is_refused(given: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        as_texts(given, "query")


def test_texts_that_are_no_unicode_are_refused_with_their_number() -> None:
    with pytest.raises(DataError, match="query 2: contains half of a surrogate pair"):
        as_texts(["one", "\ud83d"], "query")
    with pytest.raises(UsageError, match="query 2 is blank"):
        as_texts(["one", " \n"], "query", blank=False)


@pytest.mark.parametrize(
    "given",
    [
        [("a", "b"), ["c", "d"]],
        (pair for pair in [("a", "b"), ("c", "d")]),
        np.array([["a", "b"], ["c", "d"]]),
    ],
)
def test_pairs_of_every_kind_are_read(given: Any) -> None:
    assert as_pairs(given) == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("ab", "cd"), "pair 1 is str 'ab'; expected two texts"),
        ([("a", "b"), ("a",)], "pair 2 is tuple"),
        ([("a", 3)], "text 2 of pair 1 is int 3"),
        ([{"a": 1, "b": 2}], "pair 1 is dict"),
        ("ab", "got a single one, 'ab'"),
    ],
)
def test_what_is_not_pairs_is_refused(given: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        as_pairs(given)


def test_ids_are_strings_or_integers() -> None:
    assert as_ids(["a", 1, np.int64(2)]) == ["a", "1", "2"]
    assert sorted(as_ids({"a", "b"})) == ["a", "b"]
    for wrong in (True, np.bool_(True), 1.0, None, b"a", " ", ["a"]):
        with pytest.raises(UsageError, match=r"^id "):
            as_id(wrong)


def test_numbers_are_numbers() -> None:
    assert as_whole(np.int32(3), "k") == as_whole(3, "k") == 3
    assert as_number(np.float32(0.5), "share", 0, 1) == 0.5
    for wrong in (True, np.bool_(True), "3", 2.0, 0, None, np.array([1]), float("nan")):
        with pytest.raises(UsageError, match=r"k is .*expected a whole number of at least 1"):
            as_whole(wrong, "k")
    for wrong in (True, np.bool_(True), "0.5", float("nan"), float("inf"), 2, 10**400, None, np.ones(2)):
        with pytest.raises(UsageError, match=r"share is .*expected a number between 0 and 1"):
            as_number(wrong, "share", 0, 1)


def test_flags_choices_and_paths_are_what_they_say() -> None:
    assert (as_flag(np.bool_(False), "exact"), as_flag(True, "exact")) == (False, True)
    for wrong in ("no", 1, None, np.ones(2, bool)):
        with pytest.raises(UsageError, match=r"exact is .*expected True or False"):
            as_flag(wrong, "exact")
    for wrong in ("x", None, [], np.array(["a", "b"])):
        with pytest.raises(UsageError, match=r"mode is .*expected one of a, b"):
            as_choice(wrong, "mode", ("a", "b"))
    assert as_path("caf\udce9", "path") == Path("caf\udce9")  # a file name need not be UTF-8
    assert as_path_name("./model", "model") == "./model"
    for wrong in (b"x", None, 3, "", "a\0b", "x" * 5_000):
        with pytest.raises(UsageError, match=r"path is "):
            as_path(wrong, "path")
