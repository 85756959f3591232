"""Connections are bounded in number and in silence, whatever app is behind them."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra serve is not installed")

from simengine.serving import connections
from simengine.serving.connections import BoundedServer, bounded_config
from simengine.serving.listening import listen
from simengine.serving.settings import ConnectionLimits

WAIT_S = 60
ASK = b"GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n"


class App:
    """Answers /held when `go` is set, /large with much, and anything else at once."""

    def __init__(self) -> None:
        self.go, self.n_held = threading.Event(), 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        body = b"x" * (8 << 20) if scope["path"] == "/large" else b"here"
        if scope["path"] == "/held":
            self.n_held += 1
            await asyncio.to_thread(self.go.wait, WAIT_S)
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(app: App, limits: ConnectionLimits) -> Iterator[tuple[BoundedServer, tuple[str, int]]]:
    listening = listen("127.0.0.1", 0)
    server = BoundedServer(bounded_config(app, limits, lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield server, listening.getsockname()
    finally:
        app.go.set()
        server.should_exit = True
        thread.join(WAIT_S)
        listening.close()


def answer(one: socket.socket) -> bytes:
    """What comes, "" where the connection is closed."""
    try:
        return one.recv(1_000)
    except ConnectionError:
        return b""


def test_the_longest_silent_gives_way_and_whoever_is_answered_does_not() -> None:
    app = App()
    with serving(app, ConnectionLimits(most=3)) as (_, address), ExitStack() as stack:

        def connect(sent: bytes = b"") -> socket.socket:
            one = stack.enter_context(socket.create_connection(address, timeout=WAIT_S))
            one.sendall(sent)
            return one

        held = connect(ASK % b"/held")
        while not app.n_held:
            time.sleep(0.01)
        first, second = connect(), connect()
        third = connect(ASK % b"/")
        assert answer(third).startswith(b"HTTP/1.1 200")
        assert answer(first) == b""
        second.sendall(ASK % b"/")
        assert answer(second).startswith(b"HTTP/1.1 200")
        more = [connect(ASK % b"/held") for _ in range(2)]
        while app.n_held < 3:
            time.sleep(0.01)
        refused = connect(ASK % b"/")
        assert answer(refused).startswith(b"HTTP/1.1 503")
        app.go.set()
        for one in (held, *more):
            assert answer(one).startswith(b"HTTP/1.1 200")


def test_who_takes_nothing_of_an_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_S", 0.2)
    with serving(App(), ConnectionLimits()) as (server, address), socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        one.connect(address)
        one.sendall(ASK % b"/large")
        end = time.monotonic() + WAIT_S
        while not server.server_state.connections and time.monotonic() < end:
            time.sleep(0.01)
        while server.server_state.connections and time.monotonic() < end:
            time.sleep(0.01)
        assert not server.server_state.connections


def test_running_out_of_files_is_logged_once_and_closes_silent_connections(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("uvicorn.error")
    with serving(App(), ConnectionLimits()) as (server, address), socket.create_connection(address) as silent:
        while not server.server_state.connections:
            time.sleep(0.01)
        loop = next(iter(server.server_state.connections)).loop  # type: ignore[union-attr]
        fault = {"message": "accept", "exception": OSError(errno.EMFILE, "Too many open files")}
        logger.addHandler(caplog.handler)  # uvicorn's own settings keep it from the root
        for _ in range(1_000):
            loop.call_soon_threadsafe(loop.call_exception_handler, fault)
        silent.settimeout(WAIT_S)
        assert answer(silent) == b""
    logger.removeHandler(caplog.handler)
    lines = [each.getMessage() for each in caplog.records if "Too many open files" in each.getMessage()]
    assert lines[0] == "accepting a connection failed: Too many open files"
    assert len(lines) == 2
    assert "repeated 999 times" in lines[1]


def test_the_limit_of_files_is_raised_and_connections_leave_room_for_other_files() -> None:
    code = """
import resource
from simengine.serving.connections import Connections, raise_file_limit
from simengine.serving.settings import ConnectionLimits
raise_file_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], Connections(ConnectionLimits(most=1_000)).most)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 1_024)),
    )
    soft, most = map(int, done.stdout.split())
    assert soft == 1_024
    assert 700 < most < 1_024 - connections.KEPT_FILES
