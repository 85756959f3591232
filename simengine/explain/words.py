"""The units of a text that are left out: words, and single characters of scripts without spaces between words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from simengine.text.tokens import EMOJI_SEQUENCE, SPACED_WORD, UNSPACED_CHARACTER, pattern
from simengine.types import Span

_KOREAN = r"\p{Hangul}"  # has spaces between words, though writers differ, so search splits it
_WORD = rf"(?:{SPACED_WORD}|_|{_KOREAN}[\p{{M}}]*)+"
_INNER = r"['\u2019\-._:/@]"
"""Signs that do not end a word between letters or digits: don't, re-use, 3.5, os.path."""
_SYMBOL = rf"(?:{EMOJI_SEQUENCE}|[\p{{S}}%\u2030&#]\p{{M}}*)+"
"""Symbols, emoji, and signs that are punctuation in Unicode but read aloud."""
_PIECE = rf"(?!{_KOREAN}){UNSPACED_CHARACTER}|{_WORD}(?:{_INNER}{_WORD})*|{_SYMBOL}"
_SPACES = re.compile(r"\s+")


def word_spans(text: str) -> list[Span]:
    """The words of a text in order.

    A word is a run of letters, digits and marks. In Chinese, Japanese, Thai and other scripts without spaces between
    words, each character (with its marks) is one. Symbols such as "%" or an emoji are words too; punctuation is not,
    unless a text has nothing else.
    """
    spans = [Span(*found.span()) for found in pattern(_PIECE).finditer(text)]
    if not spans:
        spans = [Span(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
    return spans


def grouped(spans: Sequence[Span], most: int) -> list[Span]:
    """At most this many spans: neighbours are joined, evenly, if there are more.

    Args:
        spans: ascending.
        most: at least 1.
    """
    n = len(spans)
    if n <= most:
        return list(spans)
    cuts = [round(n * place / most) for place in range(most + 1)]
    return [Span(spans[low].start, spans[high - 1].end) for low, high in pairwise(cuts)]


def without(text: str, spans: Sequence[Span]) -> str:
    """The text without some of its spans, and without doubled spaces.

    Args:
        spans: ascending, not overlapping.
    """
    pieces, last = [], 0
    for span in spans:
        pieces.append(text[last : span.start])
        last = span.end
    pieces.append(text[last:])
    return _SPACES.sub(" ", "".join(pieces)).strip()
