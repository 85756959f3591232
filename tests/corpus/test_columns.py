"""A column of a table has one type, and every cell is written again as it stands."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.corpus.columns import ColumnTypes, parse_types, survey
from simengine.corpus.formats import read_items
from simengine.corpus.read import FieldMapping, ReadOptions, ReadReport, read_corpus
from simengine.corpus.sources import InputFile
from simengine.corpus.write import document_record
from simengine.errors import DataError, UsageError

Write = Callable[[str, "str | bytes"], Path]


def column(path: Path, name: str = "x", **options: object) -> list[object]:
    return [d.metadata.get(name) for d in read_corpus([path], ReadOptions(**options))]  # type: ignore[arg-type]


def table(cells: list[str], name: str = "x") -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([["id", "text", name], *([str(n), "t", cell] for n, cell in enumerate(cells))])
    return out.getvalue()


@pytest.mark.parametrize(
    "cells",
    [
        ["1.1", "1.10", "1.10.1"],
        ["12345", "00501"],
        ["1", "+2"],
        ["0", "-0"],
        ["1", " 2"],
        ["1", "2 "],
        ["9223372036854775808", "1"],
        ["1e400", "1.5"],
        ["1.5", "NaN"],
        ["inf", "2"],
        ["1,234", "5"],
        ["True", "TRUE", "yes"],
        ["2024-01-31", "2024"],
        ["1.50", "2.25"],
        ["a\0b", "c"],
        ["٣", "4"],
        ['say "hi"', "two\nlines", "semi;colon"],
    ],
)
def test_a_column_with_one_cell_that_is_no_exact_number_stays_text(write: Write, cells: list[str]) -> None:
    assert column(write("c.csv", table(cells))) == cells


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2", "30"], [1, -2, 30]),
        (["0.5", "-0.0", "1e-07"], [0.5, -0.0, 1e-07]),
        (["1", "", "2.5"], [1, None, 2.5]),
        (["", ""], [None, None]),
        (["123456789012345678", "1"], [123456789012345678, 1]),
    ],
)
def test_a_column_of_exact_numbers_holds_numbers_and_an_empty_cell_is_null(
    write: Write, cells: list[str], values: list[object]
) -> None:
    found = column(write("c.csv", table(cells)))
    assert [(type(value), value) for value in found] == [(type(value), value) for value in values]


@given(st.lists(st.text("0123456789.-+e aT", min_size=1, max_size=6), min_size=1, max_size=5))
def test_every_cell_is_written_again_with_its_spelling(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    path.write_text(table(cells))
    values = column(path)
    assert [value if isinstance(value, str) else json.dumps(value) for value in values] == cells
    assert len({isinstance(value, str) for value in values}) == 1


def test_what_was_written_is_read_again_with_the_same_values(write: Write, tmp_path: Path) -> None:
    path = write("c.csv", "id,text,v,n\na,x,1.10,-0.0\nb,y,,1e-07\n")
    first = list(read_corpus([path]))
    again = write("c.jsonl", "".join(json.dumps(document_record(d)) + "\n" for d in first))
    assert list(read_corpus([again])) == first


def test_one_type_holds_over_all_tables_of_a_call(write: Write) -> None:
    one, two = write("a.csv", "id,text,zip\na,t,12345\n"), write("b.tsv", "id\ttext\tzip\nb\tt\t00501\n")
    assert [d.metadata["zip"] for d in read_corpus([one, two])] == ["12345", "00501"]


def test_types_that_are_named_are_taken_instead(write: Write) -> None:
    path = write("c.csv", "id,text,year,price,flag,code\na,t, 007,1.50,yes,5\nb,t,+8,.5,FALSE,\n")
    options = ReadOptions(types={"year": "int", "price": "float", "flag": "bool", "code": "str"})
    assert [d.metadata for d in read_corpus([path], options)] == [
        {"year": 7, "price": 1.5, "flag": True, "code": "5"},
        {"year": 8, "price": 0.5, "flag": False, "code": None},
    ]


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("int", "1.5", "expected a whole number"),
        ("int", "9223372036854775808", "64 bits"),
        ("int", "9" * 5000, "64 bits"),
        ("float", "NaN", "expected a finite number"),
        ("float", "1e400", "expected a finite number"),
        ("float", "1,5", "expected a finite number"),
        ("bool", "maybe", "expected one of true"),
    ],
)
def test_a_cell_that_does_not_fit_its_type_names_file_and_line(
    write: Write, kind: str, cell: str, expected: str
) -> None:
    path = write("c.csv", table(["1", cell]))
    with pytest.raises(DataError, match=expected) as caught:
        column(path, types={"x": kind})
    assert (caught.value.source, caught.value.line) == (str(path), 3)
    report = ReadReport()
    options = ReadOptions(types={"x": kind}, skip_invalid=True)
    assert len(list(read_corpus([path], options, report))) == 1
    assert report.reasons == {"wrong type": 1}


def test_types_of_columns_that_are_not_there_and_of_other_files_are_refused(write: Write) -> None:
    path = write("c.csv", "id,text,year\na,t,1\n")
    with pytest.raises(UsageError, match=r"no column 'yeer'; .* did you mean 'year'"):
        column(path, types={"yeer": "int"})
    with pytest.raises(UsageError, match="'text' is an id, a title or a text"):
        column(path, types={"text": "int"})
    with pytest.raises(UsageError, match=r"for \.csv and \.tsv"):
        column(write("c.jsonl", '{"id": "a", "text": "t"}'), types={"year": "int"})
    with pytest.raises(UsageError, match="expected one of str, int"):
        ReadOptions(types={"year": "date"})


@pytest.mark.parametrize("given_", ["year", "year=date", "=int", "a=int,a=str"])
def test_types_that_cannot_be_read_are_refused(given_: str) -> None:
    assert parse_types("a=b=int, zip = str") == {"a=b": "int", "zip": "str"}
    with pytest.raises(UsageError, match="types: "):
        parse_types(given_)


@pytest.mark.parametrize(
    ("known", "cells", "values"),
    [
        ("str", ["1", "2"], ["1", "2"]),
        ("number", ["1", "2"], [1, 2]),
        ("bool", ["True", "false"], [True, False]),
    ],
)
def test_a_column_gets_the_type_that_its_field_has_in_the_index(
    write: Write, known: str, cells: list[str], values: list[object]
) -> None:
    assert column(write("c.csv", table(cells)), known_types={"x": known}) == values


@pytest.mark.parametrize(
    ("known", "cells", "advice"),
    [
        ("number", ["1", "2.50"], "--types x=float"),
        ("number", ["007"], "--types x=int"),
        ("number", ["a"], "--overwrite"),
        ("bool", ["yes"], "--overwrite"),
    ],
)
def test_a_column_that_cannot_have_the_type_of_the_index_is_refused(
    write: Write, known: str, cells: list[str], advice: str
) -> None:
    path = write("c.csv", table(cells))
    with pytest.raises(DataError, match=f"a field of two types misses one of them.*{advice}") as caught:
        column(path, known_types={"x": known})
    assert caught.value.line == len(cells) + 1
    assert column(path, known_types={"x": known}, types={"x": "str"}) == cells


def test_columns_without_a_name_are_row_numbers_empty_or_get_a_name(write: Write) -> None:
    report = ReadReport()
    path = write("c.csv", ",id,text,,\n0,a,x,7,\n5,b,y,,\n")
    assert [d.metadata for d in read_corpus([path], None, report)] == [{"column 4": 7}, {"column 4": None}]
    assert [note.split(":")[0] for note in report.notes] == [
        "the first column has no name and holds row numbers",
        "column 4 has no name",
        "column 5 has no name and is empty",
    ]


def test_a_first_column_without_a_name_that_holds_words_is_kept(write: Write) -> None:
    path = write("c.csv", ",text\nalice,x\nbob,y\n")
    assert column(path, "column 1") == ["alice", "bob"]
    assert [d.id for d in read_corpus([path], ReadOptions(FieldMapping(id_field="column 1")))] == [
        "alice",
        "bob",
    ]


def test_a_column_that_is_called_so_is_no_row_number(write: Write) -> None:
    assert column(write("c.csv", "column 1,id,text\n0,a,x\n1,b,y\n"), "column 1") == [0, 1]


def test_the_report_says_which_numbers_stay_text(write: Write) -> None:
    report = ReadReport()
    path = write("c.csv", "id,text,zip,name\n007,x,00501,a1\n008,y,1,b\n")
    list(read_corpus([path], None, report))
    (line,) = report.text_columns
    assert "column 'zip' stays text" in line
    assert "--types zip=int" in line
    assert report.notes == []


@pytest.mark.parametrize(
    ("cells", "advice"),
    [
        ("007 12", "--types v=int"),
        ("007 1.5", "--types v=float"),
        ("1.5 007", "--types v=float"),
        ("9.90 10.5", "--types v=float"),
        ("+1 -9223372036854775", "--types v=int"),
        ("1 9223372036854775808", "more than 18 digits"),
        ("0.5 1234567890123456789", "more than 18 digits"),
    ],
)
def test_the_advised_type_fits_every_cell(write: Write, cells: str, advice: str) -> None:
    report, values = ReadReport(), cells.split()
    path = write("c.csv", table(values, "v"))
    assert [document.metadata["v"] for document in read_corpus([path], None, report)] == values
    (line,) = report.text_columns
    assert advice in line
    if kind := advice.partition("=")[2]:
        typed = read_corpus([path], ReadOptions(types={"v": kind}))
        assert [document.metadata["v"] for document in typed] == [
            (int if kind == "int" else float)(cell) for cell in values
        ]


def test_a_named_pipe_is_typed_as_a_file_is(tmp_path: Path) -> None:
    pipe = tmp_path / "p.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(table(["1.1", "1.10"])))
    writer.start()
    assert column(pipe) == ["1.1", "1.10"]
    writer.join()


def test_the_survey_stops_where_nothing_more_can_be_learned() -> None:
    read = 0

    def rows():  # type: ignore[no-untyped-def]
        nonlocal read
        for number in range(1, 1000):
            read += 1
            yield number, {"id": "1", "x": "text"}, b""

    source = InputFile("c.csv", None, "csv", "", "c")
    found = survey([source], lambda _: rows(), lambda _: frozenset(("id",)), types={}, known={}, notes=[])
    assert found == ColumnTypes()
    assert read < 4


@pytest.mark.parametrize(
    ("name", "delimiter"), [("c.csv", ";"), ("c.csv", "tab"), ("c.tsv", "|"), ("c.csv", "\\t")]
)
def test_another_delimiter_can_be_given(write: Write, name: str, delimiter: str) -> None:
    sign = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    path = write(name, sign.join(("id", "text", "x")) + "\n" + sign.join(("a", "b, c", "1")) + "\n")
    (document,) = read_corpus([path], ReadOptions(delimiter=delimiter))
    assert (document.id, document.text, document.metadata) == ("a", "b, c", {"x": 1})


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "a"])
def test_a_delimiter_that_cannot_be_one_is_refused(delimiter: str) -> None:
    with pytest.raises(UsageError, match="the delimiter is"):
        ReadOptions(delimiter=delimiter)


def test_a_file_that_changes_between_both_readings_is_named(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, calls = write("c.csv", table(["1"])), []

    def changing(*args: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            path.write_text(table(["01"]))
        return read_items(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("simengine.corpus.read.read_items", lambda *a, **k: changing(*a))
    with pytest.raises(DataError, match="file changed"):
        column(path)
