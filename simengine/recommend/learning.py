"""Learning from interactions: histories, scorers and, from the latest part, the scorers' weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.blend import Blend, BlendOptions, PairSampler
from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.histories import Histories, PreferenceOptions, make_histories
from simengine.recommend.interactions import Interactions
from simengine.recommend.items import ItemVectors
from simengine.recommend.profiles import ProfileOptions, make_profiles
from simengine.recommend.scorers.contract import Scorer, Training
from simengine.recommend.state import RecommenderState
from simengine.recommend.tastes import UserQueries
from simengine.types import RowArray

USERS_PER_BLOCK = 64


def learn(
    interactions: Interactions,
    items: ItemVectors,
    *,
    scorers: Sequence[Scorer],
    weights: Mapping[str, float] | BlendOptions | None,
    preferences: PreferenceOptions,
    profiles: ProfileOptions,
) -> RecommenderState:
    """A state from interactions.

    Raises:
        UsageError: no interaction with any of the items, or (if weights are to be learned) no times or too few
            users.
        MissingExtraError: learning weights needs scikit-learn.
    """
    catalogue = ItemCatalogue.of(items, profiles.centring)
    if not len(interactions):
        raise UsageError("the history is empty: no interactions; recommend for a Taste, which needs none")
    training, n_unknown = make_training(interactions, catalogue, preferences)
    if not len(training.histories.rows):
        raise UsageError(
            f"none of the {len(interactions):,} interactions is with one of the {len(catalogue):,} items; the item "
            f"ids do not match: interactions have {str(interactions.item_ids[0])!r}, items {str(catalogue.ids[0])!r}"
        )
    blend: Blend | None = None
    if isinstance(weights, BlendOptions):
        blend = learn_blend(interactions, catalogue, scorers, weights, preferences, profiles)
    elif weights is not None:
        blend = Blend(dict(weights))
    for scorer in scorers:
        scorer.fit(training)
    return RecommenderState(items, catalogue, training, tuple(scorers), blend, profiles, n_unknown)


def make_training(
    interactions: Interactions, catalogue: ItemCatalogue, preferences: PreferenceOptions
) -> tuple[Training, int]:
    """The scorers' training data, and the number of interactions with items not in the catalogue."""
    histories, n_unknown = make_histories(interactions, catalogue, preferences)
    return Training(interactions, interactions.user_ids, catalogue.ids, histories), n_unknown


def learn_blend(
    interactions: Interactions,
    catalogue: ItemCatalogue,
    scorers: Sequence[Scorer],
    options: BlendOptions,
    preferences: PreferenceOptions,
    profiles: ProfileOptions,
) -> Blend:
    """Weights from a split by time: scorers learn from the earlier part, weights from the likes of the later one."""
    times = interactions.require_times()
    cut = float(np.quantile(times, 1 - options.held_out))
    earlier, later = interactions.before(cut), interactions.since(cut)
    if not len(earlier):
        raise UsageError(
            "all interactions have the same time; a blend cannot be learned from a split by time"
        )
    training, _ = make_training(earlier, catalogue, preferences)
    for scorer in scorers:
        scorer.fit(training)
    # Relative to the user's whole history, so that a few later ratings do not define their own mean.
    judged, _ = make_histories(interactions, catalogue, PreferenceOptions(seen_bonus=preferences.seen_bonus))
    chosen = later_likes(judged, training.histories, later, catalogue)
    rows = catalogue.live_rows()
    state = RecommenderState(
        ItemVectors(catalogue.ids, catalogue.vectors), catalogue, training, (), None, profiles
    )
    sampler = PairSampler(scorers, options)
    rng = np.random.default_rng(options.seed)
    known = np.flatnonzero((training.histories.lengths() > 0) & (chosen.lengths() > 0))
    for start in range(0, len(known), USERS_PER_BLOCK):
        users = known[start : start + USERS_PER_BLOCK]
        histories = training.histories.take(users)
        queries = UserQueries(
            training.user_ids[users],
            users,
            histories,
            make_profiles(histories, catalogue.centred, profiles),
        )
        sampler.add(state.batch(queries, rows), chosen.take(users), rng)
    return sampler.fit()


def later_likes(
    judged: Histories, earlier: Histories, later: Interactions, catalogue: ItemCatalogue
) -> Histories:
    """Each user's first likes in the later part."""
    n = catalogue.n_rows
    table = np.array([catalogue.rows.get(id_, -1) for id_ in later.item_ids], np.int64)
    late_pairs = later.users * n + table[later.items]
    late_pairs = late_pairs[table[later.items] >= 0]
    liked = judged.liked()
    pairs: RowArray = liked.owners() * n + liked.rows
    keep = np.isin(pairs, late_pairs) & ~np.isin(pairs, earlier.owners() * n + earlier.rows)
    return Histories.from_entries(
        len(judged), liked.owners()[keep], liked.rows[keep], liked.preferences[keep]
    )
