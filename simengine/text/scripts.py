r"""Scripts written without spaces between words, as classes of characters for patterns of the standard `re`.

`simengine.text.tokens` covers every such script by Unicode properties (`\p{Han}`), for which it loads `regex`.
"""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese characters: the unified and the compatibility ideographs, and the two planes kept for their extensions."""
KANA = "\u3040-\u30ff"
"""Hiragana and Katakana."""
HANGUL = "\u1100-\u11ff\uac00-\ud7a3"
"""Korean letters and syllables (a script with spaces, though writers leave them out)."""
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Burmese and Khmer."""
FIRST_EAST_ASIAN = "\u2e80"
"""Nearly every character from here on is as wide as two Latin letters and stands in text without spaces."""

CHINESE_SHARE = 0.3
"""A text with this share of Chinese characters among its letters is Chinese; English names may stand in it."""

_HAN = re.compile(f"[{HAN}]")
_OTHER_EAST_ASIAN = re.compile(f"[{KANA}{HANGUL}]")
_LETTER = re.compile(r"[^\W\d_]")


def count_chinese(text: str) -> int:
    """The number of Chinese characters in a text."""
    return len(_HAN.findall(text))


def has_chinese(text: str) -> bool:
    """Whether a text holds a Chinese character."""
    return _HAN.search(text) is not None


def is_chinese(text: str) -> bool:
    """Whether a text is mostly Chinese; Japanese and Korean are not."""
    letters = len(_LETTER.findall(text))
    return (
        bool(letters)
        and not _OTHER_EAST_ASIAN.search(text)
        and count_chinese(text) >= CHINESE_SHARE * letters
    )
