"""FAISS on a GPU: what this installation and this machine offer, and a GPU copy of an index that can be searched.

GPU indexes take no filter: some builds of FAISS accept an IDSelector there and ignore it, so none is ever passed;
masked searches run on the CPU (`exact_search`).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from simengine.errors import DeviceError, MissingExtraError, UsageError
from simengine.types import FloatMatrix, RowArray

DISTRIBUTIONS = ("faiss-cpu", "faiss-gpu", "faiss-gpu-cuvs", "faiss-gpu-cu12", "faiss-gpu-cu11")
OLD_KERNELS = ("Prescott", "Core2", "Nehalem", "generic")
GPU_MAX_K = 2_048  # the most hits, and inverted lists, of a GPU search


@dataclass(frozen=True, slots=True)
class FaissStatus:
    """What `simengine doctor` reports about FAISS.

    Attributes:
        distributions: installed packages that own the folder `faiss`, as (name, version).
        version: as the imported module reports it; "" when it cannot be imported.
        compile_options: how it was compiled, such as "OPTIMIZE AVX2 AVX512".
        n_gpus: GPUs that it can use.
        gpu_reason: one line that says why there are none; "" otherwise.
        clash: one line when several packages overwrite each other's files; "" otherwise.
        blas_note: one line when FAISS's matrix products run on kernels for old processors; "" otherwise.
    """

    distributions: tuple[tuple[str, str], ...]
    version: str
    compile_options: str
    n_gpus: int
    gpu_reason: str
    clash: str
    blas_note: str = ""


def import_faiss() -> Any:
    """The module faiss; MissingExtraError when no distribution of it is installed."""
    try:
        import faiss
    except ImportError as error:
        if installed_distributions():
            raise DeviceError(
                f"FAISS is installed but cannot be loaded: {error}; reinstall faiss-cpu or faiss-gpu (never both)"
            ) from error
        raise MissingExtraError("faiss", "cpu", "searching with a FAISS index") from error
    return faiss


def installed_distributions() -> tuple[tuple[str, str], ...]:
    """Name and version of every installed package that brings the module faiss."""
    found = []
    for name in DISTRIBUTIONS:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)


def faiss_status() -> FaissStatus:
    """Inspect the installation; never raises for a broken one, but reports what is wrong with it."""
    distributions = installed_distributions()
    clash = ""
    if len(distributions) > 1:
        names = " and ".join(name for name, _ in distributions)
        clash = f"{names} own the same folder: uninstall all of them, then install one"
    try:
        faiss = import_faiss()
    except (DeviceError, MissingExtraError) as error:
        return FaissStatus(distributions, "", "", 0, str(error), clash)
    options = str(faiss.get_compile_options()).strip()
    n_gpus, reason = _count_gpus(faiss, distributions)
    return FaissStatus(
        distributions, str(faiss.__version__), options, n_gpus, reason, clash, _blas_note(options)
    )


def _blas_note(options: str) -> str:
    # The wheels carry an OpenBLAS that does not know newer processors and then runs its oldest kernels.
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped,unused-ignore]

    for pool in threadpool_info():
        if "faiss" in pool["filepath"] and pool.get("architecture") in OLD_KERNELS and "AVX2" in options:
            return (
                f"the OpenBLAS inside FAISS runs {pool['architecture']} kernels here: OPENBLAS_CORETYPE=Haswell "
                "(SkylakeX where there is AVX-512), set before Python starts, trains IVF indexes several times faster"
            )
    return ""


def _count_gpus(faiss: Any, distributions: tuple[tuple[str, str], ...]) -> tuple[int, str]:
    # hasattr(faiss, "StandardGpuResources") is true without any GPU; only the count is reliable.
    count = getattr(faiss, "get_num_gpus", None)
    n_gpus = int(count()) if count is not None else 0
    if n_gpus:
        return n_gpus, ""
    if "GPU" in str(faiss.get_compile_options()).split():
        return (
            0,
            "this FAISS supports GPUs but finds none: no NVIDIA driver, or no device visible to this process",
        )
    names = [name for name, _ in distributions]
    if any(name.startswith("faiss-gpu") for name in names):
        return (
            0,
            f"{' and '.join(names)} are installed, and the module without GPU code is the one that loads",
        )
    return (
        0,
        "the installed FAISS was built without GPU code: pip uninstall faiss-cpu, then pip install faiss-gpu",
    )


def parse_device(device: str) -> int | None:
    """The GPU's number for "cuda" or "cuda:1", None for "cpu"; UsageError for anything else."""
    if device == "cpu":
        return None
    kind, _, number = device.partition(":")
    if kind != "cuda" or not (number.isdecimal() or device == "cuda"):
        raise UsageError(f"device is {device!r}; expected cpu, cuda or cuda:N")
    return int(number or 0)


def require_gpu(number: int = 0) -> None:
    """Raise DeviceError, with a one-line message, unless FAISS can use GPU `number`."""
    status = faiss_status()
    if status.n_gpus == 0:
        raise DeviceError(f"FAISS has no GPU here: {status.clash or status.gpu_reason}")
    if number >= status.n_gpus:
        raise DeviceError(f"cuda:{number} was requested; FAISS sees {status.n_gpus} GPU(s), numbered from 0")


class GpuCopy:
    """An index in a GPU's memory.

    One StandardGpuResources must not be used by two threads at once, and a copy for each thread would multiply the
    memory, so a lock admits one search at a time; the GPU would serialise them in any case.
    """

    def __init__(self, index: Any, number: int, nprobe: int | None = None, faiss: Any = None) -> None:
        self._faiss = import_faiss() if faiss is None else faiss
        if nprobe is not None and nprobe > GPU_MAX_K:
            raise DeviceError(f"nprobe is {nprobe}; a GPU index visits at most {GPU_MAX_K} lists")
        self._lock = threading.Lock()
        self._resources = self._faiss.StandardGpuResources()
        try:
            self._index = self._faiss.index_cpu_to_gpu(self._resources, number, index)
        except RuntimeError as error:
            raise DeviceError(f"the index cannot be copied to cuda:{number}: {_first_line(error)}") from error
        if nprobe is not None:
            self._index.nprobe = nprobe

    def set_seed(self, seed: int) -> None:
        """Seed k-means, if the index uses it."""
        if hasattr(self._index, "cp"):
            self._index.cp.seed = seed

    def train(self, vectors: FloatMatrix) -> None:
        """Train on (n, dim) float32."""
        with self._lock:
            self._run(self._index.train, vectors)

    def add(self, vectors: FloatMatrix) -> None:
        """Append (n, dim) float32."""
        with self._lock:
            self._run(self._index.add, vectors)

    def search(self, queries: FloatMatrix, k: int) -> tuple[FloatMatrix, RowArray]:
        """The k best rows for each query, k at most 2,048."""
        if k > GPU_MAX_K:
            raise DeviceError(f"{k} candidates were requested; a GPU index gives at most {GPU_MAX_K}")
        with self._lock:
            scores, rows = self._run(self._index.search, queries, k)
        return scores, np.asarray(rows, dtype=np.int64)

    def to_cpu(self) -> Any:
        """The same index in main memory."""
        with self._lock:
            return self._faiss.index_gpu_to_cpu(self._index)

    @staticmethod
    def _run(call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except RuntimeError as error:
            raise DeviceError(f"the GPU index failed: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
