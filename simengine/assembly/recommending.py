"""A recommender over an index: its documents are the items, and new ones are found at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from simengine.encoders.contract import Role
from simengine.recommend.blend import BlendOptions
from simengine.recommend.histories import PreferenceOptions
from simengine.recommend.items import ItemVectors
from simengine.recommend.profiles import ProfileOptions
from simengine.recommend.ranking import ListOptions
from simengine.recommend.recommender import TextRecommender
from simengine.recommend.scorers.contract import Scorer
from simengine.recommend.tastes import Taste
from simengine.recommend.veto import Inference, Veto
from simengine.store.snapshot import Snapshot
from simengine.types import Document, FloatMatrix, Recommendation

COLLAPSE_COSINE = 0.98
"""Of recommended documents with this cosine or more only the best is kept."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody wants to be recommended.

    Attributes:
        liked, disliked: ids of documents.
        liked_texts, disliked_texts: any texts.
        refuse: statements that no recommended document may entail, such as "The film is violent."
        require: statements that none may contradict.
        n: documents wanted, at least 1; fewer come back where there are no more.
        reasons: find the sentence that speaks for each.
        diversity: see `simengine.recommend.ListOptions`.
    """

    liked: Sequence[str] = ()
    disliked: Sequence[str] = ()
    liked_texts: Sequence[str] = ()
    disliked_texts: Sequence[str] = ()
    refuse: Sequence[str] = ()
    require: Sequence[str] = ()
    n: int = 10
    reasons: bool = False
    diversity: float = 0.0


class OpenedEngine(Protocol):
    """What a recommender needs of an engine; `simengine.Engine` gives it."""

    path: Path

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""


class IndexItems:
    """The documents of an index as items, read again when another commit is there. May be used by several threads.

    Args:
        path: the index directory.

    Raises:
        IndexNotFoundError, DamagedIndexError: as `Snapshot.open`.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._snapshot = Snapshot.open(path)
        self._items: ItemVectors | None = None

    def __call__(self) -> ItemVectors:
        """The items as they are now; the same object as long as the index does not change."""
        with self._lock:
            if not self._snapshot.is_current():
                old, self._snapshot, self._items = self._snapshot, Snapshot.open(self._path), None
                old.close()
            if self._items is None:
                self._items = items_of(self._snapshot)
            return self._items

    def close(self) -> None:
        """Close the index's database."""
        with self._lock:
            self._snapshot.close()


class PassageEncoder:
    """Encodes texts as an index's passages are encoded, so that liked texts lie where such items would."""

    def __init__(self, engine: OpenedEngine) -> None:
        self._engine = engine

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """(n, dim) float32, rows L2-normalised."""
        return self._engine.encode(texts, role="passage")


def items_of(snapshot: Snapshot) -> ItemVectors:
    """The live documents of an index, each with the mean of its passages' vectors, in the order of the index.

    An index in which every document is one passage and nothing was deleted is not copied, if it is one segment.
    """
    owners, live = snapshot.row_documents(), snapshot.live_rows()
    segments = [segment.vectors for segment in snapshot.segments]
    vectors = segments[0] if len(segments) == 1 else _joined(segments, snapshot.dimension)
    if live is not None:
        vectors, owners = vectors[live], owners[live]
    keys, places = np.unique(owners, return_inverse=True)
    return ItemVectors.from_passages(snapshot.document_ids(keys), vectors, places.reshape(-1))


def recommender_for(
    engine: OpenedEngine,
    *,
    scorers: Sequence[Scorer] | None = None,
    blend: Mapping[str, float] | BlendOptions | None = None,
    preferences: PreferenceOptions | None = None,
    profiles: ProfileOptions | None = None,
    nli: Inference | None = None,
    unknown_users: Literal["error", "popular"] = "error",
) -> TextRecommender:
    """A recommender whose items are the documents of an engine's index.

    Documents that are added, changed or deleted count from the next call on. See `TextRecommender` for the arguments;
    call its `fit` with interactions, or recommend for a `Taste` at once.

    Example:
        >>> from simengine import Engine
        >>> engine = Engine.open("indexes/films")  # doctest: +SKIP
        >>> recommender_for(engine).recommend_from_texts(["space adventure"], k=3)  # doctest: +SKIP
    """
    return TextRecommender(
        IndexItems(engine.path),
        scorers=scorers,
        blend=blend,
        preferences=preferences,
        profiles=profiles,
        encoder=PassageEncoder(engine),
        documents=engine,
        nli=nli,
        unknown_users=unknown_users,
    )


def _joined(segments: Sequence[FloatMatrix], dimension: int) -> FloatMatrix:
    return np.concatenate(segments) if segments else np.empty((0, dimension), np.float32)


class LazyInference:
    """An NLI model that is loaded when it first has pairs to judge."""

    def __init__(self, load: Callable[[], Inference]) -> None:
        self._load = load

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """See `NLIModel`."""
        return self._load().probabilities(pairs)


def recommend(
    recommender: TextRecommender,
    engine: OpenedEngine,
    wishes: Wishes,
    *,
    nli: Callable[[], Inference],
    items: Sequence[str] | None = None,
) -> list[Recommendation]:
    """Documents for somebody's taste, best first; nothing that is liked or disliked comes back.

    Args:
        recommender: of the engine's index.
        engine: gives the texts that vetoes read.
        wishes: what is wanted.
        nli: gives the NLI model; called where there are vetoes.
        items: ids that may be recommended; None for all.

    Raises:
        UsageError: nothing is liked or disliked, or a document is not there.
    """
    taste = Taste(wishes.liked, wishes.disliked, wishes.liked_texts, wishes.disliked_texts)
    veto = None
    if wishes.refuse or wishes.require:
        veto = Veto(nli(), engine, refuse=wishes.refuse, require=wishes.require)
    options = ListOptions(diversity=wishes.diversity, collapse_cosine=COLLAPSE_COSINE)
    ids, scores = recommender.recommend(taste, wishes.n, items=items, options=options, veto=veto)
    explained = recommender.explain(taste, ids.tolist(), reasons=wishes.reasons)
    return [replace(each, score=float(score)) for each, score in zip(explained, scores.tolist(), strict=True)]
