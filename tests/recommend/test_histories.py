"""Preferences: centred ratings, damped weights, fading; compressed rows against dictionaries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.recommend import Histories, Interactions, ItemVectors, PreferenceOptions
from simengine.recommend.catalogue import ItemCatalogue
from simengine.recommend.histories import make_histories

ITEMS = [f"i{n}" for n in range(6)]
CATALOGUE = ItemCatalogue.of(ItemVectors.from_vectors(ITEMS, np.eye(6, dtype=np.float32)))
DAY = 86_400.0


def preferences_of(made: Histories, user: int) -> dict[str, float]:
    part = slice(made.starts[user], made.starts[user + 1])
    return {
        ITEMS[row]: float(value) for row, value in zip(made.rows[part], made.preferences[part], strict=True)
    }


def test_ratings_are_centred_on_the_users_mean_shrunk_towards_that_of_all() -> None:
    ratings = np.array([5.0, 3.0, 1.0, 1.0])
    made, _ = make_histories(
        Interactions.from_arrays(["a", "a", "a", "b"], ["i0", "i1", "i2", "i0"], ratings=ratings),
        CATALOGUE,
        PreferenceOptions(rating_shrinkage=2),
    )
    middle, spread = ratings.mean(), ratings.std()
    mean_a, mean_b = (9 + 2 * middle) / 5, (1 + 2 * middle) / 3
    expected = {"i0": (5 - mean_a) / spread, "i1": (3 - mean_a) / spread, "i2": (1 - mean_a) / spread}
    assert preferences_of(made, 0) == pytest.approx(expected, rel=1e-6)
    assert preferences_of(made, 1) == pytest.approx({"i0": (1 - mean_b) / spread}, rel=1e-6)


def test_a_preference_counts_half_after_its_half_life() -> None:
    made, _ = make_histories(
        Interactions.from_arrays(["a"] * 3, ["i0", "i1", "i2"], times=[0, 10 * DAY, 20 * DAY]),
        CATALOGUE,
        PreferenceOptions(half_life_days=10),
    )
    assert preferences_of(made, 0) == pytest.approx({"i0": 0.25, "i1": 0.5, "i2": 1.0})


def test_weights_of_a_pair_are_added_and_damped() -> None:
    made, _ = make_histories(
        Interactions.from_arrays(["a", "a", "a"], ["i0", "i0", "i1"], weights=[1, 2, -1]),
        CATALOGUE,
        PreferenceOptions(),
    )
    assert preferences_of(made, 0) == pytest.approx({"i0": 2.0, "i1": -1.0})


def test_items_that_are_not_there_are_left_out_and_counted() -> None:
    made, n_unknown = make_histories(
        Interactions.from_arrays(["a", "a", "b"], ["i0", "gone", "gone"]), CATALOGUE, PreferenceOptions()
    )
    assert (preferences_of(made, 0), preferences_of(made, 1), n_unknown) == ({"i0": 1.0}, {}, 2)


def test_a_half_life_without_times_is_refused() -> None:
    with pytest.raises(UsageError, match="half-life"):
        make_histories(
            Interactions.from_arrays(["a"], ["i0"]), CATALOGUE, PreferenceOptions(half_life_days=1)
        )


@pytest.mark.parametrize("options", [{"half_life_days": 0}, {"rating_shrinkage": -1}, {"seen_bonus": -0.1}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        PreferenceOptions(**options)


@settings(deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 5)), st.sampled_from([-1.0, 0.0, 2.0])),
    st.lists(st.integers(-1, 4), max_size=7),
)
def test_taking_users_is_taking_their_dictionaries(
    entries: dict[tuple[int, int], float], users: list[int]
) -> None:
    owners, rows = (np.array([pair[at] for pair in entries], np.int64) for at in (0, 1))
    made = Histories.from_entries(5, owners, rows, np.array(list(entries.values()), np.float32))
    tables = [{ITEMS[r]: v for (u, r), v in entries.items() if u == user} for user in range(5)]
    taken = made.take(np.array(users, np.int64))
    assert [preferences_of(taken, at) for at in range(len(users))] == [
        tables[user] if user >= 0 else {} for user in users
    ]
    liked = made.liked()
    assert [preferences_of(liked, user) for user in range(5)] == [
        {item: value for item, value in table.items() if value > 0} for table in tables
    ]
    dense = np.zeros((5, 6))
    for (user, row), value in entries.items():
        dense[user, row] = value
    np.testing.assert_array_equal(made.matrix(6).toarray(), dense)
