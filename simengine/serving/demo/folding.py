"""Hits of one search that say the same are shown once.

`simengine.assembly.collapsing` does this with more care: it compares titles too, and judges every sentence of every
near pair. Here somebody waits: passages alone count, and a bounded number of whole passages is judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simengine.search.collapse import collapse_near
from simengine.types import Hit

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

LEAST_SHARED_WORDS = 0.5  # of all words of two passages; below it they are not compared further
LEAST_COSINE = 0.93
MOST_JUDGED_PAIRS = 12
"""Pairs that are not word for word the same are read by the judge; what is beyond this number stays unfolded."""
_WORD = re.compile(r"[^\W_]")
_WORDS = re.compile(r"[\u3400-\u9fff]|[^\W_]+")


def folded(served: ServedIndex, hits: Sequence[Hit]) -> list[Hit]:
    """Fold each hit into a better one whose passage says the same; passages that contradict each other stay.

    Args:
        served: its encoder and its judge are used, and only where passages share half of their words.
        hits: of one query, best first.
    """
    if not _any_alike(hits):
        return list(hits)
    vectors = served.encode([hit.passage.text for hit in hits], role="passage")
    return collapse_near(
        hits, vectors, min_cosine=LEAST_COSINE, guard=lambda pairs: _say_the_same(served, pairs)
    )


def _any_alike(hits: Sequence[Hit]) -> bool:
    words = [frozenset(_WORDS.findall(hit.passage.text.lower())) for hit in hits]
    return any(
        len(words[a] & words[b]) >= LEAST_SHARED_WORDS * len(words[a] | words[b])
        for b in range(len(words))
        for a in range(b)
    )


def _say_the_same(served: ServedIndex, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    same = [_normal(one) == _normal(other) for one, other in pairs]
    unsure = [place for place, is_same in enumerate(same) if not is_same][:MOST_JUDGED_PAIRS]
    if unsure:
        both = [pair for place in unsure for pair in (pairs[place], pairs[place][::-1])]
        labels = [verdict.label for verdict in served.nli(both)]
        for number, place in enumerate(unsure):
            same[place] = labels[2 * number] == labels[2 * number + 1] == "entailment"
    return same


def _normal(text: str) -> str:
    return "".join(_WORD.findall(text.lower()))
