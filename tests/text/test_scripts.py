"""Which characters belong to which script."""

from __future__ import annotations

import re
import unicodedata

import pytest

from simengine.text import scripts
from simengine.text.scripts import count_chinese, has_chinese, is_chinese
from simengine.text.tokens import pattern

ASSIGNED = [
    chr(code) for code in range(0x80, 0x40000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
]


@pytest.mark.parametrize(
    ("characters", "properties"),
    [
        (scripts.HAN, r"\p{Han}"),
        (scripts.KANA, r"\p{Hiragana}\p{Katakana}"),
        (scripts.HANGUL, r"\p{Hangul}"),
        (scripts.SOUTH_EAST_ASIAN, r"\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}"),
    ],
)
def test_every_letter_of_a_class_is_of_its_script(characters: str, properties: str) -> None:
    letters = [each for each in ASSIGNED if re.match(f"[{characters}]", each) and each.isalpha()]
    strays = [
        each for each in letters if not pattern(rf"[{properties}\p{{Common}}\p{{Inherited}}]").match(each)
    ]
    assert len(letters) > 150
    assert not strays


def test_han_holds_every_ideograph_that_unicode_names() -> None:
    ideographs = [each for each in ASSIGNED if "CJK " in unicodedata.name(each, "") and each.isalpha()]
    ideographs = [each for each in ideographs if "IDEOGRAPH-" in unicodedata.name(each)]
    assert len(ideographs) > 90_000
    assert count_chinese("".join(ideographs)) == len(ideographs)


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("", False),
        ("42 %", False),
        ("Cats purr.", False),
        ("猫喜欢睡觉。", True),
        ("Python 是一种语言", True),
        ("The sign 猫 means cat", False),
        ("猫が寝ている", False),
        ("고양이가 漢字", False),
        ("㐀㐁", True),
        ("𠀀𰀀", True),
    ],
)
def test_a_text_is_chinese_by_its_letters(text: str, chinese: bool) -> None:
    assert is_chinese(text) is chinese


def test_chinese_characters_are_found_and_counted() -> None:
    assert count_chinese("a猫b狗\u3400\U00020000\uf900") == 5
    assert has_chinese("cat 猫")
    assert not has_chinese("cat, ねこ, 고양이")
