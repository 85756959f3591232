"""FAISS on a GPU, checked and measured in one command. Needs a machine with a CUDA device and simengine-search[gpu].

python benchmarks/gpu.py                      200,000 vectors; writes results/gpu.json
python benchmarks/gpu.py --rows 2000000       more of them
python benchmarks/gpu.py --dry-run            the same steps on the CPU: shows that the script itself works

Each recipe with a GPU form is trained, filled and searched there, saved, opened on the CPU and on the GPU again, and
compared with exact search. A check that fails is named and makes the exit status 1. No data is needed: the vectors are
points around random centres, so recall here says only that both sides agree.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from speed_ann import BATCH, ROOT, report_head, seconds_b1, seconds_b64

from simengine.errors import DeviceError
from simengine.index.build import build_index, load_index
from simengine.index.device import faiss_status
from simengine.index.exact import exact_search
from simengine.index.live import search_live
from simengine.index.recall import measure_recall
from simengine.index.recipe import IndexRecipe, list_recipes

DIM = 384
N_QUERIES = 512


class Checks:
    """Results of checks, printed as they come."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def expect(self, what: str, holds: bool) -> None:
        """Note whether `what` holds."""
        print(f"{'ok    ' if holds else 'FAILED'} {what}", file=sys.stderr)
        if not holds:
            self.failed.append(what)


def made_vectors(n: int, seed: int) -> Any:
    """(n, 384) float32 unit vectors around random centres that depend on nothing but their number."""
    centres = np.random.default_rng(0).standard_normal((2_000, DIM), dtype=np.float32)
    rng = np.random.default_rng(seed)
    vectors = np.empty((n, DIM), np.float32)
    for start in range(0, n, 100_000):
        part = vectors[start : start + 100_000]
        part[:] = centres[rng.integers(0, len(centres), len(part))]
        part += rng.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return vectors


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """The result of a call and its seconds."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def agreement(found: Any, wanted: Any) -> float:
    """Share of rows that two results have in common."""
    pairs = zip(found, wanted, strict=True)
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in pairs]))


def check_recipe(
    recipe: IndexRecipe, vectors: Any, queries: Any, device: str, checks: Checks
) -> dict[str, float]:
    """Build, search, save and open one recipe on the device and on the CPU."""
    n, name = len(vectors), recipe.name
    segments = [(0, vectors[: n // 3]), (n // 3, vectors[n // 3 :])]
    on_cpu, cpu_s = timed(lambda: build_index(segments, n, DIM, recipe))
    on_gpu, gpu_s = timed(lambda: build_index(segments, n, DIM, recipe, device=device))
    checks.expect(f"{name}: built on {device}", on_gpu.device == device.partition(":")[0])
    scores, rows = on_gpu.search(queries, 10)
    exact_scores, exact_rows = exact_search(segments, queries, 10)
    recall = measure_recall(on_gpu, segments, queries=queries).recall
    recall_cpu = measure_recall(on_cpu, segments, queries=queries).recall
    checks.expect(
        f"{name}: recall@10 {recall:.4f} is within 0.02 of the CPU's {recall_cpu:.4f}",
        recall > recall_cpu - 0.02,
    )
    if recipe.exact:
        same = np.array_equal(rows, exact_rows) and np.array_equal(scores, exact_scores)
        checks.expect(f"{name}: rows and scores are those of exact search on the CPU", same)
    singles = np.concatenate([on_gpu.search(queries[q : q + 1], 10)[1] for q in range(32)])
    checks.expect(f"{name}: batch equals single", agreement(singles, rows[:32]) > 0.999)
    checks.expect(
        f"{name}: k = 3,000 gives 3,000 rows", bool((on_gpu.search(queries[:2], 3_000)[1] >= 0).all())
    )
    check_filter(name, on_gpu, segments, queries, checks)
    check_threads(name, on_gpu, queries, rows, checks)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ann.faiss"
        on_gpu.save(path)
        for where in ("cpu", device):
            opened = load_index(
                path, recipe, expected_rows=n, expected_dim=DIM, segments=segments, device=where
            )
            shared = agreement(opened.search(queries, 10)[1], rows)
            checks.expect(
                f"{name}: saved from {device}, opened on {where}: {shared:.4f} of the rows", shared > 0.99
            )
    key = name.replace("-", "_")
    return {
        f"{key}_build_s_gpu": round(gpu_s, 2),
        f"{key}_build_s_cpu": round(cpu_s, 2),
        f"{key}_recall_at_10_gpu": round(recall, 4),
        f"{key}_recall_at_10_cpu": round(recall_cpu, 4),
        f"{key}_qps_b1_gpu": round(1 / seconds_b1(on_gpu.search, queries)),
        f"{key}_qps_b1_cpu": round(1 / seconds_b1(on_cpu.search, queries)),
        f"{key}_qps_b64_gpu": round(BATCH / seconds_b64(on_gpu.search, queries)),
        f"{key}_qps_b64_cpu": round(BATCH / seconds_b64(on_cpu.search, queries)),
    }


def check_filter(name: str, index: Any, segments: Any, queries: Any, checks: Checks) -> None:
    """A mask holds, whichever device the index is on."""
    live = np.random.default_rng(1).random(index.n_rows) < 0.3
    rows = search_live(index, segments, queries[:64], 10, live)[1]
    checks.expect(
        f"{name}: a search under a mask returns no masked row", bool(live[rows].all() and (rows >= 0).all())
    )


def check_threads(name: str, index: Any, queries: Any, rows: Any, checks: Checks) -> None:
    """Eight threads at once get what one gets."""
    shared: list[float] = []

    def work() -> None:
        shared.extend(agreement(index.search(queries[:64], 10)[1], rows[:64]) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checks.expect(
        f"{name}: eight threads at once get what one gets", len(shared) == 80 and min(shared) > 0.999
    )


def main() -> int:
    """Check and measure; 1 when a check failed, 2 when there is no GPU."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dry-run", action="store_true")
    arguments = parser.parse_args()
    status = faiss_status()
    print(status, file=sys.stderr)
    if status.n_gpus == 0 and not arguments.dry_run:
        print(f"no GPU: {status.gpu_reason}", file=sys.stderr)
        return 2
    device = "cpu" if arguments.dry_run else arguments.device
    vectors, queries = made_vectors(arguments.rows, 1), made_vectors(N_QUERIES, 2)
    checks, summary = Checks(), {}
    for recipe in list_recipes():
        if recipe.gpu:
            summary |= check_recipe(recipe, vectors, queries, device, checks)
        elif not arguments.dry_run:
            index = build_index([(0, vectors[:5_000])], 5_000, DIM, recipe, device=device)
            checks.expect(
                f"{recipe.name}: built on the CPU with a reason", index.device == "cpu" and bool(index.notes)
            )
    try:
        build_index([(0, vectors[:5_000])], 5_000, DIM, list_recipes()[0], device="cuda:99")
        checks.expect("a GPU that is not there is refused", False)
    except DeviceError as error:
        checks.expect(f"a GPU that is not there is refused: {error}", "\n" not in str(error))
    summary["checks_failed"] = len(checks.failed)
    result = {
        **report_head(),
        "summary": summary,
        "detail": {"rows": len(vectors), "faiss": status.version, "failed": checks.failed},
    }
    print(json.dumps(result, indent=2))
    if not arguments.dry_run:
        (ROOT / "benchmarks" / "results" / "gpu.json").write_text(
            json.dumps(result, indent=2) + "\n", encoding="utf-8"
        )
    return int(bool(checks.failed))


if __name__ == "__main__":
    sys.exit(main())
