from __future__ import annotations

import math

import pytest

from simengine.rules.quantities import Quantity, quantities

INF = math.inf
DAY = 86_400.0


def read(text: str) -> list[tuple[object, ...]]:
    return [
        (text[q.start : q.end], q.dimension, q.base, q.low, q.high)
        for q in quantities(text)
        if q.date is None
    ]


def dates(text: str) -> list[tuple[object, ...] | None]:
    return [q.date for q in quantities(text) if q.date is not None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It has 1,200 seats.", ("1,200", "number", "", 1200, 1200)),
        ("It has twenty-five seats.", ("twenty-five", "number", "", 25, 25)),
        ("about one hundred and three seats", ("about one hundred and three", "number", "", 92.7, 113.3)),
        ("It costs $5 million.", ("$5 million", "money", "USD", 5e6, 5e6)),
        ("It costs 5 EUR.", ("5 EUR", "money", "EUR", 5, 5)),
        ("It weighs 2.5 kg.", ("2.5 kg", "mass", "gram", 2500, 2500)),
        ("a 7-day trial", ("7-day", "time", "second", 7 * DAY, 7 * DAY)),
        ("5-7 days", ("5-7 days", "time", "second", 5 * DAY, 7 * DAY)),
        ("5 to 7 million people", ("5 to 7 million", "number", "", 5e6, 7e6)),
        ("at least 30 days", ("at least 30 days", "time", "second", 30 * DAY, INF)),
        ("not more than 10 %", ("not more than 10 %", "percent", "percent", -INF, 10)),
        ("two years", ("two years", "time", "month", 24, 24)),
        ("-5 °C", ("-5 °C", "temperature", "celsius", -5, -5)),
        ("opens at 5 pm", ("5 pm", "clock", "minute", 1020, 1020)),
        ("opens at 9:30", ("9:30", "clock", "minute", 570, 570)),
        ("租金为三百元", ("三百元", "money", "CNY", 300, 300)),
        ("不超过百分之五", ("不超过百分之五", "percent", "percent", -INF, 5)),
        ("提前至少三十天通知", ("至少三十天", "time", "second", 30 * DAY, INF)),
        ("租期为两个月", ("两个月", "time", "month", 2, 2)),
        ("Section 3 applies.", ("3", "label", "", 0, 0)),
        ("见第3条", ("3", "label", "", 0, 0)),
    ],
)
def test_value_unit_and_bound_are_read(text: str, expected: tuple[object, ...]) -> None:
    (found,) = read(text)
    assert found[:3] == expected[:3]
    assert found[3:] == pytest.approx(expected[3:])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 3 May 2020", (2020, 5, 3)),
        ("on May 3rd, 2020", (2020, 5, 3)),
        ("on the 3rd of May", (None, 5, 3)),
        ("in September 1999", (1999, 9, None)),
        ("in Sept. 1999", (1999, 9, None)),
        ("2020-05-03", (2020, 5, 3)),
        ("in 1990", (1990, None, None)),
        ("2020年5月3日", (2020, 5, 3)),
        ("2020年", (2020, None, None)),
        ("二〇二五年", (2025, None, None)),
        ("5月3日", (None, 5, 3)),
    ],
)
def test_dates_are_year_month_day(text: str, expected: tuple[object, ...]) -> None:
    assert dates(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "COVID-19",
        "version v2",
        "A4 paper",
        "1.2.3",
        "12/05/2020",
        "No one knows",
        "It may rain",
        "大家一起",
        "",
    ],
)
def test_what_is_no_quantity_is_left_alone(text: str) -> None:
    assert quantities(text) == []


def test_quantities_stand_in_order_and_do_not_overlap() -> None:
    text = "From 3 May 2020 on, 12 staff get 30 days and 2,000 euros at 9:00."
    found = quantities(text)
    assert [text[q.start : q.end] for q in found] == ["3 May 2020", "12", "30 days", "2,000 euros", "9:00"]
    assert all(isinstance(q, Quantity) for q in found)
