"""Text with marks as HTML, and windows of it. Offsets are characters of the text shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from simengine.engine.matching import joined, shifted
from simengine.types import Span

NEARBY = 30  # characters


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
