"""Batches of tokenised inputs of similar length, bounded by their number of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs of one forward pass.

    Attributes:
        rows: (n,) int64, their indices in the caller's order.
        ids: (n, length) int64, padded on the right.
        mask: (n, length) int64, 1 for tokens.
        side: (n, length) int64, padded with 0: token types, or 1 for the tokens that are pooled; None if the model
            takes neither.
    """

    rows: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]
    side: npt.NDArray[np.int64] | None = None

    @property
    def inputs(self) -> list[npt.NDArray[np.int64]]:
        """The model's inputs, in its order."""
        return [self.ids, self.mask] if self.side is None else [self.ids, self.mask, self.side]


def token_budget_batches(
    ids: Sequence[npt.NDArray[np.int64]],
    side: Sequence[npt.NDArray[np.int64]] | None = None,
    *,
    budget: int,
    pad_token_id: int,
) -> Iterator[Batch]:
    """Split inputs into batches, longest first.

    Args:
        ids: token ids of each input.
        side: of the same lengths, see `Batch`.
        budget: most tokens of a batch, padding included; exceeded only by a single longer input.
        pad_token_id: pads short rows.
    """
    lengths = np.fromiter((len(row) for row in ids), np.int64, count=len(ids))
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        length = max(int(lengths[order[start]]), 1)
        rows = order[start : start + max(budget // length, 1)]
        yield make_batch(rows, ids, side, length, pad_token_id)
        start += len(rows)


def make_batch(
    rows: npt.NDArray[np.int64],
    ids: Sequence[npt.NDArray[np.int64]],
    side: Sequence[npt.NDArray[np.int64]] | None,
    length: int,
    pad_token_id: int,
) -> Batch:
    """Some of the inputs, padded to one length."""
    filled = np.full((len(rows), length), pad_token_id, np.int64)
    mask = np.zeros((len(rows), length), np.int64)
    beside = None if side is None else np.zeros((len(rows), length), np.int64)
    for position, row in enumerate(rows.tolist()):
        n = len(ids[row])
        filled[position, :n], mask[position, :n] = ids[row], 1
        if side is not None and beside is not None:
            beside[position, :n] = side[row]
    return Batch(rows, filled, mask, beside)


def shared_budget(ids: Sequence[npt.NDArray[np.int64]], *, budget: int, streams: int, least: int) -> int:
    """The budget for a call shared by several streams: smaller if there would be fewer batches than streams.

    Args:
        ids: token ids of the whole call.
        budget: for large calls.
        streams: batches that run at the same time.
        least: lower limit of a reduced budget.
    """
    total = sum(len(row) for row in ids)
    return min(budget, max(-(-total // streams), least))
