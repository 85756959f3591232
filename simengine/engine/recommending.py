"""A recommender over an index: its documents are the items; new ones are included at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from simengine.encoders.contract import Role
from simengine.errors import UsageError
from simengine.recommend.askers import Taste
from simengine.recommend.blend import BlendOptions
from simengine.recommend.histories import PreferenceOptions
from simengine.recommend.items import ItemVectors
from simengine.recommend.profiles import ProfileOptions
from simengine.recommend.ranking import ListOptions
from simengine.recommend.recommender import TextRecommender
from simengine.recommend.scorers.contract import Scorer
from simengine.recommend.veto import Inference, Veto
from simengine.results.recommend import UserRecommendations
from simengine.store.snapshot import Snapshot
from simengine.types import Document, FloatMatrix, Recommendation

if TYPE_CHECKING:
    from simengine.engine.parts import Parts
    from simengine.requests.recommend import RecommendOptions, RecommendRequest, RecommendUsersRequest

USERS_PER_BLOCK = 256


class OpenedEngine(Protocol):
    """The parts of an engine that a recommender needs, as `simengine.Engine` has them."""

    @property
    def path(self) -> Path:
        """The index directory."""

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""


class IndexItems:
    """The documents of an index as items, read again after each commit. Thread-safe.

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
        """The current items; the same object until the index changes."""
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
    """Encodes texts like an index's passages, so that liked texts are near such items."""

    def __init__(self, engine: OpenedEngine) -> None:
        self._engine = engine

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """(n, dim) float32, rows L2-normalised."""
        return self._engine.encode(texts, role="passage")


def items_of(snapshot: Snapshot) -> ItemVectors:
    """The live documents of an index, each with the mean of its passages' vectors, in the order of the index.

    A one-segment index without deletions and with one passage per document is not copied.
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

    Changes of documents take effect on the next call. See `TextRecommender` for the arguments;
    call its `fit` with interactions, or recommend for a `Taste` directly.

    Example:
        >>> from simengine import Engine
        >>> engine = Engine.open("indexes/films")  # doctest: +SKIP
        >>> recommender_for(engine).recommend_from_texts(["space adventure"], N=3)  # doctest: +SKIP
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
    """An NLI model that is loaded on its first pairs."""

    def __init__(self, load: Callable[[], Inference]) -> None:
        self._load = load

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """See `NLIModel`."""
        return self._load().probabilities(pairs)


def run_recommend(parts: Parts, request: RecommendRequest) -> list[Recommendation]:
    """Documents for a taste, best first, without the liked and disliked ones.

    Args:
        parts: of an engine.
        request: the taste and options.

    Raises:
        UsageError: nothing is liked or disliked, or a document does not exist.
    """
    lists = _Lists(parts, parts.recommender(), request)
    taste = Taste(request.liked, request.disliked, request.liked_texts, request.disliked_texts)
    found = lists.one(taste)
    lists.report()
    return found


def run_recommend_users(parts: Parts, request: RecommendUsersRequest) -> Iterator[UserRecommendations]:
    """Documents for users of a history, as a lazy iterator of lists.

    Args:
        parts: of an engine.
        request: users and options. For all users at once the lists have only ids and scores, unless it has `reasons`.

    Raises:
        UsageError: an unknown user, a history too small for the requested method, or a half-life without times.
        DataError: the history cannot be read.
    """
    lists = _Lists(parts, _learned(parts, request), request)

    def each() -> Iterator[UserRecommendations]:
        if request.users or request.reasons:
            for user in request.users or lists.recommender.users.tolist():
                yield UserRecommendations(str(user), lists.one(user))
        else:
            yield from lists.all_users()
        lists.report()

    return each()


class _Lists:
    """Lists of one recommender, with a request's options."""

    def __init__(self, parts: Parts, recommender: TextRecommender, request: RecommendOptions) -> None:
        self.recommender, self._request, self._note = recommender, request, parts.note
        self._items = None if request.where is None else parts.retriever.matching_ids(request.where)
        cosine = None if request.collapse_cosine >= 1 else request.collapse_cosine
        self._options = ListOptions(diversity=request.diversity, collapse_cosine=cosine)
        self._veto: Veto | None = None
        if request.refuse or request.require:
            self._veto = Veto(
                parts.models.nli(),
                parts.index,
                refuse=request.refuse,
                require=request.require,
                threshold=request.veto_threshold,
            )

    def one(self, user: object) -> list[Recommendation]:
        """For a user of a history, or a taste."""
        request = self._request
        ids, scores = self.recommender.recommend(
            user,
            request.k,
            not request.include_seen,
            items=self._items,
            options=self._options,
            veto=self._veto,
        )
        explained = self.recommender.explain(user, ids.tolist(), reasons=request.reasons)
        return [
            replace(each, score=float(score)) for each, score in zip(explained, scores.tolist(), strict=True)
        ]

    def all_users(self) -> Iterator[UserRecommendations]:
        """For every user of the history, only ids and scores."""
        users, request = self.recommender.users.tolist(), self._request
        for start in range(0, len(users), USERS_PER_BLOCK):
            block = users[start : start + USERS_PER_BLOCK]
            ids, scores = self.recommender.recommend_batch(
                block,
                request.k,
                not request.include_seen,
                items=self._items,
                options=self._options,
                veto=self._veto,
            )
            for user, row, values in zip(block, ids.tolist(), scores.tolist(), strict=True):
                found = [(id_, value) for id_, value in zip(row, values, strict=True) if id_]
                items = [
                    Recommendation(id_, "", value, rank, "", None, {}, {})
                    for rank, (id_, value) in enumerate(found, 1)
                ]
                yield UserRecommendations(str(user), items)

    def report(self) -> None:
        """Note how many documents were checked against the statements."""
        if self._veto is not None:
            n = self._veto.n_judged
            self._note(f"{n:,} document{'' if n == 1 else 's'} checked against the statements")


def _learned(parts: Parts, request: RecommendUsersRequest) -> TextRecommender:
    """A recommender fitted on a history, by text only or with a blend."""
    from simengine.recommend.defaults import blend_scorers, why_no_blend
    from simengine.recommend.interaction_files import read_interactions

    interactions = read_interactions(request.history)
    problem = "" if request.method == "content" else why_no_blend(interactions)
    if problem and request.method == "blend":
        raise UsageError(f"a blend cannot be learned from this history: {problem}; use the method content")
    blended = request.method != "content" and not problem
    recommender = recommender_for(
        parts.index,
        scorers=blend_scorers(parts.index.counts.documents) if blended else None,
        blend=BlendOptions() if blended else None,
        preferences=PreferenceOptions(half_life_days=request.half_life_days),
        nli=LazyInference(parts.models.nli),
    ).fit(interactions)
    if recommender.n_unknown:
        parts.note(
            f"{recommender.n_unknown:,} of {len(interactions):,} interactions are with documents that the index does "
            "not have; they were left out"
        )
    if problem:
        parts.note(f"by text alone: {problem}")
    elif recommender.blend is not None:
        weights = "  ".join(f"{name} {weight:.2f}" for name, weight in recommender.blend.weights.items())
        n = recommender.blend.n_users
        parts.note(f"blend of {weights}, learned from {n:,} user{'' if n == 1 else 's'}")
    return recommender
