"""Joins of integer columns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simengine.training.leakage.joins import blocks, contains, matches, spread

COLUMN = st.lists(st.integers(0, 5), max_size=30).map(lambda values: np.array(values, np.int64))


@given(COLUMN, COLUMN, st.integers(1, 40))
def test_matches_are_all_equal_places_whatever_the_block(
    left: np.ndarray, right: np.ndarray, limit: int
) -> None:
    found = [
        pair for i, j in matches(left, right, limit) for pair in zip(i.tolist(), j.tolist(), strict=True)
    ]
    assert sorted(found) == [
        (i, j) for i in range(len(left)) for j in range(len(right)) if left[i] == right[j]
    ]


@given(COLUMN, st.integers(1, 12))
def test_blocks_cover_every_place_once_and_keep_to_the_limit(sizes: np.ndarray, limit: int) -> None:
    found = list(blocks(sizes, limit))
    assert [place for block in found for place in range(len(sizes))[block]] == list(range(len(sizes)))
    assert all(sizes[block].sum() <= limit or block.stop - block.start == 1 for block in found)


@given(COLUMN)
def test_spread_walks_all_ranges(sizes: np.ndarray) -> None:
    starts = np.arange(len(sizes)) * 100
    owner, place = spread(starts, sizes)
    expected = [(i, i * 100 + step) for i, size in enumerate(sizes.tolist()) for step in range(size)]
    assert list(zip(owner.tolist(), place.tolist(), strict=True)) == expected


@given(COLUMN, COLUMN)
def test_contains_looks_every_value_up(ordered: np.ndarray, values: np.ndarray) -> None:
    expected = [value in set(ordered.tolist()) for value in values.tolist()]
    assert contains(np.sort(ordered), values).tolist() == expected
