"""Tokenised pairs as batches, with their token types."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from simengine.models.pair_tokenization import TokenizedPairs
from simengine.runtimes.batching import Batch, make_batch, token_budget_batches


def pair_batches(
    tokens: TokenizedPairs, *, budget: int, pad_token_id: int
) -> Iterator[tuple[Batch, npt.NDArray[np.int64]]]:
    """Batches, longest pairs first, each with the token types of its rows, (rows, length) int64.

    Args:
        tokens: n pairs.
        budget: a batch's rows times its length stay at or under this, unless one pair alone is longer.
        pad_token_id: fills up short rows; the token types are filled with 0.
    """
    for batch in token_budget_batches(tokens.ids, budget=budget, pad_token_id=pad_token_id):
        types = [tokens.types[row] for row in batch.rows]
        yield batch, make_batch(batch.rows, types, batch.ids.shape[1], 0).ids


def shared_budget(tokens: TokenizedPairs, *, budget: int, streams: int, least: int) -> int:
    """The budget for a call that several streams work on: smaller where there would be fewer batches than streams.

    Args:
        tokens: of the whole call.
        budget: for large calls.
        streams: batches that run at the same time.
        least: batches are not made smaller than this for the sake of sharing.
    """
    total = sum(len(row) for row in tokens.ids)
    return min(budget, max(-(-total // streams), least))
