"""The service as a process: it says where it listens, and a signal to stop loses nothing that was accepted."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
    n_chars: int = 0
    listening: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.n_chars += len(line)
            self.lines.append(json.loads(line))
            if self.lines[-1]["event"] == "listening":
                self.listening.set()

    @property
    def url(self) -> str:
        (line,) = (each for each in self.lines if each["event"] == "listening")
        return f"http://{line['host']}:{line['port']}"


@contextmanager
def serving(folder: Path, *options: str, files: int | None = None) -> Iterator[Service]:
    """The library, served by a process that may open so many files."""
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
            *options,
        ],
        preexec_fn=None
        if files is None
        else partial(resource.setrlimit, resource.RLIMIT_NOFILE, (files // 2, files)),
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


# -- connections


@contextmanager
def connected(url: str, n: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections that have sent so much and nothing more."""
    address = (urlsplit(url).hostname, urlsplit(url).port)
    with ExitStack() as stack:
        found = []
        for _ in range(n):
            one = stack.enter_context(socket.create_connection(address, timeout=WAIT_S))
            one.sendall(sent)
            found.append(one)
        yield found


def is_open(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def closed_soon(found: list[socket.socket]) -> bool:
    end = time.monotonic() + WAIT_S
    while any(is_open(one) for one in found) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(is_open(one) for one in found)


def test_more_silent_connections_than_files_stop_nobody_and_fill_no_log(tmp_path: Path) -> None:
    with serving(tmp_path, files=512) as service, connected(service.url, 700, b"GET /ready HT") as silent:
        for _ in range(5):
            assert httpx.get(service.url + "/v1/documents/cats").status_code == 200
        with httpx.Client(base_url=service.url) as kept:
            for _ in range(3):
                assert kept.get("/ready").status_code == 200
        n_open = sum(map(is_open, silent))
        assert 100 < n_open < 512
        assert is_open(silent[-1])
        assert not is_open(silent[0])
        assert service.n_chars < 10_000
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(WAIT_S) == 0
        told = [line["text"] for line in service.lines if line["event"] == "server"]
        assert any("silent connections were closed" in text for text in told), told
        assert any("repeated" in text for text in told), told
        assert len(told) < 10


def test_who_sends_no_header_in_time_is_cut_off_and_who_waits_for_an_answer_is_not(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--header-timeout-s", "0.5") as service,
        connected(service.url, 3) as silent,
        connected(service.url, 3, b"GET /ready HTTP/1.1\r\nhost: localhost\r\nx-slow: ") as slow,
        ThreadPoolExecutor(1) as pool,
    ):
        (tmp_path / "hold").touch()
        answered = pool.submit(
            httpx.post, service.url + "/v1/documents", json=document("late"), timeout=WAIT_S
        )
        end = time.monotonic() + 1
        while time.monotonic() < end:  # each byte is no new beginning
            for one in slow:
                with suppress(OSError):
                    one.setblocking(True)
                    one.sendall(b"x")
            time.sleep(0.1)
        assert closed_soon(silent)
        assert closed_soon(slow)
        assert not answered.done()
        (tmp_path / "hold").unlink()
        assert answered.result(WAIT_S).json()["added"] == 1


def test_slow_bodies_leave_room_for_other_requests(tmp_path: Path) -> None:
    head = b"POST /v1/search HTTP/1.1\r\nhost: localhost\r\n"
    head += b"content-type: application/json\r\ncontent-length: 999\r\n\r\n{"
    with serving(tmp_path, "--max-requests", "4") as service, connected(service.url, 20, head) as slow:
        for _ in range(5):
            found = httpx.post(service.url + "/v1/search", json={"query": "cats purr"})
            assert found.json()["hits"][0]["id"] == "cats"
        slow[0].settimeout(WAIT_S)
        assert slow[0].recv(100).startswith(b"HTTP/1.1 408")
        assert is_open(slow[-1])


def test_answers_that_nobody_takes_leave_room_for_other_requests(tmp_path: Path) -> None:
    asks = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * 100
    with serving(tmp_path, "--max-requests", "4") as service, ExitStack() as stack:
        address = (urlsplit(service.url).hostname, urlsplit(service.url).port)
        for _ in range(20):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            one.connect(address)
            one.sendall(asks)
        end = time.monotonic() + WAIT_S
        accepted = ""
        while "simengine_requests_accepted 0.0" not in accepted and time.monotonic() < end:
            time.sleep(0.1)
            accepted = httpx.get(service.url + "/metrics").text
        for _ in range(5):
            found = httpx.post(service.url + "/v1/search", json={"query": "cats purr"})
            assert found.json()["hits"][0]["id"] == "cats"


def test_a_large_answer_is_taken_slowly_and_the_next_request_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        with httpx.Client() as client:
            whole = client.get(service.url + "/openapi.json").content
        asks = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * 40
        with connected(service.url, 1) as (one,):
            one.sendall(asks)
            end, n_bytes = time.monotonic() + WAIT_S, 0
            while n_bytes < 40 * len(whole) and time.monotonic() < end:
                n_bytes += len(one.recv(4_096))
            assert n_bytes >= 40 * len(whole)
