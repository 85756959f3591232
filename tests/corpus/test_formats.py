"""Cells of tables have one type per kind of column; a table with another delimiter is named as such."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.corpus.columns import exact_number
from simengine.corpus.pairs import Pair, read_pairs
from simengine.corpus.queries import Query, read_queries
from simengine.corpus.read import FieldMapping, ReadOptions, read_corpus
from simengine.errors import DataError

Write = Callable[[str, "str | bytes"], Path]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_as_python_writes_it_comes_back(value: float) -> None:
    cell = exact_number(repr(value))
    assert type(cell) is float
    assert repr(cell) == repr(value)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_integers_of_at_most_18_digits_are_integers(value: int) -> None:
    cell = exact_number(str(value))
    assert type(cell) is int
    assert cell == value


@given(st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?", fullmatch=True))
def test_a_number_is_written_again_as_its_cell(cell: str) -> None:
    found = exact_number(cell)
    assert found is None or json.dumps(found) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "007",
        "00.5",
        "-01.5",
        "1.2.3",
        "1.10",
        "3.50",
        "3.14159265358979323846264338327950288",
        "-0",
        "+1",
        "+1.5",
        ".5",
        "5.",
        "1e5",
        "1E-07",
        "2e+16",
        "12e34",
        "1,5",
        " 1.5",
        "1.5\n",
        "inf",
        "nan",
        "1_000",
        "1e+999",
        "9" * 400 + ".0",
        "1234567890123456789",
        "١.٥",
    ],
)
def test_everything_else_stays_text(cell: str) -> None:
    assert exact_number(cell) is None or json.dumps(exact_number(cell)) == cell


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_column_of_sevenths_holds_numbers_only(write: Write, suffix: str, delimiter: str) -> None:
    rows = [delimiter.join((str(i), "t", str(i / 7))) for i in range(1, 200)]
    path = write(f"c.{suffix}", "\n".join([delimiter.join(("id", "text", "x")), *rows]))
    assert [d.metadata["x"] for d in read_corpus([path])] == [i / 7 for i in range(1, 200)]


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("c.csv", "id;text;n\n1;Hello, world;2\n", "contains ';'; fields of csv are separated by ','"),
        ("c.csv", "\nid;text\n1;a\n", "contains ';'"),
        ("c.csv", "sep=;\nid;text\n1;a\n", "contains ';'"),
        ("c.csv", "id\ttext\n1\ta\n", "contains a tab; .* give the delimiter tab"),
        ("c.csv", "id|text\n1|a\n", "contains '|'"),
        (
            "c.tsv",
            "id,text\n1,a\n",
            "contains ','; fields of tsv are separated by a tab: give the delimiter ','",
        ),
        ("c.tsv", "id;text\n1;a\n", "contains ';'"),
    ],
)
def test_another_delimiter_is_named(write: Write, name: str, raw: str, message: str) -> None:
    path = write(name, raw)
    with pytest.raises(DataError, match="wrong delimiter: .*" + message.replace("|", r"\|")) as caught:
        list(read_corpus([path], ReadOptions(skip_invalid=True)))
    assert caught.value.source == str(path)
    assert caught.value.line == (2 if raw.startswith("\n") else 1)


def test_another_delimiter_of_queries_and_pairs_is_named(write: Write) -> None:
    for name, raw in (("q.csv", "q1;what is it\n"), ("q.csv", "qid;query\nq1;what, it is\n")):
        with pytest.raises(DataError, match="wrong delimiter"):
            list(read_queries(write(name, raw)))
    with pytest.raises(DataError, match="wrong delimiter"):
        list(read_pairs(write("p.csv", "a;b\n")))
    assert list(read_queries(write("q.tsv", "q1\ta, b; c\n"))) == [Query("q1", "a, b; c")]
    assert list(read_pairs(write("p.csv", '"a;b","c|d"\n'))) == [Pair("a;b", "c|d")]


def test_tables_of_one_column_are_read(write: Write) -> None:
    path = write("c.csv", "body\nx; y\n")
    assert [d.text for d in read_corpus([path], ReadOptions(FieldMapping(text_fields=("body",))))] == ["x; y"]
