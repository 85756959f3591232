"""Diagnosis of this machine for simengine: processor, GPU, packages, models."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, TypeAlias

from simengine import extras
from simengine.errors import install_command

Level: TypeAlias = Literal["ok", "note", "problem"]

STRANGER = "simengine"
"""A simulation platform on PyPI; ours is the distribution simengine-search."""
PACKAGES = (
    "torch",
    "transformers",
    "sentence-transformers",
    "openvino",
    "tokenizers",
    "tantivy",
    "numpy",
    "pyarrow",
    "zstandard",
)
OWN_FINDINGS = ("cpu", "gpu", "multilingual")
"""Extras that have lines of their own in the report."""
CPU_FEATURES = (
    "amx_bf16",
    "amx_int8",
    "avx512_bf16",
    "avx512_vnni",
    "avx512f",
    "avx2",
    "asimd",
    "sve",
    "bf16",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: topic, severity, and a sentence."""

    topic: str
    level: Level
    text: str


def diagnose(*, gpu: bool = False, encode: bool = False) -> list[Finding]:
    """Findings about this machine and how simengine uses it.

    Args:
        gpu: report a GPU that FAISS or torch cannot use as a problem.
        encode: also load the default model, and time encoding a text.
    """
    findings = [*_machine(), *_packages(), *_faiss(required=gpu), *_torch_gpu(required=gpu), *_models()]
    return [*findings, *_encode()] if encode else findings


def _machine() -> Iterator[Finding]:
    from simengine.runtimes.hardware import available_threads, cpu_flags, has_bf16_matrix_units

    yield Finding(
        "python",
        "ok",
        f"{platform.python_version()} on {platform.system()} {platform.machine()} ({sys.executable})",
    )
    features = [name for name in CPU_FEATURES if name in cpu_flags()]
    units = (
        "bf16 matrix units are used" if has_bf16_matrix_units() else "no bf16 matrix units: encoding in fp32"
    )
    threads = available_threads()
    yield Finding(
        "processor",
        "ok",
        f"{threads} thread{'' if threads == 1 else 's'}; {', '.join(features) or 'features unknown'}; {units}",
    )
    for name in ("OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_NUM_THREADS", "KMP_AFFINITY"):
        if value := os.environ.get(name):
            yield Finding("processor", "note", f"{name}={value} is set, which affects speed")


def _packages() -> Iterator[Finding]:
    with suppress(PackageNotFoundError):
        stranger = version(STRANGER)
        yield Finding(
            "packages",
            "problem",
            f"{STRANGER} {stranger} from PyPI is an unrelated project that owns the same folder: pip uninstall "
            f"{STRANGER}, then install simengine-search again",
        )
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield Finding("packages", "ok", ", ".join(found))
    if needed := [name for name in missing if name not in extras.PACKAGES["files"]]:
        yield Finding("packages", "problem", f"not installed: {', '.join(needed)}")
    absent = {extra: extras.missing_packages(extra) for extra in extras.PACKAGES if extra not in OWN_FINDINGS}
    if absent := {extra: packages for extra, packages in absent.items() if packages}:
        shown = ", ".join(f"{extra} ({', '.join(packages)})" for extra, packages in absent.items())
        yield Finding("packages", "note", f"extras not installed: {shown}: {install_command(*absent)}")


def _faiss(*, required: bool) -> Iterator[Finding]:
    from simengine.index.device import faiss_status

    status = faiss_status()
    if not status.version:
        yield Finding("faiss", "problem", f"not installed: {install_command('cpu')} (or [gpu])")
        return
    if status.clash:
        yield Finding("faiss", "problem", status.clash)
    installed = ", ".join(" ".join(distribution) for distribution in status.distributions)
    yield Finding("faiss", "ok", f"{installed or status.version}, {status.compile_options}")
    if status.blas_note:
        yield Finding("faiss", "note", status.blas_note)
    usable = status.n_gpus > 0
    gpu_text = f"{status.n_gpus} GPUs for FAISS" if usable else f"no GPU for FAISS: {status.gpu_reason}"
    yield Finding("faiss", "ok" if usable else "problem" if required else "note", gpu_text)


def _torch_gpu(*, required: bool) -> Iterator[Finding]:
    from simengine.errors import DeviceError
    from simengine.runtimes.hardware import choose_device

    if not required and choose_device("auto") == "cpu":
        yield Finding("gpu", "note", "no NVIDIA GPU for encoding; the processor is used")
        return
    try:
        choose_device("cuda")
    except DeviceError as error:
        yield Finding("gpu", "problem" if required else "note", str(error))
        return
    import torch

    for number in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(number)
        yield Finding(
            "gpu", "ok", f"cuda:{number} {properties.name}, {properties.total_memory / 2**30:.0f} GiB"
        )


def _models() -> Iterator[Finding]:
    from simengine.errors import ModelError
    from simengine.models.cache import cache_directory
    from simengine.models.packaged import MULTILINGUAL_MODEL, packaged_file
    from simengine.models.resolve import bundled_models, resolve_model

    try:
        model = resolve_model(None, offline=True)
        yield Finding("model", "ok", f"{model.name}, {model.source}, weights as published ({model.path})")
        for own in bundled_models():
            size_mb = own.size_bytes / 1e6
            yield Finding(
                "model", "ok", f"{own.name}, bundled as a difference to {own.base} ({size_mb:.1f} MB)"
            )
    except ModelError as error:
        yield Finding("model", "problem", str(error))
    if (packaged := packaged_file()) is not None:
        yield Finding("model", "ok", f"{MULTILINGUAL_MODEL}, package, for about 100 languages ({packaged})")
    else:
        missing = f"{MULTILINGUAL_MODEL} (Chinese and other languages): {install_command('multilingual')}"
        yield Finding("model", "note", f"not installed: {missing}")
    yield Finding("cache", "ok", f"exported graphs are kept in {cache_directory()}")
    flags = [
        f"{name}={os.environ[name]}"
        for name in ("SIMENGINE_OFFLINE", "HF_HUB_OFFLINE")
        if os.environ.get(name)
    ]
    text = (
        f"no hub is contacted ({', '.join(flags)})"
        if flags
        else "a hub is contacted only for models that are not on this machine (--offline forbids it)"
    )
    yield Finding("network", "ok", text)


def _encode() -> Iterator[Finding]:
    import time

    from simengine.encoders.load import load_encoder

    start = time.perf_counter()
    encoder = load_encoder(None, offline=True)
    encoder.encode(["warm up"])
    loaded = time.perf_counter()
    encoder.encode(["How fast is one query on this machine?"])
    query_ms = (time.perf_counter() - loaded) * 1000
    reason = f" ({encoder.runtime_reason})" if encoder.runtime_reason else ""
    yield Finding(
        "encoding",
        "ok",
        f"{encoder.runtime}{reason}: loaded in {loaded - start:.2f} s, one query in {query_ms:.1f} ms",
    )
