"""The service as a process: it says where it listens, and a signal to stop loses nothing that was accepted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
import httpx

from simengine.engine import Engine
from tests.serving.library import DOCUMENTS, build_library, word_models

ROOT = Path(__file__).parents[3]
WAIT_S = 120


@dataclass
class Service:
    """A process that serves, and what it wrote."""

    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(default_factory=list)
    listening: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(json.loads(line))
            if self.lines[-1]["event"] == "listening":
                self.listening.set()

    @property
    def url(self) -> str:
        (line,) = (each for each in self.lines if each["event"] == "listening")
        return f"http://{line['host']}:{line['port']}"


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """The library, served by a process."""
    with word_models():
        build_library(folder / "library").close()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.serving.rest.service_process",
            str(folder),
            str(folder / "library"),
            "--port",
            "0",
        ],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    service = Service(process)
    reader = threading.Thread(target=service.read)
    reader.start()
    try:
        assert service.listening.wait(WAIT_S)
        end = time.monotonic() + WAIT_S
        while httpx.get(service.url + "/ready").status_code != 200 and time.monotonic() < end:
            time.sleep(0.05)
        yield service
    finally:
        process.kill()
        process.wait()
        reader.join()
        assert process.stderr is not None
        process.stderr.close()


def document(name: str) -> dict[str, object]:
    return {"documents": [{"id": name, "text": f"This is {name}."}]}


def signalled_during_a_write(
    service: Service, pool: ThreadPoolExecutor, hold: Path
) -> Future[httpx.Response]:
    """A write that is held up while the service has got SIGTERM; it goes on when the file `hold` is gone."""
    hold.touch()
    accepted = pool.submit(httpx.post, service.url + "/v1/documents", json=document("late"), timeout=WAIT_S)
    waiting = 'simengine_writes_waiting{index="library"} 1.0'
    while waiting not in httpx.get(service.url + "/metrics").text:
        time.sleep(0.02)
    service.process.send_signal(signal.SIGTERM)
    while httpx.get(service.url + "/ready").status_code == 200:
        time.sleep(0.02)
    return accepted


def test_a_write_that_was_accepted_is_answered_after_the_signal(tmp_path: Path) -> None:
    with serving(tmp_path) as service, ThreadPoolExecutor(1) as pool:
        accepted = signalled_during_a_write(service, pool, tmp_path / "hold")
        refused = httpx.post(service.url + "/v1/search", json={"query": "cats"})
        assert (refused.status_code, refused.json()["error"]["type"]) == (503, "not_ready")
        (tmp_path / "hold").unlink()
        answer = accepted.result(WAIT_S)
        assert (answer.status_code, answer.json()["added"]) == (200, 1)
        assert service.process.wait(WAIT_S) == 0
    assert [line["event"] for line in service.lines if line["event"] != "request"] == [
        "listening",
        "stopping",
        "stopped",
    ]
    with word_models(), Engine.open(tmp_path / "library") as engine:
        assert engine.get("late") is not None


def test_a_second_signal_answers_what_it_cuts_off(tmp_path: Path) -> None:
    with serving(tmp_path) as service, ThreadPoolExecutor(1) as pool:
        accepted = signalled_during_a_write(service, pool, tmp_path / "hold")
        service.process.send_signal(signal.SIGTERM)
        answer = accepted.result(WAIT_S)
        (tmp_path / "hold").unlink()
        assert (answer.status_code, answer.json()["error"]["type"]) == (503, "not_ready")
        assert "it may have been done" in answer.json()["error"]["message"]
        assert service.process.wait(WAIT_S) == 0
    with word_models(), Engine.open(tmp_path / "library") as engine:
        assert engine.get("late") is not None


def test_a_signal_under_load_loses_no_write_that_was_answered(tmp_path: Path) -> None:
    written: list[str] = []
    stopped = threading.Event()

    def write(worker: int) -> None:
        with httpx.Client(base_url=service.url, timeout=WAIT_S) as client:
            for number in range(10_000):
                name = f"w{worker}-{number}"
                try:
                    answer = client.post("/v1/documents", json=document(name))
                except httpx.TransportError:
                    return
                if answer.status_code != 200:
                    assert answer.status_code == 503
                    return
                written.append(name)

    def search() -> None:
        with httpx.Client(base_url=service.url, timeout=WAIT_S) as client:
            while not stopped.is_set():
                try:
                    answer = client.post("/v1/search", json={"query": "cats purr", "k": 1})
                except httpx.TransportError:
                    return
                assert answer.status_code in (200, 503)
                if answer.status_code == 200:
                    assert answer.json()["hits"][0]["id"] == "cats"

    with serving(tmp_path) as service, ThreadPoolExecutor(4) as pool:
        work = [*(pool.submit(write, worker) for worker in range(3)), pool.submit(search)]
        while len(written) < 6:
            time.sleep(0.02)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(WAIT_S) == 0
        stopped.set()
        for each in work:
            each.result(WAIT_S)
    with word_models(), Engine.open(tmp_path / "library") as engine:
        assert [name for name in written if engine.get(name) is None] == []
        assert len(engine) >= len(DOCUMENTS) + len(written)
