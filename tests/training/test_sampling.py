"""Batches of similar length, and shares of several sources."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.training.sampling import (
    length_grouped_batches,
    length_sampler,
    temperature_sampler,
    temperature_shares,
    text_lengths,
)


@settings(deadline=None)
@given(st.lists(st.integers(1, 500), max_size=300), st.integers(1, 9), st.integers(0, 5))
def test_every_row_stands_in_exactly_one_batch(lengths: list[int], size: int, seed: int) -> None:
    batches = length_grouped_batches(np.asarray(lengths, np.int64), size, np.random.default_rng(seed))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert all(len(batch) == size for batch in batches[:-1])
    full = length_grouped_batches(
        np.asarray(lengths, np.int64), size, np.random.default_rng(seed), drop_last=True
    )
    assert all(len(batch) == size for batch in full)
    assert len(full) == len(lengths) // size


def test_batches_hold_rows_of_similar_length_and_the_longest_comes_first() -> None:
    lengths = np.random.default_rng(0).integers(1, 1000, 8 * 50 * 3)
    batches = length_grouped_batches(lengths, 8, np.random.default_rng(1))
    padded = sum(int(lengths[batch].max()) * len(batch) for batch in batches)
    random = [lengths[i : i + 8] for i in range(0, len(lengths), 8)]
    padded_at_random = sum(int(rows.max()) * len(rows) for rows in random)
    assert padded < 1.05 * lengths.sum() < 1.6 * lengths.sum() < padded_at_random
    assert lengths.max() in lengths[batches[0]]


def test_same_seed_gives_the_same_batches_and_another_epoch_others() -> None:
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_dict(
        {"text1": ["a" * (i % 37 + 1) for i in range(100)], "text2": ["b"] * 100, "label": list(range(100))}
    )
    assert text_lengths(rows).tolist() == [i % 37 + 2 for i in range(100)]
    first, second = (length_sampler()(rows, 8, False, ["label"], None, 3) for _ in range(2))
    assert list(first) == list(second)
    assert len(list(first)) == len(first) == 13
    second.set_epoch(1)
    assert list(first) != list(second)


def test_text_lengths_count_characters_not_bytes() -> None:
    datasets = pytest.importorskip("datasets")
    assert text_lengths(datasets.Dataset.from_dict({"a": ["上海", "x"], "b": ["", "yz"]})).tolist() == [2, 3]


def test_temperature_one_is_proportional_and_a_high_one_nearly_equal() -> None:
    assert temperature_shares([100, 300], 1.0).tolist() == [0.25, 0.75]
    assert temperature_shares([100, 400], 2.0) == pytest.approx([1 / 3, 2 / 3])
    assert temperature_shares([1, 10_000], 1e6) == pytest.approx([0.5, 0.5], abs=1e-4)


def test_temperature_sampler_draws_by_shares_and_starts_small_sources_again() -> None:
    datasets = pytest.importorskip("datasets")
    from torch.utils.data import ConcatDataset

    small, large = (
        datasets.Dataset.from_dict({"text1": [f"{name} {i}" for i in range(n)], "text2": ["x"] * n})
        for name, n in (("small", 16), ("large", 1600))
    )
    samplers = [length_sampler()(part, 8, False, [], None, 1) for part in (small, large)]
    mixed = temperature_sampler(4.0)(ConcatDataset([small, large]), samplers, None, 1)
    batches = list(mixed)
    assert len(batches) == len(mixed) == 2 + 200
    from_small = [batch for batch in batches if batch[0] < 16]
    expected = 202 * temperature_shares([16, 1600], 4.0)[0]
    assert abs(len(from_small) - expected) < 4 * np.sqrt(expected)
    assert all(max(batch) < 16 for batch in from_small)
    assert {row for batch in from_small[:2] for row in batch} == set(range(16))
    assert list(mixed) == batches
