"""What is said about GPUs, and that a GPU copy is used as it must be; FAISS's GPU classes are replaced."""

from __future__ import annotations

import threading
import time
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import faiss
import numpy as np
import pytest

from simengine.errors import DeviceError, MissingExtraError, UsageError
from simengine.index import build as build_module
from simengine.index import device
from simengine.index.build import build_index
from simengine.index.device import GpuCopy, faiss_status, parse_device, require_gpu
from simengine.index.recipe import load_recipe

has_gpu = getattr(faiss, "get_num_gpus", lambda: 0)() > 0
N, DIM = 3_000, 16
VECTORS = np.random.default_rng(0).standard_normal((N, DIM)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
SEGMENTS = [(0, VECTORS[:1_000]), (1_000, VECTORS[1_000:])]


class FakeGpuIndex:
    """A CPU index that behaves as FAISS's GPU indexes do: no parameters, k up to 2,048, no two calls at once."""

    def __init__(self, index: Any) -> None:
        self.index = index
        self.busy = False
        self.most_k = 0

    def _alone(self, call: Any, *arguments: Any) -> Any:
        assert not self.busy, "two threads at once"
        self.busy = True
        time.sleep(0.001)
        try:
            return call(*arguments)
        finally:
            self.busy = False

    def train(self, vectors: Any) -> None:
        self._alone(self.index.train, vectors)

    def add(self, vectors: Any) -> None:
        self._alone(self.index.add, vectors)

    def search(self, queries: Any, k: int) -> Any:
        if k > 2_048:
            raise RuntimeError("Error in search: GPU index only supports min/max-K selection up to 2048")
        self.most_k = max(self.most_k, k)
        return self._alone(self.index.search, queries, k)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "nprobe":
            self.index.nprobe = value
        object.__setattr__(self, name, value)


def fake_faiss(made: list[FakeGpuIndex]) -> Any:
    def to_gpu(resources: object, number: int, index: Any) -> FakeGpuIndex:
        if isinstance(index, faiss.IndexHNSW):
            raise RuntimeError("Error: This index type is not implemented on GPU.\nmore")
        made.append(FakeGpuIndex(index))
        return made[-1]

    return SimpleNamespace(
        StandardGpuResources=object, index_cpu_to_gpu=to_gpu, index_gpu_to_cpu=lambda gpu: gpu.index
    )


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[FakeGpuIndex]:
    """Makes build and load believe that there is one GPU; lists the indexes that went to it."""
    made: list[FakeGpuIndex] = []
    monkeypatch.setattr(build_module, "require_gpu", lambda number: None)
    monkeypatch.setattr(
        build_module,
        "GpuCopy",
        lambda index, number, nprobe=None: GpuCopy(index, number, nprobe, fake_faiss(made)),
    )
    return made


@pytest.mark.skipif(has_gpu, reason="there is a GPU")
def test_no_gpu_is_one_line_that_says_why() -> None:
    status = faiss_status()
    assert status.n_gpus == 0
    assert status.gpu_reason
    assert status.version == faiss.__version__
    assert "\n" not in status.gpu_reason
    for number in (0, 1):
        with pytest.raises(DeviceError, match="FAISS has no GPU here: ") as caught:
            require_gpu(number)
        assert "\n" not in str(caught.value)
    with pytest.raises(DeviceError, match="no GPU here"):
        build_index(SEGMENTS, N, DIM, load_recipe("ivf-flat"), device="cuda", threads=1)


@pytest.mark.parametrize(
    ("installed", "options", "gpus", "said"),
    [
        ({"faiss-cpu": "1.15.1"}, "AVX2", 0, "built without GPU code"),
        ({"faiss-gpu": "1.15.1"}, "AVX2 GPU", 0, "no NVIDIA driver"),
        ({"faiss-gpu-cu12": "1.14.1.post1"}, "AVX2 GPU", 0, "no NVIDIA driver"),
        (
            {"faiss-gpu": "1.15.1", "faiss-cpu": "1.15.1"},
            "AVX2",
            0,
            "the module without GPU code is the one that loads",
        ),
        ({"faiss-gpu": "1.15.1"}, "AVX2 GPU", 2, ""),
    ],
)
def test_the_reason_follows_from_what_is_installed(
    installed: dict[str, str], options: str, gpus: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(device.metadata, "version", version)
    module = SimpleNamespace(__version__="1", get_compile_options=lambda: options, get_num_gpus=lambda: gpus)
    monkeypatch.setattr(device, "import_faiss", lambda: module)
    status = faiss_status()
    assert status.n_gpus == gpus
    assert said in status.gpu_reason
    assert bool(status.clash) == (len(installed) > 1)
    if gpus:
        require_gpu(gpus - 1)
        with pytest.raises(DeviceError, match="cuda:2 was requested; FAISS sees 2"):
            require_gpu(gpus)


def test_a_missing_faiss_names_the_extra_and_a_broken_one_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    monkeypatch.setattr(device, "installed_distributions", lambda: ())
    with pytest.raises(MissingExtraError, match=r"pip install 'simengine-search\[cpu\]'"):
        device.import_faiss()
    assert faiss_status().version == ""
    monkeypatch.setattr(device, "installed_distributions", lambda: (("faiss-cpu", "1.15.1"),))
    with pytest.raises(DeviceError, match="cannot be loaded"):
        device.import_faiss()


@pytest.mark.parametrize(("kernels", "noted"), [("Prescott", True), ("SkylakeX", False)])
def test_kernels_for_an_old_processor_are_noted(
    kernels: str, noted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = [
        {"filepath": "/numpy.libs/libopenblas.so", "architecture": "Prescott"},
        {"filepath": "/faiss_cpu.libs/libopenblaso.so", "architecture": kernels},
    ]
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: pools)
    assert (f"runs {kernels} kernels" in device._blas_note("OPTIMIZE AVX2")) == noted
    assert device._blas_note("OPTIMIZE") == ""


def test_devices_are_cpu_and_cuda_with_a_number() -> None:
    assert [parse_device(name) for name in ("cpu", "cuda", "cuda:0", "cuda:3")] == [None, 0, 0, 3]
    for name in ("gpu", "cuda:", "cuda:x", "cuda:-1", "", "mps"):
        with pytest.raises(UsageError, match="expected cpu, cuda or cuda:N"):
            parse_device(name)


@pytest.mark.parametrize("name", ["flat", "ivf-flat", "ivf-sq8"])
def test_a_gpu_build_answers_as_a_cpu_build_and_its_file_opens_on_both(
    name: str, gpu: list[FakeGpuIndex], tmp_path: Any
) -> None:
    recipe = load_recipe(name)
    on_gpu = build_index(SEGMENTS, N, DIM, recipe, device="cuda", threads=1)
    on_cpu = build_index(SEGMENTS, N, DIM, recipe, threads=1)
    assert (on_gpu.device, on_cpu.device, len(gpu)) == ("cuda", "cpu", 1)
    on_gpu.save(tmp_path / "ann")
    opened = [
        build_module.load_index(
            tmp_path / "ann", recipe, expected_rows=N, expected_dim=DIM, segments=SEGMENTS, device=where
        )
        for where in ("cpu", "cuda")
    ]
    expected = on_cpu.search(VECTORS[:40], 10)
    for index in (on_gpu, *opened):
        found = index.search(VECTORS[:40], 10)
        np.testing.assert_array_equal(found[1], expected[1])
        np.testing.assert_array_equal(found[0], expected[0])


def test_a_recipe_without_a_gpu_form_is_built_on_the_cpu_and_says_so(gpu: list[FakeGpuIndex]) -> None:
    index = build_index(SEGMENTS, N, DIM, load_recipe("pq-fastscan"), device="cuda", threads=1)
    assert index.device == "cpu"
    assert index.notes == ("on the CPU: FAISS has no GPU form of PQ{m}x4fs",)
    assert gpu == []


def test_k_beyond_what_a_gpu_gives_is_searched_exactly(gpu: list[FakeGpuIndex]) -> None:
    for name in ("flat", "ivf-flat"):
        index = build_index(SEGMENTS, N, DIM, load_recipe(name), device="cuda", threads=1)
        _, rows = index.search(VECTORS[:2], 2_500)
        assert (rows >= 0).all()
        assert gpu[-1].most_k <= 2_048


def test_threads_go_to_the_gpu_one_at_a_time(gpu: list[FakeGpuIndex]) -> None:
    index = build_index(SEGMENTS, N, DIM, load_recipe("ivf-flat"), device="cuda", threads=1)
    expected = index.search(VECTORS[:20], 5)[1]
    wrong: list[bool] = []

    def work() -> None:
        found = [index.search(VECTORS[:20], 5)[1] for _ in range(5)]
        wrong.extend(not np.array_equal(rows, expected) for rows in found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [False] * 20


def test_errors_of_the_gpu_are_one_line() -> None:
    hnsw = faiss.IndexHNSWFlat(DIM, 8)
    with pytest.raises(DeviceError, match=r"cannot be copied to cuda:0: .*not implemented on GPU\.$"):
        GpuCopy(hnsw, 0, None, fake_faiss([]))
    with pytest.raises(DeviceError, match="at most 2048 lists"):
        GpuCopy(faiss.IndexFlatIP(DIM), 0, 2_049, fake_faiss([]))


@pytest.mark.gpu
@pytest.mark.skipif(not has_gpu, reason="no GPU that FAISS can use")
@pytest.mark.parametrize("name", ["flat", "ivf-flat", "ivf-sq8"])
def test_a_real_gpu_answers_as_the_cpu(name: str, tmp_path: Any) -> None:
    recipe = load_recipe(name)
    index = build_index(SEGMENTS, N, DIM, recipe, device="cuda", threads=1)
    assert index.device == "cuda"
    index.save(tmp_path / "ann")
    opened = build_module.load_index(
        tmp_path / "ann", recipe, expected_rows=N, expected_dim=DIM, segments=SEGMENTS
    )
    for built, loaded in zip(index.search(VECTORS[:50], 10), opened.search(VECTORS[:50], 10), strict=True):
        assert np.mean(built == loaded) > 0.99
