"""What every benchmark needs: where the data lies, what the machine is, how a result is written."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import simengine

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
_PACKAGES = (
    "torch",
    "transformers",
    "sentence-transformers",
    "openvino",
    "tokenizers",
    "numpy",
    "faiss-cpu",
    "tantivy",
    "scikit-learn",
    "implicit",
)
_FLAGS = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_bf16",
    "amx_int8",
)


def find_data() -> Path | None:
    """The folder with the data sets: SIMENGINE_DATA, else ../shared/data beside the checkout, else None."""
    given = os.environ.get("SIMENGINE_DATA")
    folder = Path(given).expanduser() if given else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def machine() -> dict[str, Any]:
    """Processor, its features that matter here, cores, memory and system; nothing that names the host."""
    fields: dict[str, str] = {}
    memory_gib = None
    cpuinfo, meminfo = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            fields.setdefault(name.strip(), value.strip())
    if meminfo.is_file():
        memory_gib = round(int(meminfo.read_text(encoding="utf-8").split()[1]) / 2**20, 1)
    present = set(fields.get("flags", "").split())
    return {
        "processor": fields.get("model name", platform.processor()),
        "features": [flag for flag in _FLAGS if flag in present],
        "cores": os.cpu_count(),
        "last_level_cache": fields.get("cache size", ""),
        "memory_gib": memory_gib,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Installed versions of the packages that decide the figures."""
    found = {"simengine": simengine.__version__}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """The checkout's commit, with "+" behind it when files of the package differ from it."""
    try:
        name = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "simengine", "benchmarks/*.py")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name + ("+" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write_result(name: str, summary: Mapping[str, float], detail: Mapping[str, Any]) -> Path:
    """Write benchmarks/results/<name>.json.

    Args:
        name: of the benchmark.
        summary: flat, numeric: the keys that targets are set for, and others.
        detail: everything else; its "versions", if any, are added to those of this process.
    """
    value = {
        "commit": commit(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": {**versions(), **detail.get("versions", {})},
        "summary": dict(summary),
        "detail": {key: part for key, part in detail.items() if key != "versions"},
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
