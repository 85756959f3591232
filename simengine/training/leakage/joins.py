"""Joins of integer columns, in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from simengine.types import RowArray

MAX_BLOCK = 1 << 21
"""Rows of a join in memory at once: a few arrays of 16 MB."""


def blocks(sizes: RowArray, limit: int = MAX_BLOCK) -> Iterator[slice]:
    """Slices of consecutive positions whose sizes add up to at most `limit`; a larger one is alone."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + limit, side="right")))
        yield slice(start, end)
        start = end


def spread(starts: RowArray, sizes: RowArray) -> tuple[RowArray, RowArray]:
    """All positions of the ranges [start, start + size): (the number of the range, the position) each, in order."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    first = np.cumsum(sizes) - sizes
    return owner, np.arange(len(owner)) - first[owner] + starts[owner]


def matches(
    left: npt.NDArray[np.generic], right: npt.NDArray[np.generic], limit: int = MAX_BLOCK
) -> Iterator[tuple[RowArray, RowArray]]:
    """Positions (i, j) with left[i] == right[j], by ascending i, in blocks of at most about `limit`."""
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    low = np.searchsorted(ordered, left, side="left")
    sizes = np.searchsorted(ordered, left, side="right") - low
    hit = np.flatnonzero(sizes)
    low, sizes = low[hit], sizes[hit]
    for block in blocks(sizes, limit):
        owner, place = spread(low[block], sizes[block])
        yield hit[block][owner], order[place]


def contains(ordered: RowArray, values: RowArray) -> npt.NDArray[np.bool_]:
    """For each value whether it is in an ascending array."""
    if not len(ordered):
        return np.zeros(len(values), np.bool_)
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: npt.NDArray[np.bool_] = ordered[place] == values
    return found
