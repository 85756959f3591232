"""What each user likes and dislikes, as numbers: ratings centred per user, weights damped, old ones decayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.errors import UsageError
from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.interactions import SECONDS_PER_DAY, Interactions, rows_of
from simengine.text.arguments import as_number
from simengine.types import FloatMatrix, RowArray


@dataclass(frozen=True, slots=True)
class PreferenceOptions:
    """How interactions become preferences.

    Attributes:
        half_life_days: age, counted from the user's latest interaction, at which a preference counts half; None
            for no decay.
        rating_shrinkage: number of ratings at the overall mean added to each user's own before their mean is
            subtracted, so that a single rating of 5 counts as a like; at least 0.
        seen_bonus: added to every rating's preference (in standard deviations of all ratings): choosing an item
            is a sign of interest even if the rating is low. At least 0.
    """

    half_life_days: float | None = None
    rating_shrinkage: float = 5.0
    seen_bonus: float = 0.0

    def __post_init__(self) -> None:
        if self.half_life_days is not None and not as_number(self.half_life_days, "half_life_days") > 0:
            raise UsageError(f"half_life_days is {self.half_life_days}; expected a number above 0, or None")
        for name in ("rating_shrinkage", "seen_bonus"):
            as_number(getattr(self, name), name, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """The items of q users, in compressed rows.

    Attributes:
        starts: (q + 1,) int64; the items of user i are at `starts[i]` to `starts[i + 1] - 1`.
        rows: (m,) int64, rows of the catalogue, ascending within a user, each once.
        preferences: (m,) float32, above 0 for likes, below for dislikes.
    """

    starts: RowArray
    rows: RowArray
    preferences: FloatMatrix

    def __len__(self) -> int:
        """Number of users."""
        return len(self.starts) - 1

    def lengths(self) -> RowArray:
        """(q,) int64, items of each user."""
        return np.diff(self.starts)

    def owners(self) -> RowArray:
        """(m,) int64, the user of each entry."""
        return np.repeat(np.arange(len(self)), self.lengths())

    def take(self, users: RowArray) -> Histories:
        """The histories of some users, in that order; -1 is a user without one."""
        known = users >= 0
        lengths = np.where(known, self.lengths()[users], 0) if len(self) else np.zeros(len(users), np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        first = self.starts[users] if len(self) else np.zeros(len(users), np.int64)
        at = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths) + np.repeat(first, lengths)
        return Histories(starts, self.rows[at], self.preferences[at])

    def liked(self) -> Histories:
        """Only the likes."""
        keep = self.preferences > 0
        counts = np.bincount(self.owners()[keep], minlength=len(self))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Histories(starts, self.rows[keep], self.preferences[keep])

    def matrix(self, n_rows: int, *, binary: bool = False) -> Any:
        """As a scipy csr_matrix (q, n_rows) float32.

        Args:
            n_rows: rows of the catalogue.
            binary: 1 for every entry instead of its preference.
        """
        from scipy.sparse import csr_matrix

        data = np.ones(len(self.rows), np.float32) if binary else self.preferences
        return csr_matrix((data, self.rows, self.starts), shape=(len(self), n_rows))

    @classmethod
    def from_entries(
        cls, n_users: int, owners: RowArray, rows: RowArray, preferences: FloatMatrix
    ) -> Histories:
        """Histories from entries in any order, each pair of user and row once."""
        order = np.lexsort((rows, owners))
        starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=n_users))])
        return cls(starts.astype(np.int64), rows[order], preferences[order].astype(np.float32))


def make_histories(
    interactions: Interactions, catalogue: ItemCatalogue, options: PreferenceOptions
) -> tuple[Histories, int]:
    """The histories of all users of `interactions.user_ids`, in that order.

    Returns:
        The histories, and the number of interactions left out because the catalogue has no such item.

    Raises:
        UsageError: a half-life is given and there are no times.
    """
    if options.half_life_days is not None and len(interactions):
        interactions.require_times()
    kept = interactions.latest() if interactions.explicit else _summed(interactions)
    preferences = _rating_preferences(kept, options) if kept.explicit else _weight_preferences(kept)
    if options.half_life_days is not None and len(kept):
        preferences = preferences * _fading(kept, options.half_life_days)
    rows = rows_of(catalogue.rows, kept.item_ids)[kept.items]
    there = rows >= 0
    n_unknown = int(np.count_nonzero(rows_of(catalogue.rows, interactions.item_ids)[interactions.items] < 0))
    made = Histories.from_entries(
        len(kept.user_ids), kept.users[there], rows[there], preferences[there].astype(np.float32)
    )
    return made, n_unknown


def _summed(interactions: Interactions) -> Interactions:
    """Weights of one pair summed, at the time of the latest."""
    pairs = interactions.users * max(1, len(interactions.item_ids)) + interactions.items
    unique, first, place = np.unique(pairs, return_index=True, return_inverse=True)
    if len(unique) == len(pairs):
        return interactions
    values = np.bincount(place, weights=interactions.values, minlength=len(unique)).astype(np.float32)
    times = None
    if interactions.times is not None:
        times = np.full(len(unique), -np.inf)
        np.maximum.at(times, place, interactions.times)
    return Interactions(
        interactions.user_ids,
        interactions.item_ids,
        interactions.users[first],
        interactions.items[first],
        values,
        times,
        explicit=False,
    )


def _rating_preferences(interactions: Interactions, options: PreferenceOptions) -> FloatMatrix:
    """Ratings minus their user's mean, in standard deviations of all ratings."""
    values = interactions.values.astype(np.float64)
    if not len(values):
        return interactions.values
    middle, spread = float(values.mean()), float(values.std()) or 1.0
    n_users = len(interactions.user_ids)
    counts = np.bincount(interactions.users, minlength=n_users)
    sums = np.bincount(interactions.users, weights=values, minlength=n_users)
    with np.errstate(invalid="ignore"):
        means = (sums + options.rating_shrinkage * middle) / (counts + options.rating_shrinkage)
    centred = (values - means[interactions.users]) / spread
    # A rounding residue of a rating at the mean is not a preference.
    centred[np.abs(centred) < 1e-9] = 0.0
    result: FloatMatrix = (centred + options.seen_bonus).astype(np.float32)
    return result


def _weight_preferences(interactions: Interactions) -> FloatMatrix:
    """Weights on a logarithmic scale on which a weight of 1 stays 1."""
    values = interactions.values
    result: FloatMatrix = (np.sign(values) * np.log2(1 + np.abs(values))).astype(np.float32)
    return result


def _fading(interactions: Interactions, half_life_days: float) -> FloatMatrix:
    times = interactions.require_times()
    latest = np.full(len(interactions.user_ids), -np.inf)
    np.maximum.at(latest, interactions.users, times)
    age_days = (latest[interactions.users] - times) / SECONDS_PER_DAY
    result: FloatMatrix = np.exp2(-age_days / half_life_days).astype(np.float32)
    return result
