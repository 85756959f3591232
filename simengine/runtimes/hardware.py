"""The machine's hardware: processor features, threads, GPUs."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

from simengine.errors import DeviceError, UsageError
from simengine.text.arguments import as_whole


@cache
def cpu_flags() -> frozenset[str]:
    """Feature flags of the processor, by their Linux names; empty if they cannot be read."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    line = next((line for line in text.splitlines() if line.startswith(("flags", "Features"))), ":")
    return frozenset(line.split(":", 1)[1].split())


def has_bf16_matrix_units() -> bool:
    """Whether bf16 is faster than fp32 on this CPU: with AMX; AVX-512 bf16 alone is slower."""
    return platform.machine() in ("x86_64", "AMD64") and {"amx_bf16", "amx_tile"} <= cpu_flags()


def available_threads() -> int:
    """Processors that this process may use; `OMP_NUM_THREADS` lowers it."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    given = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return max(1, min(n, int(given))) if given.isdigit() and int(given) > 0 else n


def choose_threads(threads: int | None) -> int:
    """The number of threads to use.

    Raises:
        UsageError: `threads` is less than 1.
    """
    if threads is None:
        return available_threads()
    return as_whole(threads, "threads")


def choose_device(device: str) -> str:
    """ "cpu", "cuda" or "cuda:N" for "auto" or one of these.

    Raises:
        DeviceError: CUDA was requested and cannot be used.
        UsageError: any other name.
    """
    if device == "cpu":
        return "cpu"
    if device == "auto":
        # Without the driver's device files there is no GPU, and importing torch takes two seconds.
        driver = any(Path(name).exists() for name in ("/dev/nvidiactl", "/dev/dxg"))
        return "cuda" if driver and _cuda_problem("cuda") is None else "cpu"
    if device == "cuda" or (isinstance(device, str) and device.startswith("cuda:") and device[5:].isdigit()):
        if problem := _cuda_problem(device):
            raise DeviceError(f"device {device!r} cannot be used: {problem}; use --device cpu")
        return device
    raise UsageError(f"device is {device!r:.60}; expected auto, cpu, cuda or cuda:N")


def _cuda_problem(device: str) -> str | None:
    import torch

    if torch.version.cuda is None:
        return f"this torch ({torch.__version__}) is built without CUDA"
    if not torch.cuda.is_available():
        return "torch finds no NVIDIA GPU or driver"
    n = torch.cuda.device_count()
    if ":" in device and int(device[5:]) >= n:
        return f"there are {n} GPUs, numbered from 0"
    return None
