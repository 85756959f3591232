"""Texts as they are compared: without the differences of spelling that say nothing."""

from __future__ import annotations

import re
import unicodedata

from simengine.text.scripts import HAN, KANA, SOUTH_EAST_ASIAN

# Sm: what stands in a number after `_POINT` must outlive the removal of punctuation.
_POINT_KEPT = "\N{BULLET OPERATOR}"
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_COMMA = re.compile(r"(?<=\d),(?=\d)")
_KEPT = "#%"
_DELETED = "'\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{SOFT HYPHEN}"
_ALONE = re.compile(f"([{SOUTH_EAST_ASIAN}\u2e80-\u2fdf{KANA}{HAN}])")
"""Letters of scripts that put no spaces between words: Han, Kana, Thai, Lao, Burmese, Khmer."""


class _Table(dict[int, str]):
    """Character to its replacement, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character in _DELETED:
            found = ""
        elif category[0] in "ZC" or ((category[0] == "P" or category == "Sk") and character not in _KEPT):
            found = " "
        else:
            found = character
        self[code] = found
        return found


_TABLE = _Table()


def compared_tokens(text: str) -> list[str]:
    """The words of a text in the form in which texts are compared.

    NFKC and case folding (Unicode Standard Annex 15, section 3.13 of the standard); punctuation and control
    characters separate words and are dropped, apostrophes are dropped within them. Symbols stay, and so do "#",
    "%" and the point of a decimal number; the comma of "1,000" goes. Letters of scripts written without spaces
    are words of their own.

    Returns:
        At least one word: a text of nothing but punctuation is one word as it stands, without white space.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not folded.isascii():
        folded = _ALONE.sub(r" \1 ", unicodedata.normalize("NFKC", folded))
    if "." in folded:
        folded = _POINT.sub(_POINT_KEPT, folded)
    if "," in folded:
        folded = _COMMA.sub("", folded)
    return folded.translate(_TABLE).split() or ["".join(folded.split())]


def text_key(tokens: list[str]) -> str:
    """What two texts share that differ in case, punctuation, white space or tokenisation only."""
    return "".join(tokens)
