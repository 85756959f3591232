"""Marks and windows: offsets of the text shown, and nothing unescaped."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from simengine.serving.demo.highlight import Excerpt, best_window, excerpt, marked
from simengine.types import Span


def test_evidence_surrounds_marks():
    html = marked("a <b> c", [Span(2, 5)], [Span(0, 5)], "contradicts")
    assert html == '<span class="se-evidence se-contradicts">a <mark>&lt;b&gt;</mark></span> c'


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=6))
def test_marks_show_the_text_itself_and_are_balanced(text: str, pairs: list[tuple[int, int]]):
    spans = [Span(*pair) for pair in pairs]
    html = marked(text, spans[:3], spans[3:])
    plain = re.sub(r"</?(mark|span)[^>]*>", "", html)
    assert "<" not in plain
    assert unescape(plain) == text
    assert html.count("<mark>") == html.count("</mark>")
    assert html.count("<span") == html.count("</span>")
    assert not re.search(r"<(?!/?(mark|span)\b)", html)


def test_an_excerpt_has_dots_where_it_was_cut_and_the_whole_text_besides():
    assert excerpt("a <b>", Span(0, 5), [Span(2, 5)], [], "supports") == Excerpt(
        marked("a <b>", [Span(2, 5)])
    )
    cut = excerpt("one two six", Span(4, 7), [Span(4, 7)], [], "supports", most=7)
    assert (cut.shown, cut.whole) == ("… <mark>two</mark> …", "one <mark>two</mark>")


def test_the_window_shows_the_evidence():
    text = "word " * 200 + "the very sentence" + " word" * 200
    at = text.index("the very")
    window = best_window(text, [], [Span(at, at + 17)], 200)
    assert "the very sentence" in text[window.start : window.end]
    assert window.end - window.start <= 200


def test_a_short_text_is_its_own_window():
    assert best_window("short", [Span(0, 5)], [], 200) == Span(0, 5)


def test_a_long_chinese_text_has_a_window_too():
    text = "字" * 500 + "长城" + "字" * 500
    window = best_window(text, [Span(500, 502)], [], 100)
    assert "长城" in text[window.start : window.end]
