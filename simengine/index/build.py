"""Build a candidate index from memory-mapped vectors, and open one that was saved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from simengine.errors import DamagedIndexError, RecipeError, UsageError
from simengine.files import hash_file
from simengine.index.device import GpuCopy, import_faiss, parse_device, require_gpu
from simengine.index.faiss_index import END, MARKER, ExactIndex, FaissIndex
from simengine.index.recipe import Recipe, resolve_factory
from simengine.index.threads import check_threads, omp_threads
from simengine.index.topk import Segments, check_segments, first_rows, gather_rows
from simengine.text.checks import parse_own_json
from simengine.types import FloatMatrix

BuiltIndex: TypeAlias = ExactIndex | FaissIndex

ROWS_PER_ADD = 65_536
TRAIN_POINTS_PER_LIST = 64
MAX_MARKER_BYTES = 4_096
TABLE_BYTES = 1 << 30  # for tables that FAISS makes when it reads an index and holds to the same limit
_limit_lock = threading.Lock()


def build_index(
    segments: Segments,
    n_rows: int,
    dimension: int,
    recipe: Recipe,
    *,
    device: str = "cpu",
    threads: int | None = None,
    seed: int = 0,
) -> BuiltIndex:
    """Train a candidate index on a sample of the vectors and fill it with all of them.

    Rows are read in blocks, so memory grows with the index's codes and not with the vectors. The same input gives the
    same index, except for HNSW graphs built by several threads.

    Args:
        segments: (first_row, (n, dim) float32) blocks that cover rows 0 to n_rows without gaps, rows L2-normalised.
            They must stay open as long as the index is searched.
        n_rows: rows in all.
        dimension: of the vectors.
        recipe: which index. With fewer rows than `recipe.min_rows` the result searches exactly, and its notes say so.
        device: "cpu", "cuda" or "cuda:N". A recipe without a GPU form is built on the CPU, and the notes say so.
        threads: for training, adding and searching; None leaves FAISS's own choice.
        seed: of the training sample and of k-means.

    Returns:
        An index with `factory`, `notes`, `recipe` and `device` beside the contract's members.

    Raises:
        UsageError: segments that do not fit n_rows and dimension.
        RecipeError: a factory string that FAISS does not know or that does not fit the dimension.
        DeviceError: a GPU was asked for and there is none.
    """
    check_threads(threads)
    blocks = _check_cover(segments, n_rows, dimension)
    number, notes = _choose_device(recipe, device)
    if n_rows < recipe.min_rows:
        notes.append(
            f"searched exactly: {n_rows} rows are fewer than the {recipe.min_rows} that {recipe.name} asks for"
        )
    if recipe.exact or n_rows < recipe.min_rows:
        gpu = _gpu_flat(blocks, dimension, number) if number is not None else None
        return ExactIndex(blocks, n_rows, dimension, recipe, notes=notes, threads=threads, gpu=gpu)
    factory, adapted = resolve_factory(recipe, n_rows, dimension)
    with omp_threads(threads):
        index = _empty_index(recipe, factory, dimension, seed)
        sample = _training_sample(index, blocks, n_rows, recipe, seed)
        target: Any = index
        if number is not None:
            target = GpuCopy(index, number, min(recipe.search.nprobe, getattr(index, "nlist", 1)))
            target.set_seed(seed)
        if not index.is_trained:
            # A product quantiser's k-means are so small that two threads gain a quarter on an idle machine, and on a
            # busy one wait for each other fifteen times longer than they work.
            with omp_threads(threads if hasattr(index, "nlist") else 1):
                target.train(sample)
        for block in _add_blocks(blocks):
            target.add(block)
    gpu = target if number is not None else None
    return FaissIndex(
        None if gpu else index,
        blocks,
        n_rows,
        dimension,
        recipe,
        factory=factory,
        notes=[*notes, *adapted],
        threads=threads,
        gpu=gpu,
    )


def load_index(
    path: Path,
    recipe: Recipe,
    *,
    expected_rows: int,
    expected_dim: int,
    device: str = "cpu",
    segments: Segments | None = None,
    sha256: str | None = None,
    threads: int | None = None,
) -> BuiltIndex:
    """Open an index that `save` wrote.

    FAISS trusts the files that it parses: one that was changed on purpose can make it crash. Give `sha256`, which is
    checked before anything is parsed, wherever the digest is known.

    Args:
        path: the file.
        recipe: the one it was built with.
        expected_rows, expected_dim: what the index must hold.
        device: as for `build_index`.
        segments: the vectors of the same rows, needed to search; more rows than the index's may follow.
        sha256: hex digest that the file must have.
        threads: for searching; None leaves FAISS's own choice.

    Raises:
        DamagedIndexError: the file is missing, cannot be parsed, or holds another index than expected.
        DeviceError: a GPU was asked for and there is none.
    """
    check_threads(threads)
    blocks = None if segments is None else first_rows(segments, expected_rows)
    if blocks is not None:
        _check_cover(blocks, expected_rows, expected_dim)
    number, notes = _choose_device(recipe, device)
    if not path.is_file():
        raise DamagedIndexError(path, "the file is missing; build the index again")
    if sha256 is not None:
        _check_digest(path, sha256)
    marker = _read_marker(path)
    if marker is not None:
        _check_size(path, marker.get("n_rows"), marker.get("dimension"), expected_rows, expected_dim)
        gpu = _gpu_flat(blocks, expected_dim, number) if number is not None and blocks is not None else None
        return ExactIndex(blocks, expected_rows, expected_dim, recipe, notes=notes, threads=threads, gpu=gpu)
    if recipe.exact:
        raise DamagedIndexError(
            path, f"recipe {recipe.name} writes no FAISS index, and this is no record of its own"
        )
    index = _read_faiss(path)
    _check_size(path, index.ntotal, index.d, expected_rows, expected_dim)
    factory, _ = resolve_factory(recipe, expected_rows, expected_dim)
    _check_kind(path, index, factory, expected_dim)
    gpu = None
    if number is not None:
        gpu = GpuCopy(index, number, min(recipe.search.nprobe, getattr(index, "nlist", 1)))
    return FaissIndex(
        index,
        blocks,
        expected_rows,
        expected_dim,
        recipe,
        factory=factory,
        notes=notes,
        threads=threads,
        gpu=gpu,
        path=path,
    )


def _check_cover(segments: Segments, n_rows: int, dimension: int) -> list[tuple[int, FloatMatrix]]:
    blocks = [(first_row, vectors) for first_row, vectors in check_segments(segments) if len(vectors)]
    if dimension < 1:
        raise UsageError(f"dimension is {dimension}; expected at least 1")
    end = 0
    for first_row, vectors in blocks:
        if first_row != end:
            raise UsageError(f"rows {end} to {first_row} are in no segment")
        if vectors.shape[1] != dimension:
            raise UsageError(
                f"the segment at row {first_row} has dimension {vectors.shape[1]}; expected {dimension}"
            )
        if not vectors.flags.c_contiguous:
            raise UsageError(
                f"the segment at row {first_row} is not C-contiguous; expected rows one after the other"
            )
        end += len(vectors)
    if end != n_rows:
        raise UsageError(f"the segments hold {end} rows; expected {n_rows}")
    return blocks


def _choose_device(recipe: Recipe, device: str) -> tuple[int | None, list[str]]:
    """The GPU's number or None, and a note where the recipe has no GPU form."""
    number = parse_device(device)
    if number is None:
        return None, []
    require_gpu(number)
    if not recipe.gpu:
        return None, [f"on the CPU: FAISS has no GPU form of {recipe.factory}"]
    return number, []


def _gpu_flat(segments: Segments, dimension: int, number: int) -> GpuCopy:
    copy = GpuCopy(import_faiss().IndexFlatIP(dimension), number)
    for block in _add_blocks(segments):
        copy.add(block)
    return copy


def _empty_index(recipe: Recipe, factory: str, dimension: int, seed: int) -> Any:
    faiss = import_faiss()
    try:
        index = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise RecipeError(
            f"recipe {recipe.name}: FAISS cannot make {factory!r} for dimension {dimension}: {reason}"
        ) from error
    for clustered in [index, *([index.pq] if hasattr(index, "pq") else [])]:
        if hasattr(clustered, "cp"):
            clustered.cp.seed = seed
    if isinstance(index, faiss.IndexHNSW):
        index.hnsw.efConstruction = recipe.build.ef_construction
    return index


def _training_sample(index: Any, segments: Segments, n_rows: int, recipe: Recipe, seed: int) -> FloatMatrix:
    """Rows drawn without replacement over the whole range, in ascending order."""
    size = recipe.build.train_size
    if hasattr(index, "nlist"):
        size = min(size, max(TRAIN_POINTS_PER_LIST * index.nlist, ROWS_PER_ADD // 4))
    size = min(size, n_rows)
    rows = np.random.default_rng(seed).choice(n_rows, size, replace=False, shuffle=False)
    return gather_rows(segments, np.sort(rows).astype(np.int64))


def _add_blocks(segments: Segments) -> Iterator[FloatMatrix]:
    for _, vectors in segments:
        for start in range(0, len(vectors), ROWS_PER_ADD):
            yield vectors[start : start + ROWS_PER_ADD]


def _check_digest(path: Path, expected: str) -> None:
    found = hash_file(path)
    if found != expected.lower():
        raise DamagedIndexError(
            path, f"its SHA-256 is {found}; expected {expected.lower()}; build the index again"
        )


def _read_marker(path: Path) -> dict[str, Any] | None:
    """The record of an exact index, or None when the file is something else."""
    with path.open("rb") as file:
        head = file.read(MAX_MARKER_BYTES)
    if not head.startswith(b"{"):
        return None
    try:
        record = parse_own_json(head)
    except ValueError as error:
        raise DamagedIndexError(path, f"the record of an exact index is not JSON: {error}") from error
    if not isinstance(record, dict) or record.get("format") != MARKER:
        raise DamagedIndexError(path, "the record of an exact index has another format")
    return record


def _check_size(path: Path, rows: Any, dimension: Any, expected_rows: int, expected_dim: int) -> None:
    if (rows, dimension) != (expected_rows, expected_dim):
        raise DamagedIndexError(
            path, f"it holds {rows} rows of dimension {dimension}; expected {expected_rows} of {expected_dim}"
        )


@contextmanager
def _bounded_vectors(faiss: Any, n_bytes: int) -> Iterator[None]:
    """Let FAISS allocate no array much larger than the file it reads: a damaged length would fill the memory first."""
    if not hasattr(faiss, "set_deserialization_vector_byte_limit"):  # FAISS before 1.15
        yield
        return
    with _limit_lock:
        before = faiss.get_deserialization_vector_byte_limit()
        faiss.set_deserialization_vector_byte_limit(n_bytes)
        try:
            yield
        finally:
            faiss.set_deserialization_vector_byte_limit(before)


def _read_faiss(path: Path) -> Any:
    faiss = import_faiss()
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(END)))
        if file.read() != END:
            raise DamagedIndexError(path, "its end is missing; build the index again")
    try:
        with _bounded_vectors(faiss, path.stat().st_size + TABLE_BYTES):
            return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except (RuntimeError, MemoryError) as error:
        lines = str(error).strip().splitlines()
        raise DamagedIndexError(
            path, f"FAISS cannot read it: {lines[-1] if lines else 'out of memory'}"
        ) from error


def _check_kind(path: Path, index: Any, factory: str, dimension: int) -> None:
    faiss = import_faiss()
    wanted = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    if type(index) is not type(wanted):
        raise DamagedIndexError(path, f"it is a {type(index).__name__}; expected {type(wanted).__name__}")
    if index.metric_type != faiss.METRIC_INNER_PRODUCT or not index.is_trained:
        raise DamagedIndexError(path, "it is not a trained index for inner products; build the index again")
