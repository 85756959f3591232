"""Evaluates recommendations: splits by time, and standard measures from ir-measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simengine.errors import UsageError
from simengine.evaluation.ranking import evaluate_ranking
from simengine.recommend.interactions import Ids, Interactions
from simengine.text.arguments import as_number, as_whole
from simengine.types import Json

MEASURES = ("nDCG@10", "Recall@20")


@dataclass(frozen=True, slots=True)
class RecommendationMetrics:
    """Quality of recommended lists.

    Attributes:
        n_users: evaluated users, all with a relevant item.
        metrics: measure to its mean over these users.
        coverage: share of the catalogue in the first `coverage_depth` items of any list.
        coverage_depth: see there.
        per_user: user to measure to value.
    """

    n_users: int
    metrics: Mapping[str, float]
    coverage: float
    coverage_depth: int
    per_user: Mapping[str, Mapping[str, float]] = field(repr=False)

    def to_dict(self) -> dict[str, Json]:
        """As JSON, without the individual users."""
        return {
            "n_users": self.n_users,
            "metrics": dict(self.metrics),
            f"coverage@{self.coverage_depth}": self.coverage,
        }


def split_by_time(interactions: Interactions, share: float) -> tuple[Interactions, Interactions]:
    """The earlier and the later interactions; the cut is one moment for all users, so the future does not leak.

    Args:
        interactions: with times.
        share: of the later part, in (0, 1). Interactions at the moment of the cut are later.

    Raises:
        UsageError: no times, or a share out of range.
    """
    if not 0 < as_number(share, "share") < 1:
        raise UsageError(f"share is {share}; expected a number between 0 and 1")
    times = interactions.require_times()
    if not len(times):
        raise UsageError("there are no interactions to split")
    cut = float(np.quantile(times, 1 - share))
    return interactions.before(cut), interactions.since(cut)


def leave_last_out(interactions: Interactions, n: int = 1) -> tuple[Interactions, Interactions]:
    """All but each user's last n interactions, and these; users with n or fewer keep all.

    Equal times are in the given order. Other users' later interactions are in the first part, so popularity
    sees the future; with `split_by_time` it does not.

    Raises:
        UsageError: no times, or n below 1.
    """
    n = as_whole(n, "n")
    order = np.lexsort((np.arange(len(interactions)), interactions.require_times(), interactions.users))
    users = interactions.users[order]
    counts = np.bincount(users, minlength=len(interactions.user_ids))
    from_end = np.searchsorted(users, users, "right") - np.arange(len(users))
    last = np.zeros(len(interactions), np.bool_)
    last[order] = (from_end <= n) & (counts[users] > n)
    return interactions.select(~last), interactions.select(last)


def relevant_items(
    later: Interactions, earlier: Interactions, *, at_least: float | None = None
) -> dict[str, set[str]]:
    """Each user's later choices without earlier interactions.

    Args:
        later, earlier: parts of the same interactions.
        at_least: rating (or weight) from which an item counts as relevant; None takes all.
    """
    n = max(1, len(earlier.item_ids))
    kept = later.latest()
    keep = ~np.isin(kept.users * n + kept.items, earlier.users * n + earlier.items)
    if at_least is not None:
        keep &= kept.values >= at_least
    found: dict[str, set[str]] = {}
    for user, item in zip(kept.users[keep], kept.items[keep], strict=True):
        found.setdefault(str(kept.user_ids[user]), set()).add(str(kept.item_ids[item]))
    return found


def evaluate_recommendations(
    users: Sequence[str],
    lists: Ids,
    relevant: Mapping[str, set[str]],
    *,
    n_items: int,
    measures: Sequence[str] = MEASURES,
    coverage_depth: int = 10,
) -> RecommendationMetrics:
    """Measures of recommended lists.

    Args:
        users: q users.
        lists: (q, k) object array of item ids, best first; "" as padding.
        relevant: each user's choices; users with nothing relevant, or without a list, do not count.
        n_items: size of the catalogue, for the coverage.
        measures: in the notation of ir-measures; not deeper than the lists.
        coverage_depth: items of each list that count for coverage.

    Raises:
        UsageError: no user has a relevant item, a list names an item twice, or a measure is unknown.
        MissingExtraError: ir-measures is not installed.
    """
    if len(users) != len(lists):
        raise UsageError(f"{len(users)} users and {len(lists)} lists are given; expected as many of each")
    depths = [int(name.partition("@")[2] or 0) for name in measures]
    if max([*depths, coverage_depth]) > lists.shape[1]:
        raise UsageError(
            f"the lists have {lists.shape[1]} items; {', '.join(measures)} and a coverage of {coverage_depth} need "
            f"{max([*depths, coverage_depth])}"
        )
    run = {
        str(user): [str(id_) for id_ in row if id_]
        for user, row in zip(users, lists, strict=True)
        if relevant.get(str(user))
    }
    qrels = {user: dict.fromkeys(sorted(relevant[user]), 1) for user in run}
    result = evaluate_ranking(qrels, run, measures=measures)
    shown = {id_ for row in run.values() for id_ in row[:coverage_depth]}
    return RecommendationMetrics(
        result.n_queries, result.metrics, len(shown) / max(1, n_items), coverage_depth, result.per_query
    )
