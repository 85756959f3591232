"""A recommender's state at one moment. A call uses one state throughout, whatever changes concurrently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.blend import Blend, blended
from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.histories import Histories
from simengine.recommend.interactions import as_id, as_ids
from simengine.recommend.items import ItemVectors
from simengine.recommend.profiles import ProfileOptions, make_profiles
from simengine.recommend.ranking import best_columns
from simengine.recommend.scorers.contract import Scorer, ScoringBatch, Training
from simengine.recommend.tastes import UserQueries
from simengine.text.arguments import items_of
from simengine.types import FloatMatrix, RowArray

SCORES_PER_BLOCK = 1 << 20
EXACT_ITEMS = 200_000
"""Up to this many items all are scored; above it only those found by the ANN index, and the most chosen."""
CANDIDATES_PER_INTEREST = 200
MOST_CHOSEN = 1_000
USERS_PER_UNION = 16
KEPT_PROFILE_BYTES = 1 << 28


@dataclass(frozen=True, eq=False)
class RecommenderState:
    """Items, fitted scorers, and users.

    Attributes:
        items: what the catalogue was made from, to detect changes.
        catalogue: the rows.
        training: None before `fit`.
        scorers: fitted; only content before `fit`.
        blend: their weights; None for a single scorer.
        options: of profiles.
        n_unknown: interactions left out because their item is unknown.
    """

    items: ItemVectors
    catalogue: ItemCatalogue
    training: Training | None
    scorers: tuple[Scorer, ...]
    blend: Blend | None
    options: ProfileOptions
    n_unknown: int = 0

    def with_items(self, items: ItemVectors) -> RecommenderState:
        """The same with exactly these items."""
        return replace(self, items=items, catalogue=self.catalogue.updated(items))

    @cached_property
    def user_rows(self) -> dict[str, int]:
        """Index of each user in the training."""
        return {} if self.training is None else {id_: row for row, id_ in enumerate(self.training.user_ids)}

    @cached_property
    def _profiles(self) -> FloatMatrix | None:
        """Profiles of all users; None if they would take too much memory."""
        training = self.training
        if training is None:
            return None
        n_bytes = 4 * len(training.user_ids) * self.options.max_interests * self.catalogue.dimension
        if n_bytes > KEPT_PROFILE_BYTES:
            return None
        return make_profiles(training.histories, self.catalogue.centred, self.options)

    @cached_property
    def counts(self) -> RowArray:
        """(n_rows,) int64, users who interacted with each item."""
        rows = np.empty(0, np.int64) if self.training is None else self.training.histories.rows
        return np.bincount(rows, minlength=self.catalogue.n_rows)

    def queries(self, users: Sequence[object], *, empty_is_error: bool) -> UserQueries:
        """Users by id.

        Args:
            users: ids.
            empty_is_error: refuse users without a history; otherwise theirs are empty.

        Raises:
            UsageError: nothing was learned yet, or a user is unknown or has no known item.
        """
        given = items_of(users, "user")
        if self.training is None:
            raise UsageError("there are no histories yet: call fit(interactions), or give a Taste")
        names = [as_id(user, "user") for user in given]
        rows = np.fromiter((self.user_rows.get(name, -1) for name in names), np.int64, len(names))
        histories = self.training.histories.take(rows)
        if empty_is_error:
            without = np.flatnonzero(histories.lengths() == 0)
            if len(without):
                raise UsageError(self._without_history(names[int(without[0])], len(without)))
        kept = self._profiles
        if kept is None:
            profiles = make_profiles(histories, self.catalogue.centred, self.options)
        else:
            profiles = kept[rows]
            profiles[rows < 0] = 0.0
        return UserQueries(as_ids(names), rows, histories, profiles)

    def _without_history(self, name: str, n: int) -> str:
        more = f" (and {n - 1} more)" if n > 1 else ""
        if name in self.user_rows:
            what = f"user {name!r:.60}{more} has no interactions with the items that can be recommended"
        else:
            what = f"unknown user {name!r:.60}{more}: no interactions"
        return f"{what}; give likes instead (--like, --like-text; a Taste), or use unknown_users='popular'"

    def batch(self, queries: UserQueries, rows: RowArray) -> ScoringBatch:
        """These users and rows, for scorers."""
        vectors = self.catalogue.centred
        everything = len(rows) == len(vectors)
        return ScoringBatch(
            queries.user_ids,
            queries.users,
            self.catalogue.ids,
            rows,
            queries.histories,
            queries.profiles,
            vectors if everything else vectors[rows],
        )

    def scores(self, queries: UserQueries, rows: RowArray) -> FloatMatrix:
        """(q, c) float32, writable. Users without a history and without a profile get popularity."""
        scores = blended(self.scorers, self.blend, self.batch(queries, rows))
        cold = ~queries.profiles.reshape(len(queries), -1).any(axis=1)
        if cold.any():
            counts = np.log1p(self.counts[rows])
            scores[cold] = counts / max(1.0, float(counts.max(initial=0.0)))
        return scores

    def best(
        self, queries: UserQueries, rows: RowArray, k: int, *, hide_seen: bool
    ) -> tuple[FloatMatrix, RowArray]:
        """The best of these rows for each user.

        Args:
            queries: q users.
            rows: (c,) int64, ascending: what may be recommended.
            k: at least 1.
            hide_seen: leave out what is in the user's history.

        Returns:
            scores (q, k) descending, and rows (q, k); -inf and -1 where there are no more.
        """
        found = np.full((len(queries), k), -np.inf, np.float32)
        chosen = np.full((len(queries), k), -1, np.int64)
        if not len(rows):
            return found, chosen
        large = len(rows) > EXACT_ITEMS
        step = USERS_PER_UNION if large else max(1, SCORES_PER_BLOCK // len(rows))
        for low in range(0, len(queries), step):
            block = queries if step >= len(queries) else queries.take(low, min(low + step, len(queries)))
            some = self._candidates(block, rows, k) if large else rows
            scores = self.scores(block, some)
            if hide_seen:
                _hide(scores, block.histories, some, self.catalogue.n_rows)
            part, columns = best_columns(scores, k)
            found[low : low + step] = part
            chosen[low : low + step] = np.where(columns >= 0, some[columns], -1)
        return found, chosen

    def _candidates(self, queries: UserQueries, rows: RowArray, k: int) -> RowArray:
        """Rows that a block of users is compared with in a large catalogue."""
        depth = CANDIDATES_PER_INTEREST + k + int(queries.histories.lengths().max(initial=0))
        interests = queries.profiles.reshape(-1, self.catalogue.dimension)
        norms = np.linalg.norm(interests, axis=1)
        interests = interests[norms > 0] / norms[norms > 0, None]
        found = (
            np.unique(self._index.search(interests, depth)[1]) if len(interests) else np.empty(0, np.int64)
        )
        popular = np.argpartition(-self.counts, min(MOST_CHOSEN, len(self.counts) - 1))[:MOST_CHOSEN]
        union = np.union1d(found[found >= 0], popular)
        return np.intersect1d(union, rows, assume_unique=True)

    @cached_property
    def _index(self) -> Any:
        from simengine.index.build import build_index
        from simengine.index.recipe import choose_recipe

        n, dimension = self.catalogue.centred.shape
        return build_index([(0, self.catalogue.centred)], n, dimension, choose_recipe(n, dimension))


def _hide(scores: FloatMatrix, histories: Histories, rows: RowArray, n_rows: int) -> None:
    """Put -inf where a user's history contains the item."""
    owners = histories.owners()
    if len(rows) == n_rows:
        scores[owners, histories.rows] = -np.inf
        return
    places = np.minimum(np.searchsorted(rows, histories.rows), len(rows) - 1)
    there = rows[places] == histories.rows
    scores[owners[there], places[there]] = -np.inf
