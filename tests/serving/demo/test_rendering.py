"""Templates: every text is escaped, a missing value is an error, numbers have a singular."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from simengine.serving.demo.rendering import environment, render
from simengine.serving.demo.strings.search import SEARCH
from tests.serving.demo.test_cards import EVIL, Reader


@pytest.mark.parametrize("name", environment().list_templates(extensions=["html"]))
def test_every_template_is_read(name: str):
    environment().get_template(name)


def test_texts_are_escaped_and_html_is_not_escaped_twice():
    read = Reader(render("notice", "en", {"kind": "error", "title": EVIL, "body": Markup("{}").format(EVIL)}))
    assert not {tag for tag, _ in read.tags} & {"img", "script"}
    assert read.text.count(EVIL) == 2


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError, match="title"):
        render("notice", "en", {"kind": "error", "body": ""})


@pytest.mark.parametrize(
    ("source", "english", "chinese"),
    [
        ("{{ SEARCH.found|count(1) }}", "1 result", "1 条结果"),
        ("{{ SEARCH.found|count(1234) }}", "1,234 results", "1,234 条结果"),
        ("{{ 'as {it} is'|t }}", "as {it} is", "as {it} is"),
        ("{{ SEARCH.filtered|t(filter='a < {b}') }}", "Filter: a &lt; {b}", "筛选：a &lt; {b}"),
        ("{{ 1999|duration }}", "1,999 ms", "1,999 毫秒"),
        ("{{ 12345|duration }}", "12.3 s", "12.3 秒"),
        ("{{ 1500000|megabytes }}", "1.5 MB", "1.5 MB"),
        ("{{ 0.5|fmt('.1%') }}", "50.0%", "50.0%"),
    ],
)
def test_filters_speak_the_language_of_the_page(source: str, english: str, chinese: str):
    made = environment().from_string(source)
    assert (made.render(language="en"), made.render(language="zh")) == (english, chinese)


def test_values_are_filled_into_texts_once():
    assert SEARCH.near_to.filled({"title": "{n}"}).for_number(2).en == "most similar to “{n}”"
