"""Batches of texts of similar length, bounded by their number of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts that are encoded together.

    Attributes:
        rows: (n,) int64, their positions in the caller's order.
        ids: (n, length) int64, filled up on the right.
        mask: (n, length) int64, 1 for tokens.
    """

    rows: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]


def token_budget_batches(
    ids: Sequence[npt.NDArray[np.int64]], *, budget: int, pad_token_id: int
) -> Iterator[Batch]:
    """Split texts into batches, longest first.

    Args:
        ids: token ids of each text.
        budget: a batch's rows times its length stay at or under this, unless one text alone is longer.
        pad_token_id: fills up short rows.
    """
    lengths = np.fromiter((len(row) for row in ids), np.int64, count=len(ids))
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        length = max(int(lengths[order[start]]), 1)
        rows = order[start : start + max(budget // length, 1)]
        yield make_batch(rows, [ids[row] for row in rows], length, pad_token_id)
        start += len(rows)


def make_batch(
    rows: npt.NDArray[np.int64], ids: Sequence[npt.NDArray[np.int64]], length: int, pad_token_id: int
) -> Batch:
    """Rows of token ids as one rectangle."""
    filled = np.full((len(ids), length), pad_token_id, np.int64)
    mask = np.zeros((len(ids), length), np.int64)
    for position, row in enumerate(ids):
        filled[position, : len(row)] = row
        mask[position, : len(row)] = 1
    return Batch(rows, filled, mask)
