from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.runtimes.batching import shared_budget, token_budget_batches

LENGTHS = st.lists(st.integers(0, 40), max_size=60)


@given(lengths=LENGTHS, budget=st.integers(1, 100))
def test_every_text_is_in_one_batch_and_unchanged(lengths: list[int], budget: int) -> None:
    ids = [np.arange(1, n + 1) + 100 * row for row, n in enumerate(lengths)]
    seen = []
    for batch in token_budget_batches(ids, budget=budget, pad_token_id=-1):
        for row, filled, mask in zip(batch.rows, batch.ids, batch.mask, strict=True):
            seen.append(int(row))
            np.testing.assert_array_equal(filled[mask == 1], ids[row])
            assert (filled[mask == 0] == -1).all()
            assert (np.diff(mask) <= 0).all()
    assert sorted(seen) == list(range(len(lengths)))


@given(lengths=LENGTHS, budget=st.integers(1, 100))
def test_a_batch_stays_within_the_budget_unless_one_text_is_longer(lengths: list[int], budget: int) -> None:
    ids = [np.zeros(n, np.int64) for n in lengths]
    for batch in token_budget_batches(ids, budget=budget, pad_token_id=0):
        assert batch.ids.size <= budget or len(batch.rows) == 1


@given(lengths=LENGTHS)
def test_longer_batches_come_first(lengths: list[int]) -> None:
    ids = [np.zeros(n, np.int64) for n in lengths]
    widths = [b.ids.shape[1] for b in token_budget_batches(ids, budget=64, pad_token_id=0)]
    assert widths == sorted(widths, reverse=True)


@given(lengths=LENGTHS, budget=st.integers(1, 100))
def test_the_second_array_of_a_text_stands_beside_its_tokens(lengths: list[int], budget: int) -> None:
    ids = [np.arange(1, n + 1) for n in lengths]
    side, seen = [row % 3 for row in ids], []
    for batch in token_budget_batches(ids, side, budget=budget, pad_token_id=-1):
        assert batch.side is not None
        assert batch.side.shape == batch.ids.shape
        assert batch.inputs[2] is batch.side
        for row, got, mask in zip(batch.rows, batch.side, batch.mask, strict=True):
            np.testing.assert_array_equal(got[mask == 1], side[row])
            assert (got[mask == 0] == 0).all()
            seen.append(int(row))
    assert sorted(seen) == list(range(len(lengths)))


@pytest.mark.parametrize(
    ("lengths", "streams", "expected"),
    [([10] * 4, 2, 32), ([100] * 8, 2, 400), ([100] * 100, 2, 1_000), ([100], 4, 32), ([], 2, 32)],
)
def test_a_call_is_shared_out_among_the_streams(lengths: list[int], streams: int, expected: int) -> None:
    ids = [np.zeros(n, np.int64) for n in lengths]
    assert shared_budget(ids, budget=1_000, streams=streams, least=32) == expected
