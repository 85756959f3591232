"""Units of text: words, single characters of scripts without spaces between words, emoji."""

from __future__ import annotations

import functools
import re

UNSPACED_LETTER = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Javanese}"
    r"\p{Balinese}\p{Tai_Tham}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Viet}\p{Yi}\p{Tangut}\p{Nushu}"
    r"\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u30fc\uff70&&[\p{L}\p{N}]]"
)
"""One letter of a script that is written without spaces between words (Korean has them, and writers differ)."""

SPACED_WORD = (
    rf"[[\p{{L}}\p{{N}}]--{UNSPACED_LETTER}][[\p{{L}}\p{{N}}\p{{M}}\u00ad\u200c\u200d]--{UNSPACED_LETTER}]*"
)
"""A run of letters, digits and marks of other scripts, with the invisible characters that may occur inside."""

UNSPACED_CHARACTER = rf"{UNSPACED_LETTER}[\p{{M}}\u200c\u200d\uff9e\uff9f]*"
"""Such a letter with the marks that belong to it: vowel signs, tones, stacked consonants' signs."""

EMOJI_SEQUENCE = (
    r"\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3"
    r"|\p{ExtPict}(?:\ufe0f|\p{EMod}|[\U000e0020-\U000e007f]+)*"
    r"(?:\u200d\p{ExtPict}(?:\ufe0f|\p{EMod})*)*"
)
"""One emoji: a flag, a keycap, or a picture with its skin tone, tags and joined parts."""

_ASCII_WORD = re.compile(r"\w+")
_PERHAPS_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u11ff\u1780-\u17ff\u1950-\u1b7f\u3005-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00016fe0-\U0003ffff]"
)
"""Ranges that cover all those scripts and others; a cheap first check."""


@functools.cache
def pattern(expression: str) -> re.Pattern[str]:
    """A compiled pattern that may name properties of characters, such as `\\p{L}`, and subtract sets by `--`."""
    import regex

    compiled: re.Pattern[str] = regex.compile(expression, regex.V1)  # of another class with the same methods
    return compiled


def holds_unspaced(text: str) -> bool:
    """Whether a text may contain characters of scripts without spaces between words; False is certain."""
    return _PERHAPS_UNSPACED.search(text) is not None


def text_units(text: str) -> tuple[list[str], list[str]]:
    """A text's units: words, and the single characters of scripts without spaces between words.

    A word is a run of letters, digits, marks and underscores. Marks stay with their letter.
    """
    if text.isascii():
        return _ASCII_WORD.findall(text), []
    characters: list[str] = []
    if holds_unspaced(text):
        unspaced = pattern(UNSPACED_CHARACTER)
        characters = unspaced.findall(text)
        text = unspaced.sub(" ", text)
    return pattern(rf"(?:{SPACED_WORD}|_)+").findall(text), characters
