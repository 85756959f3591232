"""Where a text may be cut: sentence, line, clause and word boundaries, for spaced and unspaced scripts."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

_CLOSERS = "\"'\u2019\u201d\u00bb)\\]}\u300d\u300f\uff09\u3011\u300b\u3009"
_CJK_STOPS = "\u3002\uff01\uff1f\uff1b\uff61"

# The lookbehind keeps a long run of full stops linear: only its first character starts a match, and
# the possessive ++ never gives characters back. A CJK stop needs no space after it.
_SENTENCE_END = re.compile(
    rf"(?P<stop>(?<![.!?\u2026])[.!?\u2026]++)(?P<closers>[{_CLOSERS}]*+)(?=\s)"
    rf"|[{_CJK_STOPS}]++[{_CJK_STOPS}\u2026!?]*+[{_CLOSERS}]*+"
    r"|\n[ \t\r\f\v]*+\n\s*+"
)
_NOT_SPACE = re.compile(r"\S")
_WORD_BEFORE_CHARS = 16
_LIST_NUMBER = re.compile(r"\n[ \t]*[0-9]{1,3}\Z")

_NEVER_LAST = re.compile(
    r"""adm|al|approx|ca|capt|cf|cmdr|col|cpt|dr|e\.g|eds?|eqs?|esp|excl|figs?|gen|gov|hon|i\.e|incl|jr|lt
    |maj|mr|mrs|ms|mx|pres|prof|refs?|rep|resp|rev|sen|sgt|sr|st|supt|trans|viz|vs""",
    re.VERBOSE,
)
"""Abbreviations that hardly ever end a sentence, whatever follows."""
_BEFORE_NUMBERS = re.compile(
    "apr|art|aug|ch|dec|feb|jan|jul|jun|mar|nos?|nov|nr|oct|p|par|pp|sec|sept?|ver|vols?"
)
"""Abbreviations that do not end a sentence when a number follows."""

_LINE = re.compile(r"\n")
_CLAUSE = re.compile(r"[,;:](?=\s)|[\uff0c\u3001\uff1a\uff1b\u2014]|(?<=\s)[-\u2013](?=\s)")
_WORD = re.compile(r"\s++")


def sentence_ends(text: str) -> npt.NDArray[np.int64]:
    """Positions where a sentence or paragraph has ended, ascending.

    English full stops count when white space follows and neither an abbreviation, an initial, a list number nor a
    lower-case continuation contradicts it; Chinese and Japanese stops always count; so does a blank line.

    Args:
        text: any text.

    Returns:
        (n,) int64 character positions in (0, len(text)].
    """
    ends = [
        match.end()
        for match in _SENTENCE_END.finditer(text)
        if match["stop"] is None or _ends_sentence(text, match)
    ]
    return np.asarray(ends, dtype=np.int64)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    following = _NOT_SPACE.search(text, match.end())
    if following is None:
        return True
    after = following[0]
    if after.islower():
        return False
    if match["stop"] != "." or match["closers"]:
        return True
    stop = match.start()
    before = text[max(0, stop - _WORD_BEFORE_CHARS) : stop]
    words = before.split()
    if not words or before[-1].isspace():
        return True
    word = words[-1].lstrip("([{\"'\u201c\u2018")
    lowered = word.lower()
    if _NEVER_LAST.fullmatch(lowered) or (after.isdigit() and _BEFORE_NUMBERS.fullmatch(lowered)):
        return False
    if len(word) == 1 and word.isalpha() and word.isupper():
        return False
    return _LIST_NUMBER.search(before if stop > _WORD_BEFORE_CHARS else "\n" + before) is None


def last_break(text: str, low: int, high: int) -> int | None:
    """The best position in (low, high] to end a passage inside a sentence, or None.

    A line end or clause end in the later half is preferred to the last word boundary.
    """
    middle = (low + high) // 2
    for pattern in (_LINE, _CLAUSE):
        found = _ends_within(pattern, text, middle, high)
        if found:
            return found[-1]
    found = _ends_within(_WORD, text, low, high)
    return found[-1] if found else None


def first_break(text: str, low: int, high: int) -> int | None:
    """The best position in [low, high) to begin a passage inside a sentence, or None.

    A line or clause boundary in the earlier half is preferred to the first word boundary.
    """
    middle = (low + high) // 2
    for pattern in (_LINE, _CLAUSE):
        found = _ends_within(pattern, text, low - 1, middle)
        if found:
            return found[0]
    found = _ends_within(_WORD, text, low - 1, high - 1)
    return found[0] if found else None


def _ends_within(pattern: re.Pattern[str], text: str, low: int, high: int) -> list[int]:
    """Ends of matches in (low, high]; one more character is examined, for lookaheads."""
    low = max(low, 0)
    ends = [match.end() for match in pattern.finditer(text, low, min(high + 1, len(text)))]
    return [end for end in ends if low < end <= high]
