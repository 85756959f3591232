"""Words of a text: every script, and taking them out again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.explain.words import grouped, without, word_spans
from simengine.types import Span


def words_of(text: str) -> list[str]:
    return [text[span.start : span.end] for span in word_spans(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A man, in a hat!", ["A", "man", "in", "a", "hat"]),
        ("don't re-use os.path at 3.5 %", ["don't", "re-use", "os.path", "at", "3.5", "%"]),
        ("It ended. Then", ["It", "ended", "Then"]),
        ("猫喜欢睡觉。", ["猫", "喜", "欢", "睡", "觉"]),
        ("用lru_cache缓存", ["用", "lru_cache", "缓", "存"]),
        ("ภาษาไทย", ["ภ", "า", "ษ", "า", "ไ", "ท", "ย"]),
        ("น้ำ", ["น้", "ำ"]),
        ("한국어 단어", ["한국어", "단어"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("good 👍🏽 job", ["good", "👍🏽", "job"]),
        ("?!", ["?!"]),
        ("  ", []),
        ("", []),
    ],
)
def test_words_are_those_of_the_script(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=60))
def test_spans_rise_and_hold_no_white_space_at_their_ends(text: str) -> None:
    last = 0
    for span in word_spans(text):
        assert last <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        last = span.end


@given(st.text(min_size=1, max_size=60).filter(lambda text: bool(text.strip())))
def test_a_text_that_is_not_blank_has_a_word(text: str) -> None:
    assert word_spans(text)


@given(st.integers(0, 200), st.integers(1, 50))
def test_groups_hold_every_word_once_and_are_even(n: int, most: int) -> None:
    spans = [Span(2 * place, 2 * place + 1) for place in range(n)]
    groups = grouped(spans, most)
    assert len(groups) == min(n, most)
    assert [
        span for span in spans if any(g.start <= span.start and span.end <= g.end for g in groups)
    ] == spans
    sizes = [sum(g.start <= span.start < g.end for span in spans) for g in groups]
    assert sum(sizes) == n
    assert not sizes or max(sizes) - min(sizes) <= 1


def test_taking_out_leaves_single_spaces() -> None:
    text = "one two three"
    spans = word_spans(text)
    assert without(text, [spans[1]]) == "one three"
    assert without(text, [spans[0], spans[2]]) == "two"
    assert without(text, spans) == ""
    assert without(text, []) == text


def test_taking_a_character_out_of_chinese_leaves_its_neighbours_together() -> None:
    text = "猫喜欢睡觉"
    assert without(text, [word_spans(text)[1]]) == "猫欢睡觉"
