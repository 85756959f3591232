"""Stop words, and where one of them is a name: "the IT department", "vitamin A", "Plan B"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simengine.lexical.compounds import unstemmed
from simengine.text.folding import folded
from simengine.text.tokens import holds_unspaced

STOP_WORDS = frozenset(
    """
    a an and are as at be but by for if in into is it no not of on or s such t that the their then there
    these they this to was will with
    """.split()  # noqa: SIM905 - a list of strings reads worse
)
WEAK_WORDS = frozenset(
    """
    about been can could did do does from had has have how its me my our should so some than them those we
    were what when where which who whom whose why would you your
    """.split()  # noqa: SIM905
)

_CAPITALS = re.compile(r"[A-Z](?<!\w[A-Z])[A-Z]{0,5}(?![\w'])")
_WORD_BEFORE = re.compile(r"([^\W_]+)(?:[ (\"/&,-]|, )\Z")
_WORD_AFTER = re.compile(r"[ )\"/&,-]{1,2}([^\W_]+)")
_LETTER_BEHIND = re.compile(r" (?<=\w )([A-Za-z])(?![\w'])")
_LETTER_AT_END = re.compile(r"\s*(?:[.,;:?!)]|\Z)")
_FEW_WORDS = 2
_REACH = 40  # characters in which the neighbours of a word are looked for


def name_terms(text: str) -> Iterator[str]:
    """The terms for names in a cleaned passage: a stop word in capitals, a word with the single letter after it."""
    for word, before in _names(text):
        if word in STOP_WORDS or word in WEAK_WORDS:
            yield _as_name(word)
        if len(word) == 1 and _is_content(before):
            yield _pair(before, word)


def wanted_names(text: str) -> Iterator[tuple[str, bool]]:
    """The same for a query, which may have them in lower case: "vitamin a".

    Yields:
        A term, and whether it means only the name; if not, it is the plain stop word, which carries little.
    """
    for word, _ in _names(text):
        if word in STOP_WORDS or word in WEAK_WORDS:
            yield _as_name(word), True
            yield word, False
    for found in _LETTER_BEHIND.finditer(text):
        letter, at_end = found[1].lower(), _LETTER_AT_END.match(text, found.end())
        if found[1] == "a" and not at_end:
            continue  # an article
        if at_end and letter in STOP_WORDS:
            yield letter, False
        before = _word_before(text, found.start() + 1)
        if before and _is_content(folded(before[1])):
            yield _pair(folded(before[1]), letter), True
    words = folded(text).split()
    if len(words) == _FEW_WORDS:  # "it support" and "A level", where all else is equal
        yield from ((word, False) for word in words if word in STOP_WORDS)


def _names(text: str) -> Iterator[tuple[str, str]]:
    """Single capital letters and stop or weak words in capitals that the words around them show to be names.

    Yields:
        The word, and the one before it if only a space separates them, else "", both folded.
    """
    for found in _CAPITALS.finditer(text):
        word = found[0].lower()
        if len(word) > 1 and word not in STOP_WORDS and word not in WEAK_WORDS:
            continue
        start, end = found.span()
        before = _word_before(text, start)
        after = _WORD_AFTER.match(text, end, end + _REACH)
        # A sentence may begin with "A", but not in Chinese.
        article = word == "a" and not (after and holds_unspaced(after[1]))
        neighbours = [before] if article else [before, after]
        around = [neighbour[1] for neighbour in neighbours if neighbour]
        if not all(map(str.isupper, around)) or (not around and not article):
            beside = before is not None and text[start - 1] == " " and text[end : end + 1] != "-"
            yield word, folded(before[1]) if before and beside else ""


def _word_before(text: str, end: int) -> re.Match[str] | None:
    return _WORD_BEFORE.search(text, max(0, end - _REACH), end)


def _is_content(word: str) -> bool:
    if len(word) < 2 or not word.isalpha() or holds_unspaced(word):
        return False
    return word not in STOP_WORDS and word not in WEAK_WORDS


def _as_name(word: str) -> str:
    return f"^{word}"


def _pair(word: str, letter: str) -> str:
    return unstemmed(f"{word}-{letter}")
