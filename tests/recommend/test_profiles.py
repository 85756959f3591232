"""Profiles against worked examples and a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.recommend import Histories, ProfileOptions
from simengine.recommend.items import unit_rows
from simengine.recommend.profiles import interests, make_profiles

MEAN_ONLY = ProfileOptions(max_interests=1, dislike_weight=0.5)


def history(*users: dict[int, float]) -> Histories:
    owners = np.array([u for u, table in enumerate(users) for _ in table], np.int64)
    rows = np.array([row for table in users for row in table], np.int64)
    values = np.array([value for table in users for value in table.values()], np.float32)
    return Histories.from_entries(len(users), owners, rows, values)


def vectors(n: int, dimension: int = 8, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).standard_normal((n, dimension)).astype(np.float32))


def test_one_interest_is_the_weighted_mean_minus_dislikes() -> None:
    v = vectors(4)
    made = make_profiles(history({0: 2.0, 1: 1.0, 2: -1.0}), v, MEAN_ONLY)
    likes = 2 * v[0] + v[1]
    expected = likes / np.linalg.norm(likes) - 0.5 * (1 / 3) * v[2]
    np.testing.assert_allclose(made[0, 0], expected, atol=1e-6)


def test_dislikes_alone_point_away() -> None:
    v = vectors(3)
    np.testing.assert_allclose(make_profiles(history({1: -2.0}), v, MEAN_ONLY)[0, 0], -v[1], atol=1e-6)


def test_without_opinions_everything_in_the_history_counts() -> None:
    v = vectors(3)
    made = make_profiles(history({0: 0.0, 1: 0.0}), v, MEAN_ONLY)
    np.testing.assert_allclose(made[0, 0], unit_rows(v[0] + v[1]), atol=1e-6)


def test_no_history_gives_zeros_and_no_users_give_shape_0() -> None:
    v = vectors(3)
    assert not make_profiles(history({}, {0: 1.0}), v, ProfileOptions())[0].any()
    assert make_profiles(history(), v, ProfileOptions()).shape == (0, 3, 8)


def test_two_tastes_become_two_interests() -> None:
    rng = np.random.default_rng(1)
    near = np.repeat(np.eye(8, dtype=np.float32)[:2], 10, axis=0)
    v = unit_rows(near + 0.05 * rng.standard_normal(near.shape).astype(np.float32))
    options = ProfileOptions(max_interests=2, likes_per_interest=5, interest_share=1.0)
    made = make_profiles(history(dict.fromkeys(range(20), 1.0)), v, options)[0]
    cosines = unit_rows(made) @ np.eye(8)[:2].T
    assert sorted(cosines.argmax(axis=1).tolist()) == [0, 1]
    assert cosines.max(axis=1).min() > 0.99
    groups = [unit_rows(v[:10].sum(axis=0)), unit_rows(v[10:].sum(axis=0))]
    for found in made:
        assert max(float(found @ group) for group in groups) == pytest.approx(1.0, abs=1e-5)


def test_users_with_few_likes_have_one_interest_repeated() -> None:
    v = vectors(6)
    made = make_profiles(history(dict.fromkeys(range(6), 1.0)), v, ProfileOptions(likes_per_interest=5))[0]
    np.testing.assert_array_equal(made[1], made[0])
    np.testing.assert_array_equal(made[2], made[0])


def test_interests_are_where_spherical_k_means_stays_put() -> None:
    v = vectors(60, seed=3)
    options = ProfileOptions(max_interests=3, likes_per_interest=1)
    weights = np.linspace(0.5, 2, 60).astype(np.float32)
    centres = interests(v, weights, np.zeros(60, np.int64), 1, options)[0]
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 1, atol=1e-5)
    spread = (v @ centres.T).max(axis=1)
    one = unit_rows((v * weights[:, None]).sum(axis=0))
    assert float(weights @ spread) > float(weights @ (v @ one))


def test_a_batch_gives_what_each_user_gets_alone() -> None:
    v = vectors(50, seed=5)
    rng = np.random.default_rng(5)
    tables = [
        {int(row): float(rng.choice([-1.0, 0.5, 1.0])) for row in rng.choice(50, rng.integers(0, 40), False)}
        for _ in range(12)
    ]
    options = ProfileOptions(max_interests=3, likes_per_interest=4)
    together = make_profiles(history(*tables), v, options)
    for at, table in enumerate(tables):
        np.testing.assert_allclose(make_profiles(history(table), v, options)[0], together[at], atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"max_interests": 0},
        {"likes_per_interest": 0},
        {"interest_share": 1.1},
        {"centring": -1},
        {"dislike_weight": -1},
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        ProfileOptions(**options)
