"""Encoding speed beside sentence-transformers, all subjects taking turns in one run.

python benchmarks/speed_encode.py                          measure, write results/speed_encode.json
python benchmarks/speed_encode.py --quick                  a smoke run; prints, writes nothing
python benchmarks/speed_encode.py --openvino-python PATH   with sentence-transformers' OpenVINO backend, run by
    another interpreter: optimum-intel needs an older transformers than this project
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _common import ROOT, find_data, write_result

WORKER = Path(__file__).with_name("encode_worker.py")
SHORT_FILES = ("similarity/stsb/train.jsonl.gz", "text1"), ("similarity/stsb/test.jsonl.gz", "text2")
PASSAGE_FILES = (
    ("retrieval/squad_dev_retrieval/corpus.jsonl.gz", "text"),
    ("retrieval/msmarco_sample/corpus.jsonl.gz", "text"),
)
SENTENCE = "How do I find out which of two sentences means the same as a third?"
COLD = {
    "ours": "from simengine.encoders.load import load_encoder; load_encoder({folder!r}, device='cpu',"
    " offline=True).encode([{text!r}])",
    "st": "from sentence_transformers import SentenceTransformer; SentenceTransformer({folder!r}, device='cpu',"
    " local_files_only=True).encode([{text!r}])",
}
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "true",
}


class Worker:
    """A subject in its own process."""

    def __init__(self, python: str, subject: str, folder: Path, texts: Path) -> None:
        self.subject = subject
        self._errors = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed by close()
        self._process = subprocess.Popen(
            [python, str(WORKER), subject, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment(),
        )
        self.runtime = self._answer()["runtime"]
        self.call(do="read", path=str(texts))

    def call(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise SystemExit(f"{self.subject} ended unexpectedly:\n{self._errors.read()[-2000:]}")
        return dict(json.loads(line))

    def close(self) -> None:
        self._process.communicate(timeout=60)
        self._errors.close()


def load_average() -> float:
    """Processes that wanted to run in the last minute, before this benchmark starts its own."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def environment() -> dict[str, str]:
    """This process's environment, offline, with this checkout importable."""
    return {**os.environ, **OFFLINE, "PYTHONPATH": str(ROOT)}


def read_texts(n_short: int, n_passages: int) -> tuple[dict[str, list[str]], str]:
    """Distinct short sentences, distinct passages of 100 to 256 tokens, and where they came from."""
    data = find_data()
    if data is None:
        print("no data sets found (SIMENGINE_DATA): texts are Python's language reference", file=sys.stderr)
        short, passages, source = *_python_texts(), "Python language reference"
    else:
        short = [text for name, field in SHORT_FILES for text in _field(data / name, field)]
        passages = [text for name, field in PASSAGE_FILES for text in _field(data / name, field)]
        source = "STS-B; SQuAD paragraphs, MS MARCO passages"
    passages = [text for text in passages if 450 <= len(text) <= 1000]
    pick = np.random.default_rng(20261122)
    chosen = {
        "short": _sample(sorted(set(short)), n_short, pick),
        "passage": _sample(sorted(set(passages)), n_passages, pick),
    }
    return chosen, source


def _field(path: Path, field: str) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line)[field] for line in file]


def _sample(texts: list[str], n: int, pick: np.random.Generator) -> list[str]:
    return [texts[i] for i in pick.permutation(len(texts))[:n]]


def _python_texts() -> tuple[list[str], list[str]]:
    from pydoc_data import topics

    parts = [" ".join(p.split()) for _, text in sorted(topics.topics.items()) for p in text.split("\n\n")]
    whole = " ".join(parts)
    return [p for p in parts if 20 <= len(p) <= 90], [
        whole[i : i + 650] for i in range(0, len(whole) - 650, 650)
    ]


def token_counts(folder: Path, texts: dict[str, list[str]]) -> dict[str, int]:
    """Tokens of each set, special tokens included, after truncation."""
    from simengine.models.config import read_config
    from simengine.models.tokenization import FastTokenizer

    tokenizer = FastTokenizer.from_file(folder / "tokenizer.json", max_tokens=read_config(folder).max_tokens)
    return {name: sum(len(ids) for ids in tokenizer.encode(some).ids) for name, some in texts.items()}


def measure(workers: list[Worker], sets: list[str], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds of each subject, set and round; the order of subjects changes from round to round."""
    times: dict[str, dict[str, list[float]]] = {w.subject: {name: [] for name in sets} for w in workers}
    for turn in range(rounds + 1):
        for name in sets:
            order = workers[turn % len(workers) :] + workers[: turn % len(workers)]
            for worker in order:
                seconds = worker.call(do="encode", set=name)["seconds"]
                if turn:  # the first round compiles and warms up
                    times[worker.subject][name].append(seconds)
        print(f"round {turn} of {rounds}", file=sys.stderr)
    return times


def median_ratio(slow: list[float], fast: list[float]) -> float:
    """Median over rounds of the ratio within a round."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def lowest_cosines(workers: list[Worker], sets: list[str], scratch: Path) -> dict[str, float]:
    """For each subject the lowest cosine to sentence-transformers' fp32 vectors over all texts."""
    vectors: dict[str, list[Any]] = {}
    for worker in workers:
        for name in sets:
            path = scratch / f"{worker.subject}-{name}.npy"
            worker.call(do="encode", set=name, save=str(path))
            found = np.load(path)
            vectors.setdefault(worker.subject, []).append(
                found / np.linalg.norm(found, axis=1, keepdims=True)
            )
    reference = np.concatenate(vectors["st"])
    return {
        subject: float(np.einsum("ij,ij->i", np.concatenate(parts), reference).min())
        for subject, parts in vectors.items()
    }


def cold_starts(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Median wall time and peak memory of whole processes that encode one sentence."""
    seconds: dict[str, list[float]] = {name: [] for name in COLD}
    peak_mb: dict[str, float] = {}
    for turn in range(rounds + 1):
        for name, code in COLD.items():
            command = [sys.executable, "-c", code.format(folder=str(folder), text=SENTENCE)]
            start = time.perf_counter()
            process = subprocess.Popen(
                command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(f"cold start of {name} failed with exit code {process.returncode}")
            if turn:  # the first brings the files into the page cache
                seconds[name].append(time.perf_counter() - start)
                peak_mb[name] = max(peak_mb.get(name, 0.0), usage.ru_maxrss / 1024)
    return {name: {"seconds": statistics.median(s), "peak_mb": peak_mb[name]} for name, s in seconds.items()}


def summarise(
    times: dict[str, dict[str, list[float]]],
    cosines: dict[str, float],
    single: dict[str, list[float]],
    tokens: dict[str, int],
    counts: dict[str, int],
) -> dict[str, float]:
    """The flat summary from the raw measurements."""
    base = times["st"]
    ratios = {s: {n: median_ratio(base[n], t[n]) for n in t} for s, t in times.items() if s != "st"}
    summary: dict[str, float] = {
        "ratio_short": ratios["ours-auto"]["short"],
        "ratio_passage": ratios["ours-auto"]["passage"],
        "min_cosine": cosines["ours-auto"],
        "ratio_fp32": min(ratios["ours-f32"].values()),
        "ratio_fp32_short": ratios["ours-f32"]["short"],
        "ratio_fp32_passage": ratios["ours-f32"]["passage"],
        "min_cosine_fp32": cosines["ours-f32"],
    }
    for subject, key in (
        ("ours-int8", "int8"),
        ("st-openvino", "st_openvino"),
        ("st-openvino-f32", "st_openvino_f32"),
    ):
        if subject in ratios:
            summary |= {f"ratio_{key}_{name}": value for name, value in ratios[subject].items()}
            summary[f"min_cosine_{key}"] = cosines[subject]
            if subject.startswith("st"):
                for name in base:
                    ratio = median_ratio(times[subject][name], times["ours-auto"][name])
                    summary[f"ratio_to_{key}_{name}"] = ratio
    for subject, by_set in times.items():
        for name, seconds in by_set.items():
            middle = statistics.median(seconds)
            summary[f"texts_per_s_{name}_{_key(subject)}"] = counts[name] / middle
            summary[f"tokens_per_s_{name}_{_key(subject)}"] = tokens[name] / middle
    for subject, seconds in single.items():
        summary[f"one_query_p50_ms_{_key(subject)}"] = statistics.median(seconds) * 1e3
    return summary


def _key(subject: str) -> str:
    return subject.replace("-", "_")


def start_workers(options: argparse.Namespace, folder: Path, texts: Path) -> list[Worker]:
    """One process for each subject that this machine can run."""
    from simengine.runtimes.hardware import cpu_flags

    subjects = [("ours-auto", sys.executable), ("ours-f32", sys.executable), ("st", sys.executable)]
    if cpu_flags() & {"avx512_vnni", "avx_vnni"}:
        subjects.append(("ours-int8", sys.executable))
    if options.openvino_python:
        subjects += [(name, options.openvino_python) for name in ("st-openvino", "st-openvino-f32")]
    return [Worker(python, subject, folder, texts) for subject, python in subjects]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few texts and rounds; writes nothing")
    parser.add_argument("--openvino-python", metavar="PATH", help="interpreter with optimum-intel")
    parser.add_argument("--model", help="model folder (default: all-MiniLM-L6-v2)")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from simengine.models.resolve import resolve_model

    folder = resolve_model(options.model, offline=True).path
    load_before = load_average()
    if load_before > 0.5:
        print(
            f"other programs are running (load {load_before:.1f}): torch's threads suffer more from that than ours, "
            "so the ratios come out too high",
            file=sys.stderr,
        )
    n_short, n_passages, rounds = (128, 16, 2) if options.quick else (640, 80, 7)
    texts, source = read_texts(n_short, n_passages)
    counts = {name: len(some) for name, some in texts.items()}
    tokens = token_counts(folder, texts)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "texts.json"
        queries = texts["short"][: 20 if options.quick else 200]
        path.write_text(json.dumps({**texts, "queries": queries}), encoding="utf-8")
        workers = start_workers(options, folder, path)
        times = measure(workers, list(texts), rounds)
        single = {w.subject: w.call(do="single", set="queries")["seconds"] for w in workers}
        cosines = lowest_cosines(workers, list(texts), Path(scratch))
        runtimes = {worker.subject: worker.runtime for worker in workers}
        for worker in workers:
            worker.close()
    cold = cold_starts(folder, 2 if options.quick else 7)
    summary = summarise(times, cosines, single, tokens, counts)
    for name, found in cold.items():
        summary |= {f"cold_start_s_{name}": found["seconds"], f"cold_start_peak_mb_{name}": found["peak_mb"]}
    summary["cold_start_ratio"] = cold["st"]["seconds"] / cold["ours"]["seconds"]
    detail = {
        "source": source,
        "texts": counts,
        "tokens": tokens,
        "runtimes": runtimes,
        "seconds": times,
        "rounds": rounds,
        "load_before": load_before,
        "openvino_backend": "measured" if options.openvino_python else "not measured: no --openvino-python",
    }
    print(json.dumps(summary, indent=1))
    if not options.quick:
        write_result("speed_encode", summary, detail)


if __name__ == "__main__":
    main()
