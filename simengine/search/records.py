"""A hit as JSON: the same from the command line, the service and the tools for agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simengine.types import Hit, Judgement


def hit_record(hit: Hit) -> dict[str, Any]:
    """A hit as JSON, numbers with six decimals; `simengine rerank` reads it back."""
    judgement = hit.judgement
    return {
        "rank": hit.rank,
        "id": hit.id,
        "score": round(hit.score, 6),
        "scores": {name: round(value, 6) for name, value in hit.scores.items()},
        "title": hit.title,
        "passage": {"start": hit.passage.start, "end": hit.passage.end, "text": hit.passage.text},
        "metadata": dict(hit.metadata),
        "judgement": None if judgement is None else judgement_record(hit, judgement),
        "duplicates": list(hit.duplicates),
    }


def judgement_record(hit: Hit, judgement: Judgement) -> dict[str, Any]:
    """A judgement of a hit as JSON, with the text of its evidence."""
    span, evidence = judgement.evidence, None
    if span is not None:
        start = hit.passage.start
        text = hit.passage.text[span.start - start : span.end - start]
        evidence = {"start": span.start, "end": span.end, "text": text}
    probabilities = judgement.probabilities
    return {
        "relevance": round(judgement.relevance, 6),
        "calibrated": judgement.calibrated,
        "stance": judgement.stance,
        "probabilities": probabilities and {name: round(value, 6) for name, value in probabilities.items()},
        "evidence": evidence,
        "n_truncated": judgement.n_truncated,
    }
