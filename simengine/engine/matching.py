"""Which words of a text the lexical index would find for a query. Offsets are characters of the text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from simengine.lexical.analysis import passage_terms, query_terms, spelling_terms
from simengine.lexical.compounds import compounds_at, wholes
from simengine.lexical.names import STOP_WORDS
from simengine.text.folding import cleaned
from simengine.text.tokens import EMOJI_SEQUENCE, SPACED_WORD, UNSPACED_CHARACTER, holds_unspaced, pattern
from simengine.types import Span

FULL_WEIGHT = 1.0  # question words and other weak words of a query weigh less and are not matched
_PIECE = rf"(?P<run>(?:{UNSPACED_CHARACTER})+)|(?P<emoji>{EMOJI_SEQUENCE})|(?P<word>{SPACED_WORD})|\p{{S}}"


def matched_spans(text: str, query: str) -> list[Span]:
    """The words of `text` that the lexical index would find for `query`: other forms of a word too.

    Chinese and other text without spaces is matched by pairs of neighbouring characters, as the index does it, and
    by single ones only where the query has nothing else. A stop word is matched as a part of a code and as a name.

    Args:
        text: any text.
        query: as typed.

    Returns:
        Rising spans that do not touch.
    """
    wanted = {term for term, weight in query_terms(query).items() if weight >= FULL_WEIGHT}
    wanted |= spelling_terms(query).keys()
    if not wanted:
        return []
    plain = wanted if wanted <= STOP_WORDS else wanted - STOP_WORDS
    codes = _codes(text, wanted)
    found: list[Span] = []
    before = ""
    for piece in pattern(_PIECE).finditer(text):
        span = Span(*piece.span())
        if piece["run"]:
            found += _in_run(piece["run"], span.start, wanted)
        elif (
            plain & _terms(piece[0])
            or any(code.start <= span.start < code.end for code in codes)
            or (
                piece[0].isupper() and wanted & (_terms(f"{before} {piece[0]}") - _terms(before) - STOP_WORDS)
            )
        ):
            found.append(span)
        before = piece["word"] or before
    return joined(found)


def _codes(text: str, wanted: set[str]) -> list[Span]:
    """Words of several parts that the query names as a whole."""
    if holds_unspaced(text):
        text = pattern(UNSPACED_CHARACTER).sub(lambda found: " " * len(found[0]), text)
    return [
        Span(at, at + len(code))
        for at, code in compounds_at(text)
        if not wanted.isdisjoint(wholes(cleaned(code)))
    ]


def _in_run(run: str, at: int, wanted: set[str]) -> list[Span]:
    characters = [Span(*found.span()) for found in pattern(UNSPACED_CHARACTER).finditer(run)]
    spans = [Span(one.start, two.end) for one, two in pairwise(characters)] + characters
    return shifted((span for span in spans if wanted & _gram(run[span.start : span.end])), -at)


@lru_cache(maxsize=20_000)
def _gram(characters: str) -> frozenset[str]:
    """The one term of a pair of characters, or of a single one, as a query has it."""
    return frozenset(query_terms(characters))


@lru_cache(maxsize=20_000)
def _terms(words: str) -> frozenset[str]:
    return frozenset(passage_terms(words))


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same characters as rising spans that neither overlap nor touch."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        if span.end <= span.start:
            continue
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def shifted(spans: Iterable[Span], by: int) -> list[Span]:
    """The same spans, counted from `by` characters later."""
    return [Span(span.start - by, span.end - by) for span in spans]
