"""Texts as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.training.leakage.normalise import compared_tokens, text_key


def key(text: str) -> str:
    return text_key(compared_tokens(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A man, is playing.", ["a", "man", "is", "playing"]),
        ("Don\N{RIGHT SINGLE QUOTATION MARK}t  STOP", ["dont", "stop"]),
        (
            "\N{LATIN SMALL LIGATURE FI}ne Ｆｕｌｌ stra\N{LATIN SMALL LETTER SHARP S}e",
            ["fine", "full", "strasse"],
        ),
        ("1,000 rose 2.5% to $3", ["1000", "rose", "2∙5%", "to", "$3"]),
        ("C# and C++ and -LRB-", ["c#", "and", "c++", "and", "lrb"]),
        ("他弹吉他，AB好", ["他", "弹", "吉", "他", "ab", "好"]),
        (" :-) ", [":-)"]),
        ("!?", ["!?"]),
        ("", [""]),
    ],
)
def test_words_without_what_spelling_adds(text: str, words: list[str]) -> None:
    assert compared_tokens(text) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I do n't know .", "I don't know."),
        ("A HARD hat", "a  hard-hat!"),
        ("`` Yes '' , she said", '"Yes," she said'),
        ("air plane", "airplane"),
        ("一架飞机要起飞了。", "一架飞机要起飞了"),
    ],
)
def test_spelling_and_tokenisation_do_not_tell_texts_apart(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("2.5", "25"), ("C#", "C"), ("5%", "5"), ("he sat", "she sat"), ("?", "!")]
)
def test_what_differs_in_meaning_stays_different(one: str, other: str) -> None:
    assert key(one) != key(other)


@given(st.text())
def test_case_white_space_and_full_stops_never_matter(text: str) -> None:
    assert key(f" {text} . ") == key(text) or not any(c.isalnum() for c in text)
    assert all(word and not word.isspace() for word in compared_tokens(text)) or not text.split()
