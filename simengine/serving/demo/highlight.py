"""Which words of a passage a query matches, and text with marks as HTML. Offsets are characters of the text shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from markupsafe import Markup

from simengine.lexical.analysis import passage_terms, query_terms, spelling_terms
from simengine.lexical.compounds import compounds_at, wholes
from simengine.lexical.names import STOP_WORDS
from simengine.text.folding import cleaned
from simengine.text.tokens import EMOJI_SEQUENCE, SPACED_WORD, UNSPACED_CHARACTER, holds_unspaced, pattern
from simengine.types import Span

NEARBY = 30  # characters
FULL_WEIGHT = 1.0  # question words and other weak words of a query weigh less and are not marked
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


def marked(text: str, words: Sequence[Span], evidence: Sequence[Span] = (), kind: str = "supports") -> Markup:
    """HTML of a text: words in `<mark>`, evidence in `<span class="se-evidence">`.

    Args:
        text: plain text.
        words, evidence: characters of it; what lies outside is cut off.
        kind: what the evidence does; a class name of its span, "se-" in front.

    Returns:
        HTML that shows exactly the characters of `text`.
    """
    words = joined(_within(words, len(text)))
    evidence = joined(_within(evidence, len(text)))
    cuts = sorted({0, len(text), *(edge for span in (*words, *evidence) for edge in (span.start, span.end))})
    html, inside = Markup(), False
    for start, end in pairwise(cuts):
        in_evidence = _covers(evidence, start)
        if in_evidence != inside:
            html += (
                Markup('<span class="se-evidence se-{}">').format(kind) if in_evidence else Markup("</span>")
            )
            inside = in_evidence
        piece = text[start:end]
        html += Markup("<mark>{}</mark>").format(piece) if _covers(words, start) else piece
    return html + Markup("</span>" if inside else "")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text with marks.

    Attributes:
        shown: the part, with dots where it was cut.
        whole: all of the text; None where nothing was cut off.
    """

    shown: Markup
    whole: Markup | None = None


def excerpt(
    text: str,
    window: Span,
    words: Sequence[Span],
    evidence: Sequence[Span],
    kind: str,
    most: int | None = None,
) -> Excerpt:
    """A window of a text with words and evidence marked, and the first `most` characters of the text."""
    inside = text[window.start : window.end]
    shown = marked(inside, shifted(words, window.start), shifted(evidence, window.start), kind)
    if window == Span(0, len(text)):
        return Excerpt(shown)
    before, after = "… " if window.start > 0 else "", " …" if window.end < len(text) else ""
    return Excerpt(Markup("{}{}{}").format(before, shown, after), marked(text[:most], words, evidence, kind))


def shifted(spans: Iterable[Span], by: int) -> list[Span]:
    """The same spans, counted from `by` characters later."""
    return [Span(span.start - by, span.end - by) for span in spans]


def best_window(text: str, words: Sequence[Span], evidence: Sequence[Span], length: int) -> Span:
    """The stretch of about `length` characters that shows most: the evidence if there is any, else most words.

    It begins and ends between words where there are spaces.
    """
    if len(text) <= length:
        return Span(0, len(text))
    starts = [span.start for span in (evidence or words)]
    start = 0
    if starts and starts[0] > length // 2:
        best = max(starts, key=lambda at: (sum(at <= other < at + length for other in starts), -at))
        start = max(best - length // 6, 0)
    start = min(start, len(text) - length)
    return _at_spaces(text, start, start + length)


def around(text: str, span: Span, length: int) -> Span:
    """The span with about `length` characters on both sides, cut between words where there are spaces."""
    return _at_spaces(text, max(span.start - length, 0), min(span.end + length, len(text)), span)


def _at_spaces(text: str, start: int, end: int, kept: Span | None = None) -> Span:
    """The stretch, with ends in the text moved inwards to a space nearby, but not into what is kept."""
    if start > 0:
        space = text.find(" ", start, min(start + NEARBY, kept.start if kept else end))
        start = start if space < 0 else space + 1
    if end < len(text):
        space = text.rfind(" ", max(end - NEARBY, kept.end if kept else start), end)
        end = end if space < 0 else space
    return Span(start, end)


def _within(spans: Iterable[Span], length: int) -> list[Span]:
    return [Span(max(span.start, 0), min(span.end, length)) for span in spans]


def _covers(spans: Sequence[Span], position: int) -> bool:
    return any(span.start <= position < span.end for span in spans)
