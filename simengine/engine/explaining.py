"""One-line explanations of hits: the parts of their scores, and the words that make them similar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simengine.encoders.contract import BiEncoder
from simengine.explain import ExplainOptions, explain_pair
from simengine.results.pairs import PairExplanation
from simengine.time_limit import check_time_limit
from simengine.types import Hit

PARTS = {"dense": "meaning", "lexical": "words", "retriever": "before reranking", "judge": "reranker"}
MOST_WORDS = 4
OPTIONS = ExplainOptions(roles=("query", "passage"), draws=0)


def explained(encoder: BiEncoder, query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Hits with an `explanation`.

    Args:
        encoder: of the index; encodes about two variants of a text for each of its words.
        query: of these hits.
        hits: of one query.

    Raises:
        TimeLimitError: the time of the caller is over.
    """
    found = []
    for hit in hits:
        check_time_limit()
        found.append(replace(hit, explanation=explanation(encoder, query, hit)))
    return found


def explanation(encoder: BiEncoder, query: str, hit: Hit) -> str:
    """The parts of a hit's score, and the aligned words of query and passage."""
    parts = [f"{PARTS.get(name, name)} {value:.2f}" for name, value in hit.scores.items()]
    if hit.judgement is not None and hit.judgement.stance is not None:
        parts.append(hit.judgement.stance)
    words = _words(explain_pair(encoder, query, hit.passage.text, OPTIONS)) if "dense" in hit.scores else []
    if words:
        parts.append(f"near by {', '.join(words)}")
    return "; ".join(parts)


def _words(found: PairExplanation) -> list[str]:
    """The words that add most to the cosine, with their aligned words of the passage."""
    pairs = [
        (word.contribution, word.text, found.second.words[word.partner].text)
        for word in found.first.words
        if word.partner is not None and word.contribution > 0
    ]
    best = sorted(pairs, key=lambda pair: (-pair[0], pair[1]))[:MOST_WORDS]
    return [one if one.lower() == other.lower() else f"{one} ~ {other}" for _, one, other in best]
