"""What of a text is left out at a time: words, and single characters where a script has no spaces between words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from simengine.types import Span

_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17dd"  # Thai, Lao, Tibetan, Burmese, Khmer
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"  # kana and iteration marks
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"  # Han
)
_INNER = frozenset("'\u2019-._:/@")
"""Signs that do not end a word where a letter or digit stands on both sides: don't, re-use, 3.5, os.path."""
_SAID = frozenset("%\u2030&#")
"""Signs that Unicode calls punctuation and people read aloud."""
_SPACES = re.compile(r"\s+")


def word_spans(text: str) -> list[Span]:
    """The words of a text in order.

    A word is a run of letters, digits and marks. In Chinese, Japanese, Thai and other scripts without spaces between
    words, each character (with its marks) is one. Symbols such as "%" or an emoji are words too; punctuation is none,
    unless a text has nothing else.
    """
    spans: list[Span] = []
    at, n = 0, len(text)
    while at < n:
        kind = _kind(text[at])
        end = at + 1
        if kind == "unspaced":
            while end < n and _kind(text[end]) == "mark":
                end += 1
        elif kind == "letter":
            while end < n and (
                _kind(text[end]) in ("letter", "mark")
                or (text[end] in _INNER and end + 1 < n and _kind(text[end + 1]) == "letter")
            ):
                end += 1
        elif kind == "symbol":
            while end < n and _kind(text[end]) in ("symbol", "mark"):
                end += 1
        if kind in ("unspaced", "letter", "symbol"):
            spans.append(Span(at, end))
        at = end
    if not spans:
        spans = [Span(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
    return spans


def grouped(spans: Sequence[Span], most: int) -> list[Span]:
    """At most so many spans: neighbours are joined, evenly, where there are more.

    Args:
        spans: rising.
        most: at least 1.
    """
    n = len(spans)
    if n <= most:
        return list(spans)
    cuts = [round(n * place / most) for place in range(most + 1)]
    return [Span(spans[low].start, spans[high - 1].end) for low, high in pairwise(cuts)]


def without(text: str, spans: Sequence[Span]) -> str:
    """The text without some of its spans, and without the spaces that would stand twice then.

    Args:
        spans: rising, not overlapping.
    """
    pieces, last = [], 0
    for span in spans:
        pieces.append(text[last : span.start])
        last = span.end
    pieces.append(text[last:])
    return _SPACES.sub(" ", "".join(pieces)).strip()


def _kind(character: str) -> str:
    """What a character is for the segmentation."""
    category = unicodedata.category(character)
    if category[0] == "M" or character == "\u200d":
        return "mark"
    if _UNSPACED.match(character):
        return "unspaced" if category[0] in "LN" else "other"
    if category[0] in "LN" or character == "_":
        return "letter"
    return "symbol" if category[0] == "S" or character in _SAID else "other"
