"""From histories to query vectors: several interests per user, with dislikes subtracted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simengine.recommend.histories import Histories
from simengine.recommend.items import unit_rows
from simengine.text.arguments import as_number, as_whole
from simengine.types import FloatMatrix, RowArray

ENTRIES_PER_BLOCK = 16_384
ITERATIONS = 6


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """Options for turning a history into a profile.

    Attributes:
        max_interests: most centroids of a user's likes, by spherical k-means; at least 1. More than one separates
            distinct interests, at a proportional cost.
        likes_per_interest: fewest likes per interest. On MovieLens 100K 8 is no better than 20, and
            costs a third more.
        interest_share: in [0, 1], position of a user's vector between the mean of all likes (0) and one interest (1).
        dislike_weight: how much of the mean dislike is subtracted; at least 0.
        centring: in [0, 1], how much of the mean of all items is subtracted, see `ItemCatalogue`.
    """

    max_interests: int = 3
    likes_per_interest: int = 20
    interest_share: float = 0.5
    dislike_weight: float = 0.2
    centring: float = 1.0

    def __post_init__(self) -> None:
        for name in ("max_interests", "likes_per_interest"):
            as_whole(getattr(self, name), name)
        for name in ("interest_share", "centring"):
            as_number(getattr(self, name), name, 0, 1)
        as_number(self.dislike_weight, "dislike_weight", 0)


def make_profiles(histories: Histories, vectors: FloatMatrix, options: ProfileOptions) -> FloatMatrix:
    """The vectors whose largest inner product with an item is its content score.

    A user whose preferences are all 0 is taken to like everything in the history. One with only dislikes gets the
    negative of the mean dislike.

    Args:
        histories: of q users.
        vectors: (n_rows, dim) float32, of the catalogue.
        options: see there.

    Returns:
        (q, max_interests, dim) float32; users with fewer interests repeat the first one; zeros without a history.
    """
    n_users, dimension = len(histories), vectors.shape[1]
    made = np.zeros((n_users, options.max_interests, dimension), np.float32)
    cuts = [0]
    while cuts[-1] < n_users:  # as many whole users as fit, at least one
        end = int(np.searchsorted(histories.starts, histories.starts[cuts[-1]] + ENTRIES_PER_BLOCK, "right"))
        cuts.append(min(max(end - 1, cuts[-1] + 1), n_users))
    for low, high in pairwise(cuts):
        block = histories.take(np.arange(low, high))
        if len(block.rows):
            made[low:high] = _profiles(block, vectors[block.rows], options)
    return made


def _profiles(histories: Histories, vectors: FloatMatrix, options: ProfileOptions) -> FloatMatrix:
    """Profiles of a block of users; `vectors` (m, dim) are those of its entries."""
    owners, preferences, n = histories.owners(), histories.preferences, len(histories)
    opinions = np.bincount(owners, weights=preferences != 0, minlength=n)
    preferences = np.where(opinions[owners] > 0, preferences, 1.0).astype(np.float32)
    likes, dislikes = preferences > 0, preferences < 0
    mean = unit_rows(weighted_sums(vectors[likes], preferences[likes], owners[likes], n))
    against = weighted_sums(vectors[dislikes], -preferences[dislikes], owners[dislikes], n)
    mass_for = np.bincount(owners[likes], weights=preferences[likes], minlength=n)
    mass_against = np.bincount(owners[dislikes], weights=-preferences[dislikes], minlength=n)
    centres = interests(vectors[likes], preferences[likes], owners[likes], n, options)
    share = np.float32(options.interest_share)
    towards = unit_rows((1 - share) * mean[:, None, :] + share * centres)
    # A few dislikes next to many likes count less; with only dislikes nothing else is left.
    share_against = np.minimum(1.0, mass_against / np.maximum(mass_for, 1e-9))
    weight = np.where(mass_for > 0, options.dislike_weight * share_against, 1.0).astype(np.float32)
    result: FloatMatrix = towards - (weight[:, None] * unit_rows(against))[:, None, :]
    return result


def interests(
    vectors: FloatMatrix, weights: FloatMatrix, owners: RowArray, n_users: int, options: ProfileOptions
) -> FloatMatrix:
    """Centroids of each user's likes by spherical k-means, initialised with liked items far from each other.

    Args:
        vectors: (m, dim) float32 of the likes, rows L2-normalised.
        weights: (m,) float32, above 0.
        owners: (m,) int64, ascending, the user of each.
        n_users: users in all.
        options: `max_interests` and `likes_per_interest`.

    Returns:
        (n_users, max_interests, dim) float32, rows L2-normalised; slots beyond a user's interests repeat the first;
        zeros for users without likes.

    Reference: Dhillon and Modha, Concept decompositions for large sparse text data, Machine Learning 42, 2001.
    """
    c, dimension = options.max_interests, vectors.shape[1]
    centres = np.zeros((n_users, c, dimension), np.float32)
    if not len(vectors):
        return centres
    counts = np.bincount(owners, minlength=n_users)
    wanted = np.clip(counts // options.likes_per_interest, 1, c)
    if c == 1:
        centres[:, 0] = unit_rows(weighted_sums(vectors, weights, owners, n_users))
        return centres
    nearest = np.full(len(vectors), -1.0, np.float32)
    present = np.flatnonzero(counts)
    for place in range(c):
        gain = weights * (1 - nearest)
        chosen = _segment_argmax(gain, owners, n_users)[present]
        again = wanted[present] <= place
        centres[present, place] = np.where(again[:, None], centres[present, 0], vectors[chosen])
        nearest = np.maximum(nearest, np.einsum("md,md->m", vectors, centres[owners, place]))
    for _ in range(ITERATIONS):
        near = np.stack(
            [np.einsum("md,md->m", vectors, centres[owners, place]) for place in range(c)], axis=1
        )
        slots = owners * c + near.argmax(axis=1)
        sums = weighted_sums(vectors, weights, slots, n_users * c).reshape(n_users, c, dimension)
        filled = np.einsum("ucd,ucd->uc", sums, sums) > 0
        centres = np.where(filled[:, :, None], unit_rows(sums), centres)
        repeated = np.arange(c)[None, :] >= wanted[:, None]
        centres = np.where(repeated[:, :, None], centres[:, :1], centres)
    return centres


def weighted_sums(vectors: FloatMatrix, weights: FloatMatrix, slots: RowArray, n_slots: int) -> FloatMatrix:
    """(n_slots, dim) float32, the sum of weight times vector over the entries of each slot."""
    from scipy.sparse import csr_matrix

    spread = csr_matrix(
        (weights.astype(np.float32), (slots, np.arange(len(vectors)))), shape=(n_slots, len(vectors))
    )
    result: FloatMatrix = np.asarray(spread @ vectors, np.float32)
    return result


def _segment_argmax(values: FloatMatrix, owners: RowArray, n_users: int) -> RowArray:
    """(n_users,) int64, the position of each user's largest value (the first of equals); 0 without any."""
    order = np.lexsort((-np.arange(len(values)), values, owners))
    last = np.zeros(n_users, np.int64)
    last[owners[order]] = order  # of several writes the last one wins
    return last
