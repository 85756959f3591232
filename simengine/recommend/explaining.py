"""Recommendations with their explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.blend import scored, standardised
from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.reasons import ReasonFinder
from simengine.recommend.state import RecommenderState
from simengine.recommend.tastes import UserQueries
from simengine.recommend.veto import DocumentSource, Inference, premise
from simengine.types import Evidence, FloatMatrix, Recommendation, RowArray, TextEncoder


def parts_of(state: RecommenderState, queries: UserQueries, rows: RowArray) -> list[dict[str, float]]:
    """For each of the rows every scorer's contribution to the one user's score; the sum is the score."""
    everything = state.catalogue.live_rows()
    if not queries.profiles.any():  # without a history
        counts = state.scores(queries, everything)[0]
        return [{"popularity": float(counts[np.searchsorted(everything, row)])} for row in rows]
    batch = state.batch(queries, everything)
    places = np.searchsorted(everything, rows)
    parts: list[dict[str, float]] = [{} for _ in rows]
    for scorer in state.scorers:
        scores, weight = scored(scorer, batch), 1.0
        if state.blend is not None:
            weight = state.blend.weights[scorer.name]
            scores = standardised(scores) if state.blend.standardise else scores
        for part, place in zip(parts, places, strict=True):
            part[scorer.name] = weight * float(scores[0, place])
    return parts


@dataclass(slots=True)
class Explainer:
    """Makes recommendations from rows.

    Attributes:
        documents: where titles and texts are; None leaves titles empty.
        encoder: of sentences; None finds no reasons.
        nli: see `ReasonFinder`.
    """

    documents: DocumentSource | None
    encoder: TextEncoder | None
    nli: Inference | None = None
    _finder: ReasonFinder | None = field(default=None, init=False)

    def check(self) -> None:
        """Raise UsageError unless reasons can be found."""
        missing = "documents" if self.documents is None else "encoder" if self.encoder is None else ""
        if missing:
            raise UsageError(
                f"reasons need the items' texts and an encoder; this recommender has no {missing}"
            )

    def explain(
        self,
        catalogue: ItemCatalogue,
        queries: UserQueries,
        rows: RowArray,
        parts: Sequence[Mapping[str, float]],
    ) -> list[Recommendation]:
        """One recommendation for each row, for the one user."""
        if self.documents is not None and self.encoder is not None:
            self._finder = ReasonFinder(self.documents, self.encoder, self.nli)
        liked = queries.histories.liked().rows
        texts, text_vectors = queries.liked_texts
        vectors = catalogue.vectors[liked]
        if text_vectors is not None:
            vectors = np.concatenate([vectors, text_vectors])
        nearest = _nearest(catalogue.vectors[rows], vectors)
        made = []
        for rank, (row, place, part) in enumerate(zip(rows.tolist(), nearest, parts, strict=True), 1):
            by_text = place >= len(liked)
            liked_id = "" if place < 0 or by_text else str(catalogue.ids[liked[place]])
            liked_text = texts[place - len(liked)] if by_text else None
            made.append(self._made(str(catalogue.ids[row]), rank, liked_id, liked_text, part))
        return made

    def _made(
        self, item_id: str, rank: int, liked_id: str, liked_text: str | None, parts: Mapping[str, float]
    ) -> Recommendation:
        document = None if self.documents is None else self.documents.get(item_id)
        reason: Evidence | None = None
        if self._finder is not None and document is not None:
            other = liked_text
            if other is None and liked_id:
                other = premise(self._finder.documents.get(liked_id))
            if other:
                reason = self._finder.reason(document, other)
        return Recommendation(
            id=item_id,
            title="" if document is None else document.title,
            score=float(sum(parts.values())),
            rank=rank,
            liked_id=liked_id,
            reason=reason,
            scores=dict(parts),
            metadata={} if document is None else document.metadata,
        )


def _nearest(vectors: FloatMatrix, liked: FloatMatrix) -> list[int]:
    """For each vector (n, dim) the index of the nearest liked one (m, dim), the first of equals; -1 without any."""
    if not len(liked):
        return [-1] * len(vectors)
    return [int(place) for place in (vectors @ liked.T).argmax(axis=1)]
