"""Filters: typed, exact, and clear about what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import FilterError
from simengine.search import filter_syntax
from simengine.search.filter_syntax import (
    MAX_CHARACTERS,
    MAX_COMPARISONS,
    MAX_DEPTH,
    MAX_LIST_VALUES,
    MAX_NAME_CHARACTERS,
    MAX_NAME_PARTS,
    MAX_WORDS,
)
from simengine.search.filters import Filter
from simengine.store.contract import Column

RECORDS: list[dict[str, Any]] = [
    {
        "year": 2019,
        "kind": "class",
        "tags": ["a", "b"],
        "author": {"name": "Ann"},
        "open": True,
        "score": 0.5,
    },
    {"year": 2020, "kind": "function", "tags": [], "date": "2020-02-01", "open": False, "score": 2},
    {"year": 2021.0, "kind": "Class", "tags": ["b", 3], "date": "2021-01-31", "odd name": "x", "score": 2.0},
    {"year": None, "kind": 'it\'s "q"\n', "tags": "a plain text"},
    {"year": "2022", "kind": "function", "open": 1},
    {},
]


def column_of(records: list[dict[str, Any]], name: str) -> Column:
    values = np.empty(len(records), dtype=object)
    for i, record in enumerate(records):
        value: Any = record
        for part in [name] if name in record else name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        values[i] = value
    return Column(values)


def kept(expression: str, records: list[dict[str, Any]] = RECORDS) -> list[int]:
    names = {name for record in records for name in record} | {"author.name"}
    mask = Filter.parse(expression).mask(lambda name: column_of(records, name), len(records), lambda: names)
    assert mask.dtype == np.bool_
    assert mask.shape == (len(records),)
    return np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("year >= 2020", [1, 2]),
        ("year == 2021", [2]),
        ("2020 <= year", [1, 2]),
        ("year > 2019 and year < 2021", [1]),
        ("year != 2020", [0, 2]),
        ("not year = 2020", [0, 2, 3, 4, 5]),
        ("year <> 2020.0", [0, 2]),
        ("year = '2022'", [4]),
        ("year is null", [3, 5]),
        ("year = null", [3, 5]),
        ("year is not null", [0, 1, 2, 4]),
        ("year != null", [0, 1, 2, 4]),
        ('kind in ("class", "function")', [0, 1, 4]),
        ("kind IN ['class']", [0]),
        ("kind not in ('class', 'function')", [2, 3]),
        ("year in (2019, 2020.0, '2022')", [0, 1, 4]),
        ("score = 2", [1, 2]),
        ("score in (2)", [1, 2]),
        ("tags contains 'b'", [0, 2]),
        ("tags contains 'plain'", [3]),
        ("tags contains 3", [2]),
        ("tags not contains 'b'", [1, 3]),
        ("kind starts with 'cl'", [0]),
        ("kind not starts with 'f'", [0, 2, 3]),
        ("date >= '2020-12-31'", [2]),
        ("author.name = 'Ann'", [0]),
        ("`author`.`name` = 'Ann'", [0]),
        ("`odd name` = 'x'", [2]),
        ("open = true", [0]),
        ("open = 1", [4]),
        ("open != TRUE", [1]),
        ('kind = "it\'s \\"q\\"\\n"', [3]),
        ("kind = 'it\\'s \"q\"\\u000a'", [3]),
        ("year=2019 or year=2020 and kind='x'", [0]),
        ("(year=2019 or year=2020) and kind='function'", [1]),
        ("not not year=2019 AND NOT kind = 'function'", [0]),
        ("year >= -1e3 and score <= .5", [0]),
    ],
)
def test_expression_keeps(expression: str, expected: list[int]) -> None:
    assert kept(expression) == expected


def test_words_that_begin_like_keywords_are_field_names() -> None:
    records = [{"android": 1, "inner": 2, "notes": "x", "nullable": True, "orders": 3}]
    assert kept("android = 1 and inner = 2 and notes = 'x' and nullable = true or orders < 0", records) == [0]


def test_large_integers_are_exact() -> None:
    records = [{"n": 2**53}, {"n": 2**53 + 1}, {"n": 10**30}, {"n": 1.5}]
    assert kept(f"n = {2**53 + 1}", records) == [1]
    assert kept(f"n > {2**53}", records) == [1, 2]
    assert kept(f"n in ({10**30}, 1.5)", records) == [2, 3]
    assert kept(f"n = {2**53 + 1}", [{"n": 2**53}, {"n": 1.0}]) == []


def test_escaped_characters_beyond_the_first_plane_are_one_character_and_halves_are_refused() -> None:
    records = [{"face": "😀"}, {"face": "x"}]
    assert kept(r'face = "\ud83d\ude00"', records) == [0]
    assert kept(r'face in ("\uD83D\uDE00", "y")', records) == [0]
    for half in (r"\ud83d", r"\ude00", r"\ude00\ud83d", r"😀\ud83d"):
        with pytest.raises(FilterError, match="half of a surrogate pair") as caught:
            kept(f'face = "{half}"', records)
        assert caught.value.position == 7


def test_no_documents_give_an_empty_mask() -> None:
    assert kept("anything = 1", []) == []


@pytest.mark.parametrize(
    ("expression", "position", "message"),
    [
        ("year >=", 7, "it ends where"),
        ("year >= 2020 kind = 1", 13, "'kind' appears where"),
        ("date = 2020-01-01", 11, "dates need quotes"),
        ("kind = 'open", 7, "closing quote"),
        ("kind = 'a' && year = 1", 11, "write and, or"),
        ("kind = $", 7, "texts need quotes"),
        ("open < true", 7, "has no order"),
        ("kind in ()", 9, "appears where"),
        ("kind in ('a', null)", 14, "is null"),
        ("(year = 1", 9, "it ends where"),
        ("kind starts with 3", 17, "needs a text"),
        (f"year = {'9' * 5000}", 7, "too long"),
        ("  ", None, "is empty"),
    ],
)
def test_unreadable_expression_names_the_position(
    expression: str, position: int | None, message: str
) -> None:
    with pytest.raises(FilterError, match="filter: ") as caught:
        Filter.parse(expression)
    assert message in caught.value.reason
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("yaer = 2020", "did you mean year"),
        ("Kind = 'x'", "did you mean kind"),
        ("zzz is null", "there are: "),
        ("score = '2'", "write 2 without quotes"),
        ("kind = 3", 'write "3"'),
        ("date > 2020", 'write "2020"'),
        ("kind = 9.90", "write it in quotes, spelled as in the documents"),
        ("author = 'Ann'", "contains objects"),
        ("score contains 'x'", "is for lists and texts"),
    ],
)
def test_wrong_name_or_type_is_explained(expression: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        kept(expression)
    assert message in caught.value.reason
    assert caught.value.position == 0


def test_numbers_that_are_texts_are_not_compared_as_texts_by_advice() -> None:
    prices = [{"price": "9.90"}, {"price": "10.5"}, {"price": None}]
    with pytest.raises(FilterError, match=r"--types price=float") as caught:
        kept("price > 10", prices)
    assert "write" not in caught.value.reason


def test_every_value_of_a_list_has_a_type_that_the_field_has() -> None:
    with pytest.raises(FilterError, match=r"zip has text in every document, and 501 is a number; write "):
        kept('zip in ("12345", 501)', [{"zip": "12345"}, {"zip": "501"}])
    assert kept('zip in ("12345", 501)', [{"zip": "12345"}, {"zip": 501}, {"zip": "501"}]) == [0, 1]


def test_list_compared_as_a_value_points_to_contains() -> None:
    with pytest.raises(FilterError, match='write: tags contains "a"'):
        kept('tags = "a"', [{"tags": ["a"]}, {"tags": []}])


def test_nesting_repetition_and_long_lists_are_read_within_the_limits() -> None:
    assert kept("(" * MAX_DEPTH + "year = 2019" + ")" * MAX_DEPTH) == [0]
    assert kept("not " * (MAX_WORDS - 4) + "not year = 2019") == [1, 2, 3, 4, 5]
    assert kept("year = 1 or " * (MAX_COMPARISONS - 1) + "year = 2019") == [0]
    assert kept(f"year in ({','.join(map(str, range(20_000)))})") == [0, 1, 2]
    ids = [f"{number:036d}" for number in range(10_000)]
    assert kept(f"kind in ({', '.join(map(repr, ids))}, 'class')") == [0]


@pytest.mark.parametrize(
    ("expression", "limit"),
    [
        ("a" * (MAX_CHARACTERS + 1), "at most 500,000 are read"),
        ("(" * 100_000, f"more than {MAX_DEPTH} levels deep"),
        ("(year = 1 or " * 200 + "year = 2" + ")" * 200, f"more than {MAX_DEPTH} levels deep"),
        ("not " * 100_000 + "year = 1", "more than 5,000 words"),
        ("year = 1 or " * 20_000 + "year = 2", f"more than {MAX_COMPARISONS} comparisons"),
        (f"year in ({'1,' * (MAX_LIST_VALUES + 1)})", "at most 50,000 values"),
        (f"year in ({'1,' * 240_000} x)", "at most 50,000 values"),
        (".".join("a" * 100_000) + " = 1", f"at most {MAX_NAME_PARTS} parts"),
        (".".join(["`a b`"] * 60_000) + " = 1", f"at most {MAX_NAME_PARTS} parts"),
        ("`" + "." * MAX_NAME_PARTS + "` = 1", f"at most {MAX_NAME_PARTS} parts"),
        (f"`{'é' * (MAX_NAME_CHARACTERS + 1)}` = 1", "at most 1,000 characters"),
        ("year = " + "9" * 100_000, "too long"),
        (f"year in (1, {'9' * 100_000})", "too long"),
    ],
)
def test_an_expression_beyond_a_limit_is_refused_with_the_limit(expression: str, limit: str) -> None:
    with pytest.raises(FilterError, match=limit) as caught:
        Filter.parse(expression)
    assert len(str(caught.value)) < 600


def test_what_lies_behind_a_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    class Watched(filter_syntax._Limits):
        def process(self, stream: Any) -> Any:
            yield from super().process(read.append(token.type) or token for token in stream)

    monkeypatch.setattr(filter_syntax, "_Limits", Watched)
    filter_syntax._parser.cache_clear()
    try:
        for expression in ("(" * 100_000, "not " * 100_000, "year = 1 or " * 20_000, "year (" * 50_000):
            read.clear()
            with pytest.raises(FilterError):
                Filter.parse(expression)
            assert len(read) <= MAX_WORDS + 2
    finally:
        filter_syntax._parser.cache_clear()


@pytest.mark.parametrize(
    ("expression", "position"),
    [("kind in (" + "'a', " * 30_000 + "3 4)", 150_011), ("kind in (" + "'a', " * 30_000 + "null)", 150_009)],
)
def test_the_fault_in_a_long_list_is_shown_where_it_is(expression: str, position: int) -> None:
    with pytest.raises(FilterError) as caught:
        Filter.parse(expression)
    assert expression[position] in "4n"
    shown, pointer = str(caught.value).splitlines()[-2:]
    assert shown[len(pointer) - 1 :].startswith(expression[position:])


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.0, 1.0, 1.5, -2.5]),
    st.sampled_from(["", "a", "ab", "b", "1"]),
    st.lists(st.sampled_from(["a", "b", 1, True, None]), max_size=3),
)
LITERALS = st.one_of(
    st.booleans(), st.integers(-3, 3), st.sampled_from([1.0, 1.5]), st.sampled_from(["", "a", "ab", "1"])
)


def family(value: object) -> str:
    if value is None or isinstance(value, (bool, str, list)):
        return type(value).__name__
    return "number"


def literal(value: object) -> str:
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def compare(value: Any, operator: str, wanted: Any) -> bool:
    """One document, one comparison, as the manual says it."""
    same = family(value) == family(wanted)
    if operator == "contains":
        if isinstance(value, list):
            return any(family(m) == family(wanted) and m == wanted for m in value)
        return isinstance(value, str) and isinstance(wanted, str) and wanted in value
    if operator == "not contains":
        able = isinstance(value, list) or (isinstance(value, str) and isinstance(wanted, str))
        return able and not compare(value, "contains", wanted)
    if not same:
        return False
    return {
        "=": lambda: value == wanted,
        "!=": lambda: value != wanted,
        "<": lambda: value < wanted,
        ">=": lambda: value >= wanted,
    }[operator]()


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, Any]:
    """(expression, predicate over one record), nested a little."""

    def leaf() -> tuple[str, Any]:
        name, wanted = draw(st.sampled_from(["x", "y"])), draw(LITERALS)
        operators = ["=", "!=", "contains", "not contains"] + (
            [] if isinstance(wanted, bool) else ["<", ">="]
        )
        operator = draw(st.sampled_from(operators))
        return f"{name} {operator} {literal(wanted)}", lambda r: compare(r.get(name), operator, wanted)

    text, test = leaf()
    for _ in range(draw(st.integers(0, 4))):
        other_text, other = leaf()
        connective = draw(st.sampled_from(["and", "or", "not"]))
        if connective == "and":
            text, test = f"({text}) and {other_text}", lambda r, a=test, b=other: a(r) and b(r)
        elif connective == "or":
            text, test = f"{other_text} or ({text})", lambda r, a=test, b=other: a(r) or b(r)
        else:
            text, test = f"not ({text})", lambda r, a=test: not a(r)
    return text, test


@given(
    records=st.lists(st.fixed_dictionaries({}, optional={"x": VALUES, "y": VALUES}), max_size=12),
    condition=conditions(),
)
def test_mask_equals_brute_force(records: list[dict[str, Any]], condition: tuple[str, Any]) -> None:
    expression, test = condition
    # One value of every type, so that no comparison is refused as mistyped.
    records = [*records, *({"x": v, "y": v} for v in (True, 1, "a", ["a"]))]
    assert kept(expression, records) == [i for i, record in enumerate(records) if test(record)]


@given(
    several=st.lists(
        st.one_of(
            VALUES, st.lists(VALUES.filter(lambda v: v is not None), min_size=2, max_size=3).map(tuple)
        ),
        max_size=8,
    ),
    wanted=LITERALS,
    operator=st.sampled_from(["=", "!=", "<", ">=", "contains", "not contains"]),
)
def test_several_values_of_a_document_are_kept_for_any_and_negated_for_none(
    several: list[Any], wanted: Any, operator: str
) -> None:
    if isinstance(wanted, bool) and operator in ("<", ">="):
        operator = "="
    several = [*several, True, 1, "a", ["a"], (1, "a")]
    positive = {"!=": "=", "not contains": "contains"}.get(operator)

    def keeps(values: tuple[Any, ...]) -> bool:
        if positive is None:
            return any(compare(value, operator, wanted) for value in values)
        # Negated: one value at least can be judged, and the comparison itself holds for none.
        judged = [v for v in values if compare(v, positive, wanted) or compare(v, operator, wanted)]
        return bool(judged) and not any(compare(value, positive, wanted) for value in values)

    column = Column(np.empty(len(several), dtype=object))
    for place, value in enumerate(several):
        column.values[place] = value
    mask = Filter.parse(f"x {operator} {literal(wanted)}").mask(lambda name: column, len(several))
    expected = [keeps(value if isinstance(value, tuple) else (value,)) for value in several]
    assert mask.tolist() == expected


def test_values_nested_very_deeply_are_compared() -> None:
    deep: Any = "x"
    for _ in range(5_000):
        deep = [deep]
    assert kept("x is not null", [{"x": deep}, {}]) == [0]
    assert kept("x contains 'x'", [{"x": deep}, {"x": ["x"]}]) == [1]
