"""Filters from metadata: which fields are offered, and that the expression means what was chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.search.filters import Filter
from simengine.serving.demo.facets import Facet, as_number, expression, facet_of, facets_of
from simengine.types import Document
from tests.serving.library import word_models

CHOICE = Facet("kind", "choice", (("film", 3), ("book", 1)))
MEMBER = Facet("tags", "member", (("a", 2), ("b", 1)))
RANGE = Facet("year", "range", (), 1900.0, 2020.0)
FACETS = [CHOICE, MEMBER, RANGE]


def test_values_are_offered_most_frequent_first_with_their_numbers():
    facet = facet_of("kind", ["b", "a", "a", "c", "a", "b"])
    assert facet == Facet("kind", "choice", (("a", 3), ("b", 2), ("c", 1)))


@pytest.mark.parametrize(
    "values",
    [[], ["same"] * 5, [f"name {n}" for n in range(40)], [{"a": 1}, {"a": 2}], [["x"], "x"], [[], []]],
)
def test_a_field_that_does_not_divide_the_documents_is_left_out(values: list):
    assert facet_of("x", values) is None


def test_many_numbers_are_a_range_and_few_are_choices():
    assert facet_of("n", [float(n) for n in range(30)]) == Facet("n", "range", (), 0.0, 29.0)
    assert facet_of("n", [1, 2, 2]) == Facet("n", "choice", ((2, 2), (1, 1)))


def test_true_and_1_and_text_1_are_three_values():
    facet = facet_of("x", [True, 1, "1", 1])
    assert facet is not None
    assert facet.by_key() == {"1": 1, '"1"': "1", "true": True}


def test_members_of_lists_are_counted_once_a_document():
    assert facet_of("tags", [["a", "a"], ["b", "a"]]) == Facet("tags", "member", (("a", 2), ("b", 1)))


def test_nothing_chosen_is_no_filter():
    assert expression({"kind": [], "tags": []}, {"year": (None, None)}, FACETS) is None


def test_all_fields_must_hold_and_any_of_the_values_of_one():
    chosen = {"kind": ['"film"', '"book"'], "tags": ['"a"', '"b"']}
    found = expression(chosen, {"year": (1990.0, 1999.5)}, FACETS, " x = 1 or y = 2 ")
    assert found == (
        'kind in ("film", "book") and (tags contains "a" or tags contains "b") and year >= 1990 and year <= 1999.5 '
        "and (x = 1 or y = 2)"
    )
    Filter.parse(found)


def test_a_typed_expression_alone_stays_as_typed():
    assert expression({}, {}, FACETS, "a = 1") == "a = 1"


@given(st.text(min_size=1, max_size=20))
def test_no_value_breaks_out_of_its_quotes(value: str):
    facet = Facet("kind", "choice", ((value, 1), ("other", 1)))
    found = expression({"kind": list(facet.by_key())}, {}, [facet])
    assert found is not None
    step = Filter.parse(found)._program[0]
    assert step.values == (value, "other")


@given(st.text(min_size=1, max_size=20))
def test_what_a_person_types_is_a_value_and_nothing_else(typed: str):
    found = expression({"kind": [typed]}, {}, [CHOICE])
    assert found is not None
    parsed = Filter.parse(found)
    assert parsed.fields == ("kind",)
    assert len(parsed._program) == 1


def test_numbers_are_read_and_anything_else_is_named():
    assert as_number("year", " 1e3 ") == 1000.0
    assert as_number("year", "−5") == -5.0
    assert as_number("year", "") is None
    for text in ("soon", "nan", "inf", "1 or 1 = 1"):
        with pytest.raises(UsageError, match=r"year: .* is not a number"):
            as_number("year", text)


def test_an_index_offers_its_own_fields(tmp_path: Path):
    from simengine.engine import Engine

    documents = [
        Document(
            f"d{n}",
            f"text {n}",
            "",
            {
                "kind": "ab"[n % 2],
                "n": n,
                "tags": ["x"],
                "id2": f"i{n}",
                "o": {"p": n % 3},
                "authors": [{"name": "Lee"}, {"name": "Lee"}, {"name": "Ng" if n % 2 else "Roe"}],
            },
        )
        for n in range(20)
    ]
    with word_models(), Engine.build(documents, tmp_path / "index") as engine:
        engine.delete(["d1"])
        found = {facet.name: facet for facet in facets_of(tmp_path / "index")}
        assert (
            len(engine.matching_ids(expression({"authors.name": ['"Ng"', '"x"']}, {}, [*found.values()])))
            == 9
        )
    assert set(found) == {"kind", "n", "tags", "o.p", "authors.name"}
    assert found["authors.name"] == Facet("authors.name", "choice", (("Lee", 19), ("Roe", 10), ("Ng", 9)))
    assert found["kind"].values == (("a", 10), ("b", 9))
    assert (found["n"].least, found["n"].greatest) == (0.0, 19.0)
