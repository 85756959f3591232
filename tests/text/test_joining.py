"""Titles in front of texts."""

from __future__ import annotations

import pytest

from simengine.text.joining import PARAGRAPH, as_sentence, joined


@pytest.mark.parametrize(
    ("title", "text", "whole"),
    [
        ("Cats", "They purr.", "Cats They purr."),
        ("", "They purr.", "They purr."),
        (" \n", "They purr.", "They purr."),
        ("Cats", "", "Cats"),
        ("Cats", " \n", "Cats"),
        ("", "", ""),
        (" Cats ", " They purr. ", " Cats   They purr. "),
    ],
)
def test_a_blank_part_leaves_the_other_alone(title: str, text: str, whole: str) -> None:
    assert joined(title, text) == whole


def test_what_stands_between_is_the_callers_choice() -> None:
    assert joined("Cats", "They purr.", PARAGRAPH) == "Cats\n\nThey purr."


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        (" Cats ", "Cats."),
        ("Why do cats purr?", "Why do cats purr?"),
        ("Cats Ltd.", "Cats Ltd."),
        ("猫为什么叫？", "猫为什么叫？"),
        ("猫", "猫."),
        (" ", ""),
    ],
)
def test_a_title_ends_as_a_sentence_does(title: str, sentence: str) -> None:
    assert as_sentence(title) == sentence
