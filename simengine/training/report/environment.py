"""Where a model was made: package versions and the machine, without anything that identifies a person or a host."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "simengine-search",
    "torch",
    "transformers",
    "sentence-transformers",
    "accelerate",
    "datasets",
    "peft",
    "tokenizers",
    "scikit-learn",
    "scipy",
    "numpy",
)


def package_versions() -> dict[str, str]:
    """Versions of the installed packages that determine a run's result."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine_facts() -> dict[str, Any]:
    """Processor, cores, memory, system, and the GPUs that torch sees if it is loaded."""
    facts: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _field(Path("/proc/cpuinfo"), "model name") or platform.processor() or "unknown",
        "cores": os.cpu_count(),
    }
    if memory := _field(Path("/proc/meminfo"), "MemTotal"):
        facts["memory_gib"] = round(int(memory.split()[0]) / 2**20, 1)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        facts["gpus"] = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return facts


def _field(path: Path, name: str) -> str:
    """The first value of a field in a file of "name: value" lines; "" if there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next(
        (line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), ""
    )
