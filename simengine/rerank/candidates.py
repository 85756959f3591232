"""The text of a candidate for a cross-encoder."""

from __future__ import annotations

from simengine.requests.hits import passages_as_hits
from simengine.text.joining import PARAGRAPH, joined
from simengine.types import Hit, Span

__all__ = ["judged_text", "passages_as_hits", "span_in_document"]


def judged_text(hit: Hit) -> str:
    """A hit's text for a cross-encoder: the passage, with the title in front unless it begins with it."""
    title = hit.title.strip()
    if hit.passage.text.lstrip().startswith(title):
        return hit.passage.text
    return joined(title, hit.passage.text, PARAGRAPH)


def span_in_document(hit: Hit, span: Span | None) -> Span | None:
    """A span of a candidate's text as a span of the document; None if it is within the title."""
    if span is None or not hit.passage.text.strip():
        return None
    shift = hit.passage.start + len(hit.passage.text) - len(judged_text(hit))
    start, end = max(span.start + shift, hit.passage.start), span.end + shift
    return Span(start, end) if start < end else None
