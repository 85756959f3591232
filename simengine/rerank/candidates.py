"""What a judge reads of a candidate."""

from __future__ import annotations

from simengine.requests.hits import passages_as_hits
from simengine.text.joining import PARAGRAPH, joined
from simengine.types import Hit, Span

__all__ = ["judged_text", "passages_as_hits", "span_in_document"]


def judged_text(hit: Hit) -> str:
    """What a judge reads of a hit: the passage, with the title in front unless it begins with it."""
    title = hit.title.strip()
    if hit.passage.text.lstrip().startswith(title):
        return hit.passage.text
    return joined(title, hit.passage.text, PARAGRAPH)


def span_in_document(hit: Hit, span: Span | None) -> Span | None:
    """Characters of the judged text as characters of the document; None where they are all of the title."""
    if span is None or not hit.passage.text.strip():
        return None
    shift = hit.passage.start + len(hit.passage.text) - len(judged_text(hit))
    start, end = max(span.start + shift, hit.passage.start), span.end + shift
    return Span(start, end) if start < end else None
