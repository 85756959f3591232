"""Which scorers suit a history."""

from __future__ import annotations

import numpy as np

from simengine.extras import is_installed
from simengine.recommend.blend import BlendOptions
from simengine.recommend.interactions import Interactions
from simengine.recommend.scorers.als import AlsScorer
from simengine.recommend.scorers.content import ContentScorer
from simengine.recommend.scorers.contract import Scorer
from simengine.recommend.scorers.ease import EaseScorer
from simengine.recommend.scorers.item_knn import ItemKNNScorer
from simengine.recommend.scorers.popularity import PopularityScorer

RECENT_HALF_LIFE_DAYS = 30.0
EASE_ITEMS = 5_000
"""Up to this many items the linear autoencoder is computed in seconds."""


def blend_scorers(n_items: int, *, als: bool | None = None, threads: int | None = None) -> list[Scorer]:
    """Scorers whose blend can be learned from a history with times.

    Args:
        n_items: size of the catalogue; a small one gets the linear autoencoder too.
        als: use `implicit`; None where it is installed.
        threads: for ALS.

    Raises:
        MissingExtraError: `als` is True and implicit is not installed.
    """
    scorers: list[Scorer] = [
        ContentScorer(),
        PopularityScorer(),
        PopularityScorer(half_life_days=RECENT_HALF_LIFE_DAYS, name="recent-popularity"),
        ItemKNNScorer(use="liked"),
    ]
    if n_items <= EASE_ITEMS:
        scorers.append(EaseScorer(use="liked"))
    if als or (als is None and is_installed("implicit")):
        scorers.append(AlsScorer(use="liked", threads=threads))
    return scorers


def why_no_blend(interactions: Interactions, options: BlendOptions | None = None) -> str:
    """Why weights cannot be learned from these interactions, for people; "" where they can."""
    options = options or BlendOptions()
    if not is_installed("sklearn"):
        return "scikit-learn is not installed"
    if interactions.times is None:
        return "the history has no times"
    if not len(interactions):
        return "the history is empty"
    cut = float(np.quantile(interactions.times, 1 - options.held_out))
    early, late = interactions.before(cut), interactions.since(cut)
    n_both = len(np.intersect1d(early.users, late.users))
    if n_both < 2 * options.min_users:
        return (
            f"users with both early and late interactions: {n_both}, wanted are {2 * options.min_users} "
            f"(late: the last {options.held_out:.0%})"
        )
    return ""
