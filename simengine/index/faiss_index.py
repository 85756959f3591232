"""Candidate indexes: FAISS finds candidates, the stored vectors give their scores."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from simengine.errors import DamagedIndexError, StoreError, UsageError
from simengine.files import rewriting, writing
from simengine.index.contract import CandidateIndex
from simengine.index.device import GPU_MAX_K, GpuCopy, import_faiss
from simengine.index.exact import exact_search
from simengine.index.recipe import Recipe
from simengine.index.threads import omp_threads
from simengine.index.topk import Segments, check_k, check_queries, pair_scores, rank_pairs, rounding_margin
from simengine.types import FloatMatrix, RowArray

CANDIDATES_PER_PASS = 1 << 21  # candidates held at once: 24 MB
WRITE_BYTES = 1 << 20
MARKER = "simengine exact index"
END = b"simengine: end of index\n"  # stands behind what FAISS wrote: FAISS does not notice every truncation


class ExactIndex(CandidateIndex):
    """Exact search behind the interface of an index; its file only records what it stands for.

    Args:
        segments: all rows; None for an index that is only to be saved.
        recipe: what was asked for: an exact recipe, or one that needs more rows than there are.
        notes: what a person should know about how it was built.
    """

    factory = "Flat"

    def __init__(
        self,
        segments: Segments | None,
        n_rows: int,
        dimension: int,
        recipe: Recipe,
        *,
        notes: Sequence[str] = (),
        threads: int | None = None,
        gpu: GpuCopy | None = None,
    ) -> None:
        self.n_rows, self.dimension, self.recipe, self.notes = n_rows, dimension, recipe, tuple(notes)
        self._segments, self._threads, self._gpu = segments, threads, gpu

    @property
    def device(self) -> str:
        """Where searches run: "cpu" or "cuda"."""
        return "cpu" if self._gpu is None else "cuda"

    def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
        segments = _need_segments(self._segments)
        queries = check_queries(queries, self.dimension)
        check_k(k)
        if self._gpu is None or not self.n_rows or k >= min(GPU_MAX_K, self.n_rows):
            return exact_search(segments, queries, k, threads=self._threads)
        # A few more than k, so that equal scores at the border are ordered by row as on the CPU.
        _, rows = self._gpu.search(queries, min(2 * k + 8, GPU_MAX_K, self.n_rows))
        return rank_candidates(segments, queries, rows, k, threads=self._threads)

    def save(self, path: Path) -> None:
        record = {"format": MARKER, "n_rows": self.n_rows, "dimension": self.dimension}
        _write_file(path, lambda file: file.write(json.dumps(record).encode()))


class FaissIndex(CandidateIndex):
    """A FAISS index whose candidates are scored again from the stored vectors.

    Scores are therefore true cosines in the one definition of this package (see `topk`), whatever the index stores,
    and equal those of `exact_search` for the same rows. A query for which the index finds fewer rows than it should
    (few lists visited, k close to n_rows) is searched exactly instead.

    Args:
        index: the FAISS index in main memory; None when it was built on the GPU and `gpu` holds it.
        segments: the vectors that the index was made from. Without them it can be saved, not searched.
        path: the file it was read from, for error messages.
    """

    def __init__(
        self,
        index: Any,
        segments: Segments | None,
        n_rows: int,
        dimension: int,
        recipe: Recipe,
        *,
        factory: str,
        notes: Sequence[str] = (),
        threads: int | None = None,
        gpu: GpuCopy | None = None,
        path: Path | None = None,
    ) -> None:
        self.n_rows, self.dimension, self.recipe = n_rows, dimension, recipe
        self.factory, self.notes = factory, tuple(notes)
        self._index, self._segments, self._path = index, segments, path
        self._threads, self._gpu = threads, gpu

    @property
    def device(self) -> str:
        """Where searches run: "cpu" or "cuda"."""
        return "cpu" if self._gpu is None else "cuda"

    def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
        check_k(k)
        segments = _need_segments(self._segments)
        queries = check_queries(queries, self.dimension)
        n_candidates = self._candidates(k)
        per_pass = max(1, CANDIDATES_PER_PASS // n_candidates)
        scores = np.empty((len(queries), k), np.float32)
        rows = np.empty((len(queries), k), np.int64)
        for start in range(0, len(queries), per_pass):
            part = slice(start, start + per_pass)
            found = self._find(queries[part], n_candidates)
            scores[part], rows[part] = rank_candidates(
                segments, queries[part], found, k, threads=self._threads
            )
        short = np.flatnonzero(rows[:, min(k, self.n_rows) - 1] < 0)
        if len(short):
            scores[short], rows[short] = exact_search(segments, queries[short], k, threads=self._threads)
        return scores, rows

    def _candidates(self, k: int) -> int:
        options = self.recipe.search
        wanted = min(self.n_rows, max(math.ceil(k * options.over_fetch), options.min_candidates, k))
        return wanted if self._gpu is None else min(wanted, GPU_MAX_K)

    def _find(self, queries: FloatMatrix, n_candidates: int) -> RowArray:
        """Candidates (q, c) int64 from FAISS, -1 where it found none."""
        if self._gpu is not None:
            _, rows = self._gpu.search(queries, n_candidates)
        else:
            faiss = import_faiss()
            parameters = _search_parameters(faiss, self._index, self.recipe, n_candidates)
            with omp_threads(_threads_for(queries, self._threads)):
                _, rows = self._index.search(queries, n_candidates, params=parameters)
        if rows.size and (rows.max() >= self.n_rows or rows.min() < -1):
            raise DamagedIndexError(
                self._path or "index", "a search returned rows that the index does not hold"
            )
        found: RowArray = rows
        return found

    def save(self, path: Path) -> None:
        faiss = import_faiss()
        index = self._index if self._gpu is None else self._gpu.to_cpu()

        def write(file: IO[bytes]) -> None:
            faiss.write_index(index, faiss.PyCallbackIOWriter(file.write, WRITE_BYTES))
            file.write(END)

        _write_file(path, write)


def rank_candidates(
    segments: Segments, queries: FloatMatrix, rows: RowArray, k: int, *, threads: int | None = None
) -> tuple[FloatMatrix, RowArray]:
    """The k best of given candidates by their exact scores.

    Args:
        segments: blocks that hold every row, C-contiguous.
        queries: (q, dim) float32, contiguous.
        rows: (q, c) int64, in range; -1 marks a place without a candidate. No row twice for one query.
        k: at least 1.

    Returns:
        scores (q, k) and rows (q, k) as `CandidateIndex.search` returns them.
    """
    sums = _float32_sums(segments, queries, rows, threads)
    alive = rows >= 0
    if rows.shape[1] > k:
        split = rows.shape[1] - k
        kth = np.partition(sums, split, axis=1)[:, split]
        alive &= sums >= (kth - rounding_margin(queries))[:, None]
    pair_queries, places = np.nonzero(alive)
    wanted = rows[pair_queries, places]
    scores = pair_scores(segments, queries, pair_queries, wanted)
    return rank_pairs(pair_queries, wanted, scores, len(queries), k)


def _float32_sums(
    segments: Segments, queries: FloatMatrix, rows: RowArray, threads: int | None
) -> FloatMatrix:
    faiss = import_faiss()
    sums = np.full(rows.shape, -np.inf, np.float32)
    with omp_threads(_threads_for(queries, threads)):
        for first_row, vectors in segments:
            inside = (rows >= first_row) & (rows < first_row + len(vectors))
            if not inside.any():
                continue
            local = np.where(inside, rows - first_row, -1)
            part = np.empty(rows.shape, np.float32)
            faiss.fvec_inner_products_by_idx(
                faiss.swig_ptr(part),
                faiss.swig_ptr(queries),
                faiss.swig_ptr(vectors),
                faiss.swig_ptr(local),
                queries.shape[1],
                *rows.shape,
            )
            np.copyto(sums, part, where=inside)
    return sums


def _threads_for(queries: FloatMatrix, threads: int | None) -> int | None:
    """FAISS shares work out by queries: for a single one a second thread would only be waited for."""
    return 1 if len(queries) == 1 else threads


def _search_parameters(faiss: Any, index: Any, recipe: Recipe, n_candidates: int) -> Any:
    """Parameters of one call, so that concurrent searches never change the index they share."""
    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(nprobe=min(recipe.search.nprobe, index.nlist))
    if isinstance(index, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(efSearch=max(recipe.search.ef_search, n_candidates))
    return None


def _need_segments(segments: Segments | None) -> Segments:
    if segments is None:
        raise UsageError("the index was opened without the vectors; pass segments to load_index to search it")
    return segments


def _write_file(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    with writing(path), rewriting(path, temporary=f"{path.name}.tmp") as file:
        _Checked(file).run(write)


class _Checked:
    """Remembers an OSError that FAISS, calling back into `write`, would turn into a nameless RuntimeError."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self._error = error
            raise

    def run(self, write: Callable[[Any], Any]) -> None:
        try:
            write(self)
        except RuntimeError as error:
            raise (self._error or StoreError(f"FAISS cannot write this index: {error}")) from error
