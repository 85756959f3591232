"""Every index recipe at 20,000 and 100,000 real sentence vectors: build time, size, recall, searches per second.

python benchmarks/speed_ann.py             measure, write results/speed_ann.json and the table of indexes/README.md
python benchmarks/speed_ann.py --quick     20,000 vectors only; prints, writes nothing
python benchmarks/speed_ann.py --table     only write the table again; with --check: say whether it is up to date

Beside it, taking turns in the same run: FAISS called directly with the recipe that `auto` chooses at 100,000 vectors
(its own fp16 refinement in place of ours), FAISS's Flat index as shipped, and hnswlib where it is installed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from ann_data import load_vectors

from simengine.index.build import build_index
from simengine.index.exact import exact_search
from simengine.index.recall import measure_recall
from simengine.index.recipe import list_recipes, load_recipe

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "speed_ann.json"
README = ROOT / "indexes" / "README.md"
SIZES = (20_000, 100_000)
N_QUERIES = 512
BATCH = 64
TURNS = 9
AUTO_100K = "pq-fastscan"
HNSW_EFS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
SETTINGS = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_CORETYPE")
Search = Callable[[Any, int], Any]


def seconds_b1(search: Search, queries: Any) -> float:
    """Time of one query: the lower quartile, which other work on the machine disturbs least."""
    times = []
    for q in range(min(100, len(queries))):
        start = time.perf_counter()
        search(queries[q : q + 1], 10)
        times.append(time.perf_counter() - start)
    return float(np.quantile(times, 0.25))


def seconds_b64(search: Search, queries: Any) -> float:
    """Time of a batch of 64: the lower quartile."""
    times = []
    for at in range(0, len(queries) - BATCH + 1, BATCH):
        start = time.perf_counter()
        search(queries[at : at + BATCH], 10)
        times.append(time.perf_counter() - start)
    return float(np.quantile(times, 0.25))


def ratio(ours: Search, theirs: Search, queries: Any, clock: Callable[[Search, Any], float]) -> float:
    """Their time / our time: the median over turns of both in one run."""
    ratios = []
    for turn in range(TURNS):
        pair = [(ours, 0), (theirs, 1)] if turn % 2 == 0 else [(theirs, 1), (ours, 0)]
        seconds = {which: clock(search, queries) for search, which in pair}
        ratios.append(seconds[1] / seconds[0])
    return round(statistics.median(ratios), 3)


def measure_recipe(name: str, documents: Any, queries: Any, folder: Path) -> tuple[dict[str, Any], Search]:
    """One row of the table, and the search that it was measured with."""
    segments = [(0, documents)]
    recipe = load_recipe(name)
    start = time.perf_counter()
    index = build_index(segments, len(documents), documents.shape[1], recipe)
    build_s = time.perf_counter() - start
    path = folder / f"{name}.faiss"
    index.save(path)
    row = {
        "recipe": name,
        "factory": index.factory,
        "rows": len(documents),
        "build_s": round(build_s, 2),
        "mb": round(path.stat().st_size / 1e6, 1),
        "recall_at_10": round(measure_recall(index, segments, queries=queries).recall, 4),
        "recall_at_10_stored_rows": round(measure_recall(index, segments).recall, 4),
        "qps_b1": round(1 / seconds_b1(index.search, queries)),
        "qps_b64": round(BATCH / seconds_b64(index.search, queries)),
    }
    print(json.dumps(row), file=sys.stderr)
    return row, index.search


def raw_faiss(documents: Any) -> tuple[Search, Search]:
    """FAISS called directly: the quantised recipe with FAISS's own refinement, and Flat as shipped."""
    import faiss

    dimension = documents.shape[1]
    refined = faiss.index_factory(
        dimension, f"PQ{dimension // 3}x4fs,Refine(SQfp16)", faiss.METRIC_INNER_PRODUCT
    )
    refined.train(documents[:65_536])
    refined.add(documents)
    refined.k_factor = 10
    flat = faiss.IndexFlatIP(dimension)
    flat.add(documents)
    return refined.search, flat.search


def hnswlib_at_099(documents: Any, queries: Any) -> tuple[Search, dict[str, Any]] | None:
    """hnswlib with the smallest ef that reaches recall@10 of 0.99, or None where it is not installed."""
    try:
        import hnswlib
    except ImportError:
        print("hnswlib is not installed: its column is left out", file=sys.stderr)
        return None
    index = hnswlib.Index(space="ip", dim=documents.shape[1])
    start = time.perf_counter()
    index.init_index(max_elements=len(documents), M=32, ef_construction=200)
    index.add_items(documents)
    build_s = time.perf_counter() - start
    _, exact = exact_search([(0, documents)], queries, 10)
    recall = 0.0
    for ef in HNSW_EFS:
        index.set_ef(ef)
        labels, _ = index.knn_query(queries, k=10)
        recall = float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(labels, exact, strict=True)]))
        if recall >= 0.99:
            break
    row = {"ef": ef, "recall_at_10": round(recall, 4), "build_s": round(build_s, 2)}
    return (lambda q, k: index.knn_query(q, k=k)), row


def masked_milliseconds(documents: Any, queries: Any) -> dict[str, float]:
    """Exact search with filters of several selectivities: milliseconds for one query and for a batch of 64."""
    found = {}
    for share in (0.001, 0.01, 0.1, 0.5, 1.0):
        keep = np.random.default_rng(0).random(len(documents)) < share

        def search(q: Any, k: int, keep: Any = keep) -> Any:
            return exact_search([(0, documents)], q, k, keep=keep)

        label = f"{share * 100:g}".replace(".", "_")
        found[f"exact_ms_b1_100k_kept_{label}pct"] = round(1e3 * seconds_b1(search, queries), 2)
        found[f"exact_ms_b64_100k_kept_{label}pct"] = round(1e3 * seconds_b64(search, queries), 2)
    return found


def measure(sizes: tuple[int, ...], cache: Path) -> dict[str, Any]:
    """The summary and the rows of all sizes."""
    documents, queries = load_vectors(max(sizes), N_QUERIES, cache)
    rows: list[dict[str, Any]] = []
    summary: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / "vectors.npy"
            np.save(path, documents[:size])
            mapped = np.load(path, mmap_mode="r")
            searches: dict[str, Search] = {}
            for recipe in list_recipes():
                row, searches[recipe.name] = measure_recipe(recipe.name, mapped, queries, Path(folder))
                rows.append(row)
            summary |= compare(searches, mapped, queries, f"{size // 1000}k")
        if max(sizes) >= 100_000:
            summary |= masked_milliseconds(mapped, queries)
    if "ratio_faiss_b64_100k" in summary:
        summary["ratio_faiss_b64"] = summary["ratio_faiss_b64_100k"]
    return {"summary": summary, "detail": {"recipes": rows, "n_queries": len(queries)}}


def compare(searches: dict[str, Search], documents: Any, queries: Any, label: str) -> dict[str, float]:
    """Ratios to FAISS called directly and to hnswlib."""
    refined, flat = raw_faiss(np.ascontiguousarray(documents))
    ours = searches[AUTO_100K]
    summary = {
        f"ratio_faiss_b64_{label}": ratio(ours, refined, queries, seconds_b64),
        f"ratio_faiss_b1_{label}": ratio(ours, refined, queries, seconds_b1),
        f"ratio_faiss_flat_b64_{label}": ratio(searches["flat"], flat, queries[: 2 * BATCH], seconds_b64),
        f"ratio_faiss_flat_b1_{label}": ratio(searches["flat"], flat, queries, seconds_b1),
    }
    peer = hnswlib_at_099(np.ascontiguousarray(documents), queries)
    if peer is not None:
        summary[f"ratio_hnswlib_b1_{label}_at_099"] = ratio(ours, peer[0], queries, seconds_b1)
        summary[f"ratio_hnswlib_b64_{label}_at_099"] = ratio(ours, peer[0], queries, seconds_b64)
        summary |= {f"hnswlib_{key}_{label}": value for key, value in peer[1].items()}
    print(json.dumps(summary), file=sys.stderr)
    return summary


def machine() -> str:
    """Processor, cores in use and settings that move the figures, in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*:\s*(.*)", cpuinfo.read_text(encoding="utf-8"))
        model = found[1] if found else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    settings = [f"{name}={os.environ[name]}" for name in SETTINGS if name in os.environ]
    return ", ".join([model, f"{cores} cores", platform.system(), *settings])


def commit() -> str:
    """The checkout's commit, short; with "+" when the index package has uncommitted changes."""
    git = ["git", "-C", str(ROOT)]
    short = subprocess.run(
        [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    ).stdout
    changed = subprocess.run(
        [*git, "status", "--porcelain", "simengine/index", "indexes"], capture_output=True, check=True
    )
    return short.strip() + ("+" if changed.stdout else "")


def report_head() -> dict[str, Any]:
    """What every result says of its origin."""
    names = ["faiss-cpu", "faiss-gpu", "faiss-gpu-cu12", "hnswlib", "numpy"]
    installed = {
        d.metadata["Name"]: d.version for d in metadata.distributions() if d.metadata["Name"] in names
    }
    return {
        "commit": commit(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": dict(sorted(installed.items())),
    }


def table(result: dict[str, Any]) -> str:
    """The measured table of indexes/README.md."""
    lines = []
    for size in sorted({row["rows"] for row in result["detail"]["recipes"]}):
        lines += [
            f"**{size:,} vectors of 384 dimensions**",
            "",
            "| recipe | FAISS factory | build s | MB | recall@10, questions | recall@10, stored rows "
            "| q/s, b1 | q/s, b64 |",
            "|---|---|--:|--:|--:|--:|--:|--:|",
        ]
        for row in result["detail"]["recipes"]:
            if row["rows"] == size:
                lines.append(
                    f"| {row['recipe']} | `{row['factory']}` | {row['build_s']:.1f} | {row['mb']:.1f} "
                    f"| {row['recall_at_10']:.3f} | {row['recall_at_10_stored_rows']:.3f} "
                    f"| {row['qps_b1']:,} | {row['qps_b64']:,} |"
                )
        lines.append("")
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return "\n".join(
        [*lines, f"Commit {result['commit']}, {result['date']}; {result['machine']}; {versions}."]
    )


def write_table(check: bool) -> int:
    """Put the table of the committed result into indexes/README.md; 1 when `check` finds another one there."""
    old = README.read_text(encoding="utf-8")
    made = table(json.loads(RESULT.read_text(encoding="utf-8")))
    pattern = re.compile(r"(<!-- table: speed_ann -->\n).*?(<!-- end -->)", re.DOTALL)
    new = pattern.sub(lambda found: f"{found[1]}{made}\n{found[2]}", old)
    if not check:
        README.write_text(new, encoding="utf-8")
    elif new != old:
        print(
            "indexes/README.md is not what results/speed_ann.json says: run speed_ann.py --table",
            file=sys.stderr,
        )
    return int(check and new != old)


def main() -> int:
    """Measure, or only write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "simengine-bench" / "vectors"
    )
    arguments = parser.parse_args()
    if arguments.table or arguments.check:
        return write_table(arguments.check)
    measured = measure(SIZES[:1] if arguments.quick else SIZES, arguments.cache)
    result = {
        **report_head(),
        **measured,
    }
    print(json.dumps(result, indent=2))
    if not arguments.quick:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        return write_table(check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
