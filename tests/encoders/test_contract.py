from __future__ import annotations

import numpy as np

from simengine.encoders.contract import Encoded, joined


def encoded(*numbers: int, measured: bool = True) -> Encoded:
    """Encoded texts, each with its number in every field; `unknown_share` is a tenth of it."""
    column = np.array(numbers, np.int32)
    vectors = column[:, None].astype(np.float32)
    if not measured:
        return Encoded(vectors, column, column)
    return Encoded(vectors, column, column, column, (column / 10).astype(np.float32))


def test_parts_are_joined_in_order_and_rows_are_taken_in_any() -> None:
    whole = joined([encoded(3, 8), encoded(6)])
    turned = whole.rows(np.array([2, 0, 1]))
    for each in (turned.vectors[:, 0], turned.n_tokens, turned.n_truncated, turned.n_unknown):
        assert each is not None
        assert each.tolist() == [6, 3, 8]
    assert turned.unreadable.tolist() == [True, False, True]
    assert whole.rows(slice(1, 2)).n_tokens.tolist() == [8]


def test_what_was_not_measured_stays_so_and_counts_as_read() -> None:
    whole = joined([encoded(9, measured=False), encoded(8, measured=False)])
    assert (whole.n_unknown, whole.unknown_share) == (None, None)
    assert whole.rows(slice(0, 1)).n_unknown is None
    assert whole.unreadable.tolist() == [False, False]
