"""Reranking speed beside sentence-transformers' CrossEncoder with the same weights, taking turns in one run.

python benchmarks/speed_rerank.py             measure, write results/speed_rerank.json; a few minutes on two cores
python benchmarks/speed_rerank.py --quick     few queries; prints, writes nothing

A query with 20, 50 and 100 passages, together about 120 tokens a pair, one query at a time. Ours is the whole
reranker: text in, hits with judgements out, in the precision that it chooses for the processor, and in others.
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
from pathlib import Path
from typing import Any

import numpy as np
from _common import ROOT, find_data, write_result

WORKER = Path(__file__).with_name("rerank_worker.py")
SIZES = (20, 50, 100)
PAIR_TOKENS = (100, 140)
CORPORA = ("retrieval/msmarco_sample/corpus.jsonl.gz", "retrieval/squad_dev_retrieval/corpus.jsonl.gz")
QUERIES = "retrieval/msmarco_sample/queries.jsonl"
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONPATH": str(ROOT),
}


class Worker:
    """A subject in its own process."""

    def __init__(self, subject: str, folder: Path, threads: int | None) -> None:
        self.subject = subject
        self._errors = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed by close()
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), subject, str(folder), *([] if threads is None else [str(threads)])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **OFFLINE},
        )
        self.runtime = str(self._answer()["runtime"])

    def rank(self, query: str, passages: list[str], *, scores: bool = False) -> dict[str, Any]:
        """Seconds, and the scores where they are asked for."""
        assert self._process.stdin is not None
        command = {"query": query, "passages": passages, "scores": scores}
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


def read_texts(data: Path, folder: Path) -> tuple[list[str], list[str], float]:
    """Queries, passages whose pair with a query has about 120 tokens, and the mean of these."""
    from simengine.models.tokenization import FastTokenizer

    tokenizer = FastTokenizer.from_file(folder / "tokenizer.json", max_tokens=512)
    queries = [json.loads(line)["text"] for line in (data / QUERIES).read_text(encoding="utf-8").splitlines()]
    texts: list[str] = []
    for name in CORPORA:
        with gzip.open(data / name, "rt", encoding="utf-8") as lines:
            texts += [json.loads(line)["text"] for line in lines]
    unique = sorted(set(texts))
    query_tokens = statistics.mean(len(ids) - 1 for ids in tokenizer.encode(queries).ids)
    lengths = [len(ids) + query_tokens for ids in tokenizer.encode(unique).ids]
    chosen = [
        (text, length)
        for text, length in zip(unique, lengths, strict=True)
        if PAIR_TOKENS[0] <= length <= PAIR_TOKENS[1]
    ]
    order = np.random.default_rng(20261122).permutation(len(chosen))
    passages = [chosen[place][0] for place in order]
    return queries, passages, statistics.mean(length for _, length in chosen)


def measure(
    workers: list[Worker], queries: list[str], passages: list[str], rounds: int
) -> dict[int, dict[str, list[float]]]:
    """Seconds by size, subject and round; the order of the subjects changes from round to round."""
    times: dict[int, dict[str, list[float]]] = {size: {w.subject: [] for w in workers} for size in SIZES}
    pick = np.random.default_rng(1)
    for size in SIZES:
        for turn in range(-1, rounds):
            query = queries[turn % len(queries)]
            chosen = [passages[place] for place in pick.choice(len(passages), size, replace=False)]
            at = turn % len(workers)
            for worker in workers[at:] + workers[:at]:
                seconds = worker.rank(query, chosen)["seconds"]
                if turn >= 0:  # the first warms up
                    times[size][worker.subject].append(seconds)
        print(f"{size} candidates: {rounds} rounds", file=sys.stderr)
    return times


def agreement(workers: list[Worker], queries: list[str], passages: list[str]) -> dict[str, float]:
    """For each of ours the largest difference of a probability from sentence-transformers'."""
    reference = next(worker for worker in workers if worker.subject == "st")
    largest = {worker.subject: 0.0 for worker in workers if worker is not reference}
    for number, query in enumerate(queries[:5]):
        chosen = passages[number * 20 : number * 20 + 20]
        expected = np.array(reference.rank(query, chosen, scores=True)["scores"])
        for worker in workers:
            if worker is not reference:
                got = np.array(worker.rank(query, chosen, scores=True)["scores"])
                largest[worker.subject] = max(largest[worker.subject], float(np.abs(got - expected).max()))
    return largest


def summarise(
    times: dict[int, dict[str, list[float]]], differences: dict[str, float], pair_tokens: float
) -> dict[str, float]:
    """The flat summary from the raw measurements."""
    summary: dict[str, float] = {"mean_pair_tokens": pair_tokens}
    for size, by_subject in times.items():
        base = by_subject["st"]
        for subject, seconds in by_subject.items():
            key = subject.replace("-", "_")
            middle = statistics.median(seconds)
            summary[f"p50_ms_{size}_{key}"] = middle * 1e3
            summary[f"pairs_per_s_{size}_{key}"] = size / middle
            if subject != "st":
                ratio = statistics.median(a / b for a, b in zip(base, seconds, strict=True))
                name = "" if subject == "ours-auto" else f"_{subject.removeprefix('ours-')}"
                summary[f"ratio_{size}{name}"] = ratio
    for subject, difference in differences.items():
        summary[f"max_probability_difference_{subject.replace('-', '_')}"] = difference
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few queries; prints, writes nothing")
    parser.add_argument("--model", help="a cross-encoder for NLI (default: minilm-nli)")
    parser.add_argument("--threads", type=int, help="for all subjects (default: what each takes by itself)")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from simengine.cross_encoders.load import DEFAULT_NLI_MODEL
    from simengine.models.resolve import resolve_model
    from simengine.runtimes.hardware import cpu_flags

    data = find_data()
    if data is None:
        sys.exit(
            "no data sets: SIMENGINE_DATA names their folder (default: ../shared/data beside the checkout)"
        )
    folder = resolve_model(options.model or DEFAULT_NLI_MODEL, offline=True).path
    load_before = os.getloadavg()[0]
    if load_before > 0.5:
        print(f"other programs are running (load {load_before:.1f}): the ratios will be off", file=sys.stderr)
    queries, passages, pair_tokens = read_texts(data, folder)
    workers = [Worker(subject, folder, options.threads) for subject in ("ours-auto", "ours-f32", "st")]
    if cpu_flags() & {"avx512_vnni", "avx_vnni"}:
        try:
            workers.append(Worker("ours-int8", folder, options.threads))
        except SystemExit as reason:  # the engine refuses int8 where it changes a probability too much
            print(reason, file=sys.stderr)
    times = measure(workers, queries, passages, 3 if options.quick else 25)
    differences = agreement(workers, queries, passages)
    runtimes = {worker.subject: worker.runtime for worker in workers}
    for worker in workers:
        worker.close()
    summary = summarise(times, differences, pair_tokens)
    detail = {
        "runtimes": runtimes,
        "seconds": {str(size): by_subject for size, by_subject in times.items()},
        "load_before": load_before,
        "threads": options.threads,
    }
    print(json.dumps(summary, indent=1))
    if not options.quick:
        write_result("speed_rerank", summary, detail)


if __name__ == "__main__":
    main()
