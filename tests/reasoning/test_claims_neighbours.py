from __future__ import annotations

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.reasoning import claims_neighbours
from simengine.reasoning.claims_neighbours import cluster_numbers, near_pairs


def vectors(n: int, seed: int = 0, dim: int = 8) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def oracle(made: np.ndarray, k: int, floor: float, allowed) -> set[tuple[int, int]]:
    pairs = set()
    for i in range(len(made)):
        scored = sorted((-float(made[i] @ made[j]), j) for j in range(len(made)) if j != i and allowed(i, j))
        pairs |= {tuple(sorted((i, j))) for score, j in scored[:k] if -score >= floor}
    return pairs


@pytest.mark.parametrize("per_block", [1, 130, 1 << 20])
@pytest.mark.parametrize(("k", "floor"), [(1, -1.0), (3, 0.2), (100, -1.0)])
def test_pairs_are_those_of_brute_force_whatever_the_block(
    monkeypatch, per_block: int, k: int, floor: float
) -> None:
    monkeypatch.setattr(claims_neighbours, "SCORES_PER_BLOCK", per_block)
    made = vectors(60)
    found = near_pairs(made, k, floor)
    assert {tuple(pair) for pair in found.rows.tolist()} == oracle(made, k, floor, lambda i, j: True)
    assert np.all(np.diff(found.cosines) <= 0)
    np.testing.assert_allclose(found.cosines, [made[i] @ made[j] for i, j in found.rows], atol=1e-6)


def test_rows_of_one_group_are_never_compared() -> None:
    made = vectors(40)
    groups = np.arange(40) // 4
    groups[:8] = -1  # no group
    found = near_pairs(made, 5, -1.0, apart=[groups])
    wanted = oracle(made, 5, -1.0, lambda i, j: groups[i] < 0 or groups[i] != groups[j])
    assert {tuple(pair) for pair in found.rows.tolist()} == wanted


def test_two_sides_are_compared_with_each_other_only() -> None:
    made = vectors(30)
    sides = np.zeros((30, 2), np.bool_)
    sides[:14, 0] = sides[12:, 1] = True
    found = near_pairs(made, 4, -1.0, sides=sides)
    allowed = lambda i, j: (sides[i, 0] and sides[j, 1]) or (sides[i, 1] and sides[j, 0])  # noqa: E731
    assert {tuple(pair) for pair in found.rows.tolist()} == oracle(made, 4, -1.0, allowed)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_rows_have_no_pairs(n: int) -> None:
    found = near_pairs(vectors(2)[:n], 3, -1.0)
    assert found.rows.shape == (0, 2)
    assert found.cosines.shape == (0,)


def test_equal_vectors_prefer_the_lower_row() -> None:
    made = np.repeat(vectors(1), 5, axis=0)
    assert near_pairs(made, 1, -1.0).rows.tolist() == [[0, 1], [0, 2], [0, 3], [0, 4]]


def test_vectors_that_are_not_normalised_are_refused() -> None:
    with pytest.raises(UsageError, match="L2"):
        near_pairs(vectors(4) * 2, 1, 0.0)
    with pytest.raises(UsageError, match="k is 0"):
        near_pairs(vectors(4), 0, 0.0)


def test_pairs_that_share_rows_get_one_number_in_the_order_of_the_pairs() -> None:
    assert cluster_numbers(7, [(5, 1), (2, 4), (1, 3), (4, 2)]) == [1, 2, 1, 2]
    assert cluster_numbers(7, [(0, 1), (2, 3), (1, 2)]) == [1, 1, 1]
    assert cluster_numbers(0, []) == []
