"""Passages by meaning: the ANN index for the rows it covers, exact search for the rest and under filters."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np

from simengine.index.contract import ANNIndex
from simengine.index.exact import exact_search
from simengine.index.live import search_live
from simengine.index.topk import merge_topk, rescore
from simengine.store.contract import Segment
from simengine.types import FloatMatrix, Mask, RowArray


class Vectors(Protocol):
    """What dense search needs of a snapshot."""

    @property
    def segments(self) -> tuple[Segment, ...]: ...

    n_rows: int

    def live_rows(self) -> Mask | None: ...


class DenseSide:
    """Searches the vectors of one snapshot."""

    def __init__(self, snapshot: Vectors, candidates: ANNIndex | None, *, threads: int | None) -> None:
        """Make a searcher from its parts.

        Args:
            candidates: covers rows [0, candidates.n_rows); None to search all rows exactly.
        """
        self._snapshot = snapshot
        self._candidates = candidates if candidates is not None and candidates.n_rows else None
        self._threads = threads

    def search(
        self, queries: FloatMatrix, k: int, *, keep: Mask | None, exact: bool
    ) -> tuple[FloatMatrix, RowArray]:
        """The k best live rows.

        Args:
            queries: (q, dim) float32, rows L2-normalised.
            keep: (n_rows,) bool of a filter, deleted rows already left out; None without a filter.
            exact: bypass the ANN index.

        Returns:
            scores (q, k) float32, descending, ties by the lower row; rows (q, k) int64; padded with -inf and -1.
        """
        if keep is None and self._candidates is not None and not exact:
            found = self._approximate(self._candidates, queries, k)
            if found is not None:
                return found
        mask = self._snapshot.live_rows() if keep is None else keep
        return exact_search(self._segments, queries, k, keep=mask, threads=self._threads)

    def rescore(self, queries: FloatMatrix, rows: RowArray) -> FloatMatrix:
        """Cosines (q, c) of given rows (q, c); -inf where a row is -1."""
        return rescore(self._segments, queries, rows)

    def _approximate(
        self, candidates: ANNIndex, queries: FloatMatrix, k: int
    ) -> tuple[FloatMatrix, RowArray] | None:
        """As `search`; None if the ANN index returns fewer rows than exist, so that all must be searched."""
        n_covered, live = candidates.n_rows, self._snapshot.live_rows()
        n_there = n_covered if live is None else int(np.count_nonzero(live[:n_covered]))
        found = search_live(candidates, self._segments, queries, k, live, threads=self._threads)
        if not (found[1][:, : min(k, n_there)] >= 0).all():
            return None
        if n_covered == self._snapshot.n_rows:
            return found
        keep = None if live is None else live & (np.arange(live.size) >= n_covered)
        tail = exact_search(self._tail, queries, k, keep=keep, threads=self._threads)
        return merge_topk([found, tail], k)

    @cached_property
    def _segments(self) -> list[tuple[int, FloatMatrix]]:
        return [(segment.first_row, segment.vectors) for segment in self._snapshot.segments]

    @cached_property
    def _tail(self) -> list[tuple[int, FloatMatrix]]:
        """The rows that the ANN index does not cover."""
        n_covered = self._candidates.n_rows if self._candidates is not None else 0
        blocks = []
        for first_row, vectors in self._segments:
            start = max(first_row, n_covered)
            if start < first_row + len(vectors):
                blocks.append((start, vectors[start - first_row :]))
        return blocks
