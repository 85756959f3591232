"""Words and characters of a text."""

from __future__ import annotations

import pytest

from simengine.text.tokens import EMOJI_SEQUENCE, pattern, text_units


@pytest.mark.parametrize(
    ("text", "words", "characters"),
    [
        ("snake_case 3.5", ["snake_case", "3", "5"], []),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"], []),
        ("cafe\u0301 x\u030cy", ["cafe\u0301", "x\u030cy"], []),
        ("用Python写", ["Python"], ["用", "写"]),
        ("น้ำใส", [], ["น้", "ำ", "ใ", "ส"]),
        ("ខ្មែរ", [], ["ខ្", "មែ", "រ"]),
        ("データー々〇", [], ["デ", "ー", "タ", "ー", "々", "〇"]),
        ("བོད་སྐད", ["བོད", "སྐད"], []),
        ("می‌خواهد", ["می‌خواهد"], []),
        ("?!", [], []),
    ],
)
def test_a_text_is_words_and_characters_with_their_marks(
    text: str, words: list[str], characters: list[str]
) -> None:
    assert text_units(text) == (words, characters)


def test_an_emoji_is_one_whatever_it_is_made_of() -> None:
    emoji = ["👍🏽", "👩‍🚀", "🇩🇪", "🇫🇷", "1️⃣", "❤️‍🔥", "🤷🏿‍♀️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨‍👩‍👧"]
    assert pattern(EMOJI_SEQUENCE).findall("".join(emoji)) == emoji
