"""Recommendations from texts and histories."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, Self

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.blend import Blend, BlendOptions, check_names
from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.explaining import Explainer, parts_of
from simengine.recommend.histories import PreferenceOptions
from simengine.recommend.interactions import Ids, Interactions
from simengine.recommend.items import ItemVectors
from simengine.recommend.learning import learn
from simengine.recommend.lists import allowed_rows, vetted
from simengine.recommend.profiles import ProfileOptions
from simengine.recommend.ranking import ListOptions, best_columns
from simengine.recommend.scorers.content import ContentScorer
from simengine.recommend.scorers.contract import Scorer
from simengine.recommend.state import RecommenderState
from simengine.recommend.tastes import Taste, UserQueries, query_of_taste
from simengine.recommend.veto import DocumentSource, Inference, Veto
from simengine.text.arguments import as_choice, as_whole, expect, items_of, shown
from simengine.types import FloatMatrix, Recommendation, RowArray, TextEncoder

NO_OPTIONS = ListOptions()
POOL_GROWTH = 4
MOST_PLACES = 10_000_000


class TextRecommender:
    """Recommends items by their texts, by users' choices, or by both. Safe to use from several threads at once.

    Without scorers items are ranked only by their text: by the nearest of a user's interests. New items are
    included at once; the other scorers learn of them with the next `fit`.

    Args:
        items: what can be recommended; or a function that returns it, called every time, which returns the same object
            as long as nothing changed. May also be given to `fit`.
        scorers: score items for users; include `ContentScorer` if the text should count; see
            `simengine.recommend.scorers.contract.Scorer` for your own.
        blend: weights by scorer's name, or `BlendOptions` to learn them from the latest part of the interactions. The
            default learns if there is more than one scorer.
        preferences, profiles: see there.
        encoder: reads the texts of a `Taste` and the sentences of reasons.
        documents: source of titles and texts, for reasons and vetoes.
        nli: chooses among the nearest sentences in reasons; optional.
        unknown_users: "error", or "popular": users without a history get what most users chose.

    Raises:
        UsageError: two scorers with the same name, weights that do not fit the scorers, or an unknown choice.

    Example:
        >>> import numpy as np
        >>> items = ItemVectors.from_vectors(["a", "b", "c"], np.array([[1, 0], [0.9, 0.1], [0, 1.0]]))
        >>> history = Interactions.from_arrays(["u"], ["a"])
        >>> ids, scores = TextRecommender(items).fit(history).recommend("u", N=1)
        >>> ids.tolist()
        ['b']
    """

    def __init__(
        self,
        items: ItemVectors | Callable[[], ItemVectors] | None = None,
        *,
        scorers: Sequence[Scorer] | None = None,
        blend: Mapping[str, float] | BlendOptions | None = None,
        preferences: PreferenceOptions | None = None,
        profiles: ProfileOptions | None = None,
        encoder: TextEncoder | None = None,
        documents: DocumentSource | None = None,
        nli: Inference | None = None,
        unknown_users: Literal["error", "popular"] = "error",
    ) -> None:
        as_choice(unknown_users, "unknown_users", ("error", "popular"))
        self._scorers: tuple[Scorer, ...] = (ContentScorer(),)
        if scorers is not None:
            self._scorers = tuple(items_of(scorers, "scorer"))
        for number, scorer in enumerate(self._scorers, 1):
            if not isinstance(getattr(scorer, "name", None), str):
                raise UsageError(
                    f"scorer {number} is {shown(scorer)}; expected a Scorer, such as ContentScorer()"
                )
        if blend is not None and not isinstance(blend, (Mapping, BlendOptions)):
            raise UsageError(f"blend is {shown(blend)}; expected weights by scorer's name, or BlendOptions")
        if not self._scorers:
            raise UsageError("no scorer is given; expected at least one, such as ContentScorer()")
        self._weights = BlendOptions() if blend is None and len(self._scorers) > 1 else blend
        check_names(
            self._scorers,
            None if blend is None or isinstance(self._weights, BlendOptions) else self._weights,
        )
        self._preferences = preferences or PreferenceOptions()
        self._profiles = profiles or ProfileOptions()
        self._encoder, self._documents, self._nli = encoder, documents, nli
        self._unknown_users = unknown_users
        self._source = items
        self._state: RecommenderState | None = None
        self._lock = threading.Lock()

    # -- learning --------------------------------------------------------------------------------------------

    def fit(
        self, interactions: Interactions, items: ItemVectors | Callable[[], ItemVectors] | None = None
    ) -> Self:
        """Learn from all interactions; earlier learning is discarded.

        Args:
            interactions: of users with items. Those with unknown items are left out; `n_unknown` counts
                them.
            items: as in the constructor, replacing them.

        Raises:
            UsageError: no interactions, or none with any of the items; weights are to be learned and there are no
                times or too few users.
            MissingExtraError: weights are to be learned and scikit-learn is not installed.
        """
        if not isinstance(interactions, Interactions):
            raise UsageError(
                f"expected Interactions, got {type(interactions).__name__}; see Interactions.from_arrays, .from_sparse "
                "and read_interactions"
            )
        with self._lock:
            if items is not None:
                self._source = items
            self._state = learn(
                interactions,
                self._items(),
                scorers=self._scorers,
                weights=self._weights,
                preferences=self._preferences,
                profiles=self._profiles,
            )
        return self

    @property
    def blend(self) -> Blend | None:
        """The weights of the scorers; None for a single one, or before `fit`."""
        return None if self._state is None else self._state.blend

    @property
    def n_unknown(self) -> int:
        """Interactions of the last `fit` that were left out because there was no such item."""
        return 0 if self._state is None else self._state.n_unknown

    @property
    def users(self) -> Ids:
        """(n,) object array, users that have a history, in the order of the interactions."""
        training = None if self._state is None else self._state.training
        if training is None:
            return np.empty(0, object)
        return training.user_ids[training.histories.lengths() > 0]

    def add_items(self, items: ItemVectors) -> None:
        """Add items that are found from now on; known ids get their new vectors.

        Raises:
            UsageError: the vectors have another dimension, or items come from a function, which must return them.
        """
        self._check_own_items()
        expect(items, ItemVectors, "items")
        with self._lock:
            state = self._fresh()
            catalogue = state.catalogue.added(items)
            self._state = replace(state, catalogue=catalogue)

    def remove_items(self, items: Sequence[object]) -> None:
        """Remove items from future lists; they stay in the histories.

        Raises:
            UsageError: an item is unknown, or items come from a function.
        """
        self._check_own_items()
        with self._lock:
            state = self._fresh()
            self._state = replace(state, catalogue=state.catalogue.removed(items))

    # -- recommending ----------------------------------------------------------------------------------------

    def recommend(
        self,
        user: object,
        N: int = 10,  # noqa: N803 - as implicit names it
        filter_already_liked_items: bool = True,
        filter_items: Sequence[object] | None = None,
        items: Sequence[object] | None = None,
        *,
        options: ListOptions = NO_OPTIONS,
        veto: Veto | None = None,
    ) -> tuple[Ids, FloatMatrix]:
        """The N best items for one user.

        Args:
            user: an id from the interactions, or a `Taste`.
            N: at least 1; fewer are returned if there are no more.
            filter_already_liked_items: leave out what is in the history (or the taste), dislikes too.
            filter_items: ids to exclude.
            items: ids to choose from; all by default.
            options: diversity and collapsing of near-identical items.
            veto: items that it refuses are left out; it checks only items that would be returned.

        Returns:
            ids (n,) object array of str and scores (n,) float32, n <= N. Scores are descending, except with diversity;
            ties are in the order of the items.

        Raises:
            UsageError: an unknown user (see `unknown_users`) or item, or N below 1.
        """
        state = self._current()
        queries = self._queries(state, user)
        scores, rows = self._lists(
            state, queries, N, filter_already_liked_items, filter_items, items, options, veto
        )
        there = rows[0] >= 0
        return state.catalogue.ids[rows[0][there]], scores[0][there]

    def recommend_batch(
        self,
        users: Sequence[object],
        N: int = 10,  # noqa: N803
        filter_already_liked_items: bool = True,
        filter_items: Sequence[object] | None = None,
        items: Sequence[object] | None = None,
        *,
        options: ListOptions = NO_OPTIONS,
        veto: Veto | None = None,
    ) -> tuple[Ids, FloatMatrix]:
        """As `recommend`, for q users at once.

        Returns:
            ids (q, N) object array of str, and scores (q, N) float32; "" and -inf where there are no more items.
        """
        state = self._current()
        queries = state.queries(users, empty_is_error=self._unknown_users == "error")
        scores, rows = self._lists(
            state, queries, N, filter_already_liked_items, filter_items, items, options, veto
        )
        ids = np.append(state.catalogue.ids, "")[rows]  # row -1 is the last
        return ids, scores

    def recommend_from_texts(
        self,
        likes: Sequence[str] = (),
        dislikes: Sequence[str] = (),
        k: int = 10,
        *,
        options: ListOptions = NO_OPTIONS,
        veto: Veto | None = None,
    ) -> tuple[Ids, FloatMatrix]:
        """As `recommend`, for a user known only by some texts: a cold start."""
        taste = Taste(liked_texts=likes, disliked_texts=dislikes)
        return self.recommend(taste, as_whole(k, "k", most=MOST_PLACES), options=options, veto=veto)

    def similar_items(self, item: object, N: int = 10) -> tuple[Ids, FloatMatrix]:  # noqa: N803
        """The N items whose texts are nearest to an item's, without itself.

        Returns:
            ids (n,) and cosines (n,), descending.

        Raises:
            UsageError: there is no such item, or N is below 1.
        """
        state = self._current()
        row = state.catalogue.row(item)
        rows = state.catalogue.live_rows()
        rows = rows[rows != row]
        vectors = state.catalogue.vectors
        cosines = (vectors @ vectors[row])[None, rows]
        scores, columns = best_columns(cosines, as_whole(N, "N", most=MOST_PLACES))
        there = columns[0] >= 0
        return state.catalogue.ids[rows[columns[0][there]]], scores[0][there]

    def explain(self, user: object, items: Sequence[object], *, reasons: bool = True) -> list[Recommendation]:
        """Why these items for this user: the liked one that each is nearest to, a sentence, the parts of the score.

        Args:
            user: an id, or a `Taste`.
            items: ids, as from `recommend`; ranks are in their order.
            reasons: find the sentences, which encodes those of the texts.

        Raises:
            UsageError: an unknown user or item, or reasons without documents or encoder.
        """
        state = self._current()
        queries = self._queries(state, user)
        explainer = Explainer(self._documents, self._encoder if reasons else None, self._nli)
        if reasons:
            explainer.check()
        rows = state.catalogue.rows_of(items)
        return explainer.explain(state.catalogue, queries, rows, parts_of(state, queries, rows))

    # -- parts -----------------------------------------------------------------------------------------------

    def _lists(
        self,
        state: RecommenderState,
        queries: UserQueries,
        k: int,
        hide_seen: bool,
        unwanted: Sequence[object] | None,
        wanted: Sequence[object] | None,
        options: ListOptions,
        veto: Veto | None,
    ) -> tuple[FloatMatrix, RowArray]:
        k = as_whole(k, "N", most=MOST_PLACES)
        expect(options, ListOptions, "options")
        if veto is not None:
            expect(veto, Veto, "veto")
        rows = allowed_rows(state.catalogue, unwanted, wanted)
        if not options.needs_pool and veto is None:
            return state.best(queries, rows, k, hide_seen=hide_seen)
        size = options.pool_size(k)
        while True:
            scores, found = state.best(queries, rows, min(size, max(1, len(rows))), hide_seen=hide_seen)
            listed, chosen = vetted(scores, found, state.catalogue, k, options, veto)
            if size >= len(rows) or bool((chosen >= 0).all()):
                return listed, chosen
            size *= POOL_GROWTH  # a veto or collapsing removed too many: go deeper

    def _queries(self, state: RecommenderState, user: object) -> UserQueries:
        if isinstance(user, Taste):
            return query_of_taste(user, state.catalogue, self._encoder, self._profiles)
        return state.queries([user], empty_is_error=self._unknown_users == "error")

    def _items(self) -> ItemVectors:
        source = self._source
        if source is None:
            raise UsageError("there are no items; give them to the constructor or to fit")
        items = source() if callable(source) else source
        if not isinstance(items, ItemVectors):
            raise UsageError(
                f"expected ItemVectors, got {type(items).__name__}; see ItemVectors.from_vectors"
            )
        return items

    def _check_own_items(self) -> None:
        if self._source is not None and not isinstance(self._source, ItemVectors):
            raise UsageError(
                "the items come from a function, which must return the new ones (for an index: engine.add)"
            )

    def _current(self) -> RecommenderState:
        with self._lock:
            return self._fresh()

    def _fresh(self) -> RecommenderState:
        """The state with the items as they are now; the lock is held."""
        if self._state is None:
            items = self._items()
            self._state = RecommenderState(
                items,
                ItemCatalogue.of(items, self._profiles.centring),
                None,
                (ContentScorer(),),
                None,
                self._profiles,
            )
        elif not isinstance(self._source, ItemVectors):
            items = self._items()
            if items is not self._state.items:
                self._state = self._state.with_items(items)
        return self._state
