"""Folds hits that say the same into the best of them, which lists the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from simengine.errors import UsageError
from simengine.types import FloatMatrix, Hit

Guard: TypeAlias = Callable[[Sequence[tuple[str, str]]], Sequence[bool]]
"""Decides whether two texts say the same; similar texts may well contradict each other."""

NORM_TOLERANCE = 1e-3


def collapse_near(
    hits: Sequence[Hit], vectors: FloatMatrix, *, min_cosine: float = 0.9, guard: Guard | None = None
) -> list[Hit]:
    """Fold each hit into the first better one whose passage says the same.

    Args:
        hits: of one query, best first.
        vectors: (n, dim) float32, the vectors of their passages, rows L2-normalised.
        min_cosine: passages may say the same at or above this cosine; in [-1, 1].
        guard: called once, with all pairs at or above that cosine, (better, worse); None relies on the cosine alone.

    Returns:
        Fewer hits in the same order, ranks again from 1.

    Raises:
        UsageError: the vectors do not belong to the hits, or the guard does not answer every pair.
    """
    if vectors.ndim != 2 or len(vectors) != len(hits):
        raise UsageError(
            f"vectors have the shape {vectors.shape}; expected a row for each of {len(hits)} hits"
        )
    if not -1.0 <= min_cosine <= 1.0:
        raise UsageError(f"min_cosine is {min_cosine!r}; expected a number from -1 to 1")
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=NORM_TOLERANCE):
        raise UsageError("the vectors are not L2-normalised, so that their products are not cosines")
    cosines = vectors @ vectors.T
    pairs = [(b, w) for w in range(len(hits)) for b in range(w) if cosines[b, w] >= min_cosine]
    answers: Sequence[bool] = [True] * len(pairs)
    if guard is not None and pairs:
        answers = guard([(hits[better].passage.text, hits[worse].passage.text) for better, worse in pairs])
        if len(answers) != len(pairs):
            raise UsageError(
                f"the guard gave {len(answers)} answers for {len(pairs)} pairs; expected one for each"
            )
    same = {pair for pair, answer in zip(pairs, answers, strict=True) if answer}
    folded_into: list[int] = []
    for place in range(len(hits)):
        kept = (better for better in range(place) if folded_into[better] == better)
        folded_into.append(next((better for better in kept if (better, place) in same), place))
    return _folded(hits, folded_into)


def _folded(hits: Sequence[Hit], folded_into: Sequence[int]) -> list[Hit]:
    """The remaining hits, each with the ids of those folded into it."""
    ids: dict[int, list[str]] = {}
    for place, (hit, target) in enumerate(zip(hits, folded_into, strict=True)):
        known = ids.setdefault(target, [])
        known += [*([hit.id] if target != place else []), *hit.duplicates]
    return [
        replace(hits[place], rank=rank, duplicates=tuple(ids[place]))
        for rank, place in enumerate((p for p, target in enumerate(folded_into) if p == target), start=1)
    ]
