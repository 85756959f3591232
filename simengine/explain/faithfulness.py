"""Whether an explanation names the words that matter: compares removing them with removing random words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.explain.words import without
from simengine.results.pairs import Faithfulness
from simengine.types import FloatMatrix, Span

SHARES = (0.2, 0.35, 0.5)
"""Shares of a text's words that are removed together."""


@dataclass(frozen=True, slots=True)
class RankedText:
    """A text with ranked words, and the other text's vector.

    Attributes:
        text: what is encoded.
        spans: its words, ascending.
        order: their indices, the highest ranked first.
        other: (dim,) float32, the vector of the other text.
        encode: texts to vectors (n, dim) float32, rows L2-normalised.
    """

    text: str
    spans: Sequence[Span]
    order: Sequence[int]
    other: FloatMatrix
    encode: Callable[[Sequence[str]], FloatMatrix]


def measure_faithfulness(
    cosine: float, sides: Sequence[RankedText], *, draws: int, seed: int
) -> Faithfulness | None:
    """Remove the words ranked highest, several at a time, and as many random ones; only one text changes at a time.

    A single word is never removed alone: contributions are computed from that, so it would prove nothing.

    Args:
        cosine: of the whole texts.
        sides: one or both texts.
        draws: random removals for each removal by rank, at least 1.
        seed: of the random draws.

    Returns:
        None if no text has the three words needed.

    Reference: comprehensiveness of DeYoung et al., ERASER, ACL 2020, against the random baseline.
    """
    rng = np.random.default_rng(seed)
    drops: list[float] = []
    random_drops: list[float] = []
    beaten: list[bool] = []
    for side in sides:
        sizes = removal_sizes(len(side.spans))
        if not sizes:
            continue
        chosen = [list(side.order[:size]) for size in sizes]
        drawn = [
            rng.choice(len(side.spans), size, replace=False).tolist() for size in sizes for _ in range(draws)
        ]
        texts = [
            without(side.text, [side.spans[place] for place in sorted(places)]) for places in chosen + drawn
        ]
        lost = cosine - side.encode(texts) @ side.other
        by_rank, by_chance = lost[: len(sizes)], lost[len(sizes) :].reshape(len(sizes), draws)
        drops += by_rank.tolist()
        random_drops += by_chance.ravel().tolist()
        beaten += (by_chance < by_rank[:, None]).ravel().tolist()
    if not drops:
        return None
    return Faithfulness(
        float(np.mean(drops)), float(np.mean(random_drops)), float(np.mean(beaten)), len(drops), len(beaten)
    )


def removal_sizes(n_words: int) -> list[int]:
    """Numbers of words that are removed together: at least two, never all."""
    if n_words < 3:
        return []
    return sorted({min(max(2, round(share * n_words)), n_words - 1) for share in SHARES})
