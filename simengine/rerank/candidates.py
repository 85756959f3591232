"""The text of a candidate for a cross-encoder, and candidates from plain texts."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.errors import UsageError
from simengine.text.arguments import as_ids, as_number, as_texts, items_of
from simengine.types import Hit, Passage, Span

_TITLE_END = "\n\n"  # ends a sentence whatever the title looks like


def judged_text(hit: Hit) -> str:
    """A hit's text for a cross-encoder: the passage, with the title in front unless it begins with it."""
    return _title_part(hit) + hit.passage.text


def passages_as_hits(
    texts: Sequence[str], *, ids: Sequence[str] | None = None, scores: Sequence[float] | None = None
) -> list[Hit]:
    """Hits from plain texts, for reranking without an index.

    Args:
        texts: n passages, best first.
        ids: of them; by default "1" to "n".
        scores: of a retriever, higher is better; by default all 0: the reranker then decides alone.

    Raises:
        UsageError: a text is blank or not a string, or the lengths differ.
    """
    texts = as_texts(texts, "passage", blank=False)
    names = [str(number) for number in range(1, len(texts) + 1)] if ids is None else as_ids(ids)
    values = [0.0] * len(texts)
    if scores is not None:
        values = [as_number(score, f"score {n}") for n, score in enumerate(items_of(scores, "score"), 1)]
    if not len(texts) == len(names) == len(values):
        raise UsageError(
            f"expected a list of texts with as many ids and scores; got {len(texts)}, {len(names)} and {len(values)}"
        )
    order = sorted(range(len(texts)), key=lambda place: -values[place])
    return [
        Hit(
            id=names[place],
            score=values[place],
            rank=rank,
            title="",
            passage=Passage(0, len(texts[place]), texts[place]),
            metadata={},
            scores={} if scores is None else {"retriever": values[place]},
        )
        for rank, place in enumerate(order, 1)
    ]


def span_in_document(hit: Hit, span: Span | None) -> Span | None:
    """A span of a candidate's text as a span of the document; None if it is within the title."""
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
