"""Reranking the caller's hits, and plain texts as hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from simengine.errors import UsageError
from simengine.requests.fields import Help, K, Texts, check_fields
from simengine.requests.rerank import Rerank
from simengine.text.arguments import as_ids, as_number, as_texts, expect, items_of
from simengine.types import Hit, Passage


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """The caller's hits, reranked.

    Attributes:
        queries: q texts.
        hits: for each query its candidates, best first. If none has a retriever's score (see
            `passages_as_hits`), the reranker alone decides.
        rerank: options.
        k: most hits per query; None for all.
    """

    queries: Annotated[tuple[str, ...], Texts("query")]
    hits: Sequence[Sequence[Hit]]
    rerank: Rerank = field(default_factory=Rerank)
    k: Annotated[K | None, Help("Number of hits.")] = None

    def __post_init__(self) -> None:
        check_fields(self)
        lists = tuple(
            tuple(
                expect(hit, Hit, "a hit", "a Hit; passages_as_hits makes them from texts")
                for hit in items_of(found, "hit")
            )
            for found in items_of(self.hits, "hit list")
        )
        object.__setattr__(self, "hits", lists)


def passages_as_hits(
    texts: Sequence[str], *, ids: Sequence[str] | None = None, scores: Sequence[float] | None = None
) -> list[Hit]:
    """Hits made of plain texts, for reranking without an index.

    Args:
        texts: n passages, best first.
        ids: of them; by default "1" to "n".
        scores: a retriever's, higher is better; by default all 0: the reranker alone decides.

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
