"""What a judge reads of a candidate."""

from __future__ import annotations

from simengine.requests.hits import passages_as_hits
from simengine.types import Hit, Span

__all__ = ["judged_text", "passages_as_hits", "span_in_document"]

_TITLE_END = "\n\n"  # where a sentence ends whatever the title looks like


def judged_text(hit: Hit) -> str:
    """What a judge reads of a hit: the passage, with the title in front unless it begins with it."""
    return _title_part(hit) + hit.passage.text


def span_in_document(hit: Hit, span: Span | None) -> Span | None:
    """Characters of the judged text as characters of the document; None where they are all of the title."""
    if span is None:
        return None
    shift = hit.passage.start - len(_title_part(hit))
    start, end = max(span.start + shift, hit.passage.start), span.end + shift
    return Span(start, end) if start < end else None


def _title_part(hit: Hit) -> str:
    title = hit.title.strip()
    if not title or hit.passage.text.lstrip().startswith(title):
        return ""
    return title + _TITLE_END if hit.passage.text.strip() else title
