"""What a judge reads of a candidate, and candidates made of plain texts."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.errors import UsageError
from simengine.text.arguments import as_ids, as_number, as_texts, items_of
from simengine.text.joining import PARAGRAPH, joined
from simengine.types import Hit, Passage, Span


def judged_text(hit: Hit) -> str:
    """What a judge reads of a hit: the passage, with the title in front unless it begins with it."""
    title = hit.title.strip()
    if hit.passage.text.lstrip().startswith(title):
        return hit.passage.text
    return joined(title, hit.passage.text, PARAGRAPH)


def passages_as_hits(
    texts: Sequence[str], *, ids: Sequence[str] | None = None, scores: Sequence[float] | None = None
) -> list[Hit]:
    """Hits made of plain texts, for reranking without an index.

    Args:
        texts: n passages, best first.
        ids: of them; by default "1" to "n".
        scores: of a retriever, higher is better; by default all 0: the judge then decides alone.

    Raises:
        UsageError: a text is blank or no string, or the lengths differ.
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
    """Characters of the judged text as characters of the document; None where they are all of the title."""
    if span is None or not hit.passage.text.strip():
        return None
    shift = hit.passage.start + len(hit.passage.text) - len(judged_text(hit))
    start, end = max(span.start + shift, hit.passage.start), span.end + shift
    return Span(start, end) if start < end else None
