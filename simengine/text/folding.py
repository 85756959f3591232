"""Folding of spellings that readers take for the same word, in every script, by Unicode's tables.

`cleaned` keeps case, punctuation and joints, and removes what is invisible or does not distinguish words:
compatibility forms (full-width, ligatures, superscripts), invisible characters, accents, vowel points of Hebrew and
Arabic, tatweel; one hyphen and one apostrophe remain of their many variants. Marks that carry meaning stay: vowel
signs, viramas and tones of Indic and South-East Asian scripts, the voicing marks of kana.

`folded` goes on to case folding, decimal digits and letter variants, puts spaces in place of punctuation, and sets
symbols such as emoji apart as words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import zip_longest

_DASHES = "\u2010\u2011\u2012\u2013\u2212\u058a\u05be\u1806\ufe63\uff0d"
_APOSTROPHES = "\u2018\u2019\u02bb\u02bc\u2032\uff07"
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)  # selectors, fillers
_TATWEEL = "\u0640\u07fa"
_OTHER_SPELLINGS = {"\u0901": "\u0902", "\u06c0": "\u0647"}  # candrabindu as anusvara; heh with yeh above
_SET_APART = re.compile("[\u2116\u2120\u2122]")  # NFKC glues "No" to the number, "TM" to the name
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# By the letters around them: quotes inside Hebrew abbreviations, nukta of Hindi loan letters, order of Thai marks.
_IN_CONTEXT = re.compile("[\u05d0-\u0eff]")
_HEBREW_QUOTES = re.compile("(?<=[\u05d0-\u05ea])[\"'\u05f3\u05f4\u201c\u201d](?=[\u05d0-\u05ea])")
_DEAD_NASAL = re.compile(
    "[\u0919\u091e\u0923\u0928\u092e]\u094d(?=[\u0915-\u092d])"
)  # Hindi also writes anusvara
_LOAN_NUKTA = re.compile("(?<=[\u0915-\u0917\u091c\u092b])\u093c")
_TONE_BEFORE_VOWEL = re.compile("([\u0e48-\u0e4b\u0ec8-\u0ecb])([\u0e4d\u0ecd])")

_LETTERS_OF_THEIR_OWN = frozenset("йўїѓќ")
"""Letters that Unicode decomposes but their readers do not; ё is not among them, as Russian often writes е for it."""
_VARIANTS = str.maketrans(
    {
        # Arabic script, after Lucene's normalizers for Arabic and Persian
        "\u0671": "\u0627",
        "\u0649": "\u064a",
        "\u06cc": "\u064a",
        "\u06d2": "\u064a",
        "\u06a9": "\u0643",
        "\u0629": "\u0647",
        "\u06c1": "\u0647",
        # Latin letters without decomposition
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ð": "d",
        "ŋ": "n",
        "ɛ": "e",
        "ɔ": "o",
        "ə": "e",
    }
)
_WITH = re.compile(r"LATIN SMALL LETTER ([A-Z]) WITH ")
_NO_WORD = re.compile("[\u2044\u2500-\u259f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
"""Symbols that are not words: the stroke of a fraction, what draws tables, and halves of flags and skin tones."""


class _PerCharacter(dict[int, str]):
    """A table for `str.translate`, filled lazily."""

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, code: int) -> str:
        self[code] = value = self._of(chr(code))
        return value


def cleaned(text: str) -> str:
    """The text without invisible characters, accents and points; case and punctuation stay.

    Lone surrogates become spaces, so that the result can always be encoded.
    """
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", _SET_APART.sub(" ", text))
    text = _NOT_ASCII.sub(lambda run: run[0].translate(_CLEAN), text)
    if _IN_CONTEXT.search(text):
        text = _LOAN_NUKTA.sub("", _HEBREW_QUOTES.sub("", text))
        text = _DEAD_NASAL.sub("\u0902", text)
        text = _TONE_BEFORE_VOWEL.sub(r"\2\1", text)
    return text


def folded(text: str) -> str:
    """The words of a text that `cleaned` gave, folded, between spaces."""
    if text.isascii():
        return text.translate(_ASCII)
    pieces = _NOT_ASCII.split(text)
    others = _NOT_ASCII.findall(text)
    return "".join(
        piece.translate(_ASCII) + other.translate(_FOLD)
        for piece, other in zip_longest(pieces, others, fillvalue="")
    )


def is_mark_without_meaning(character: str) -> bool:
    """Whether a combining mark is an accent or a point that readers leave out, not a vowel sign, virama or tone."""
    category = unicodedata.category(character)
    if category == "Me" or _INVISIBLE.match(character):
        return True
    order = unicodedata.combining(character)
    if category != "Mn" or not (order == 1 or 10 <= order <= 36 or order >= 200):
        return False
    return "VOWEL SIGN" not in unicodedata.name(character, "")


def _clean_character(character: str) -> str:
    if character in _DASHES:
        return "-"
    if character in _APOSTROPHES:
        return "'"
    category = unicodedata.category(character)
    if category == "Cs" or category[0] == "Z":
        return " "
    if category == "Cf" or character in _TATWEEL or is_mark_without_meaning(character):
        return ""
    return _OTHER_SPELLINGS.get(character, character)


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category[0] in "LNM" or "\u2800" <= character <= "\u28ff":  # Braille, which Unicode calls symbols
        return _fold_letter(character)
    if (category[0] == "S" and category != "Sk") or category == "Cn":  # unassigned: newer than this Unicode
        return " " if _NO_WORD.match(character) else f" {character} "
    return " "


def _fold_letter(letter: str) -> str:
    if letter.lower() in _LETTERS_OF_THEIR_OWN:
        return letter.lower()
    bare = unicodedata.normalize("NFKD", letter).translate(_CLEAN).casefold()
    plain = unicodedata.normalize("NFC", bare).translate(_VARIANTS)
    return "".join(_WITH_STROKE[ord(each)] for each in plain)


def _without_stroke(letter: str) -> str:
    found = _WITH.match(unicodedata.name(letter, ""))
    return found[1].lower() if found else letter


_CLEAN = _PerCharacter(_clean_character)
_FOLD = _PerCharacter(_fold_character)
_WITH_STROKE = _PerCharacter(_without_stroke)
_ASCII = "".join(chr(i).lower() if chr(i).isalnum() else " " for i in range(128))
