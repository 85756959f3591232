"""Cells of tables have one type per kind of column; a table with another delimiter is named as such."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.corpus.formats import typed_cell
from simengine.corpus.pairs import Pair, read_pairs
from simengine.corpus.queries import Query, read_queries
from simengine.corpus.read import FieldMapping, ReadOptions, read_corpus
from simengine.errors import DataError

Write = Callable[[str, "str | bytes"], Path]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_as_python_writes_it_comes_back(value: float) -> None:
    cell = typed_cell(repr(value))
    assert type(cell) is float
    assert cell == value


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_integers_of_at_most_18_digits_are_integers(value: int) -> None:
    cell = typed_cell(str(value))
    assert type(cell) is int
    assert cell == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0.14285714285714285", 1 / 7),
        ("3.14159265358979323846264338327950288", math.pi),
        ("-12345678901234567890.25", -12345678901234567890.25),
        ("3.50", 3.5),
        ("1.25e-07", 1.25e-07),
        ("2e+16", 2e16),
        ("-0.0", 0.0),
    ],
)
def test_plain_decimals_of_any_length_are_floats(cell: str, value: float) -> None:
    found = typed_cell(cell)
    assert type(found) is float
    assert found == value


@pytest.mark.parametrize(
    "cell",
    [
        "007",
        "00.5",
        "-01.5",
        "1.2.3",
        "+1",
        "+1.5",
        ".5",
        "5.",
        "1e5",
        "1E-07",
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
    assert typed_cell(cell) == cell


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_column_of_sevenths_holds_numbers_only(write: Write, suffix: str, delimiter: str) -> None:
    rows = [delimiter.join((str(i), "t", str(i / 7))) for i in range(1, 200)]
    path = write(f"c.{suffix}", "\n".join([delimiter.join(("id", "text", "x")), *rows]))
    assert [d.metadata["x"] for d in read_corpus([path])] == [i / 7 for i in range(1, 200)]


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("c.csv", "id;text;n\n1;Hello, world;2\n", "holds ';'; fields of csv are separated by ','"),
        ("c.csv", "\nid;text\n1;a\n", "holds ';'"),
        ("c.csv", "sep=;\nid;text\n1;a\n", "holds ';'"),
        ("c.csv", "id\ttext\n1\ta\n", "holds a tab; .* or give the format tsv"),
        ("c.csv", "id|text\n1|a\n", "holds '|'"),
        ("c.tsv", "id,text\n1,a\n", "holds ','; fields of tsv are separated by a tab: .* the format csv"),
        ("c.tsv", "id;text\n1;a\n", "holds ';'"),
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
