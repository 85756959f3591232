"""Exports: all that was shown, in the files' own syntax, and no formula for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.serving.demo.export import BOM, as_csv, as_jsonl, neutral
from simengine.types import Hit, Judgement, Passage, Span

HITS = [
    Hit("a", 0.5, 1, "=1+1", Passage(3, 10, "@SUM(A1"), {"year": 2020, "tags": ["x", "y"]}, {"dense": 0.5}),
    Hit(
        "猫",
        0.25,
        2,
        'two\nlines, "quoted"',
        Passage(0, 4, "+cmd"),
        {"kind": "-1", "flag": True},
        {},
        Judgement(
            0.75, True, "supports", {"entailment": 0.9, "neutral": 0.05, "contradiction": 0.05}, Span(0, 2)
        ),
        ("b", "c"),
    ),
]


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_csv_holds_a_row_for_each_hit_and_a_column_for_each_field():
    first, second = rows(as_csv(HITS, "q"))
    assert (first["query"], first["rank"], first["id"], first["score"]) == ("q", "1", "a", "0.5")
    assert (first["metadata.year"], first["metadata.tags"], first["metadata.kind"]) == (
        "2020",
        '["x", "y"]',
        "",
    )
    assert (second["id"], second["title"]) == ("猫", 'two\nlines, "quoted"')
    assert (second["relevance"], second["calibrated"], second["stance"]) == ("0.75", "true", "supports")
    assert (second["evidence"], second["duplicates"]) == ("'+c", "b c")


def test_formulas_are_neutralised_in_every_text_column():
    first, second = rows(as_csv(HITS, "=evil()"))
    assert first["query"] == "'=evil()"
    assert (first["title"], first["passage"]) == ("'=1+1", "'@SUM(A1")
    assert (second["passage"], second["metadata.kind"]) == ("'+cmd", "'-1")


def test_a_field_name_that_is_a_formula_is_neutralised():
    header = as_csv([Hit("a", 1.0, 1, "", Passage(0, 1, "x"), {"=x": 1}, {})], "q").splitlines()[0]
    assert ",metadata.=x" in header


@given(st.text(max_size=20))
def test_no_text_begins_like_a_formula(text: str):
    cell = str(neutral(text))
    assert not cell.lstrip(" \u3000\ufeff").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize(
    ("value", "cell"), [(-1.5, -1.5), (3, 3), (None, ""), (False, "false"), (["=x"], '["=x"]')]
)
def test_numbers_stay_numbers(value: object, cell: object):
    assert neutral(value) == cell


def test_no_hits_give_a_header_alone():
    assert rows(as_csv([], "q")) == []
    assert as_jsonl([], "q") == ""


def test_jsonl_holds_everything_as_it_is():
    first, second = [json.loads(line) for line in as_jsonl(HITS, "=q").splitlines()]
    assert first["query"] == "=q"
    assert first["title"] == "=1+1"
    assert first["metadata"] == {"year": 2020, "tags": ["x", "y"]}
    assert second["judgement"]["evidence"] == {"start": 0, "end": 2, "text": "+c"}
    assert (first["duplicates"], second["duplicates"]) == ([], ["b", "c"])
