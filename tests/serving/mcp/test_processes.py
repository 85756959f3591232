"""`simengine mcp` as agents start it: a process on stdin and stdout, or on this machine's HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")
import httpx
from mcp import Client, StdioServerParameters

from tests.serving.library import TOWER

ROOT = Path(__file__).parents[3]
LAUNCH = ["-m", "tests.serving.mcp.launch"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
START_S = 180
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "0"},
    },
}


async def asked(client: Client) -> tuple[list[str], Any]:
    names = [tool.name for tool in (await client.list_tools()).tools]
    return names, await client.call_tool("ask", {"question": TOWER})


def check(names: list[str], result: Any) -> None:
    assert names[:5] == ["search", "ask", "check", "score", "recommend"]
    assert names[-1] == "list_indexes"
    assert result.structured_content["answer"] == "The tower was built in 1889."


def test_an_agent_talks_to_it_on_stdin_and_stdout(folder: Path) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=[*LAUNCH, str(folder / "library")], env=ENVIRONMENT, cwd=str(ROOT)
    )

    async def talk() -> tuple[list[str], Any]:
        async with Client(server, read_timeout_seconds=START_S) as client:
            return await asked(client)

    check(*anyio.run(talk))


def test_it_ends_when_its_input_ends_and_writes_nothing_but_the_protocol(folder: Path) -> None:
    ended = subprocess.run(
        [sys.executable, *LAUNCH, str(folder / "library")],
        input=b"",
        capture_output=True,
        timeout=START_S,
        env=ENVIRONMENT,
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, b""), ended.stderr


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Its port, and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, *LAUNCH, str(folder / "library"), "--http", "--port", str(port)]
    process = subprocess.Popen(command, env=ENVIRONMENT, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, process
    finally:
        process.kill()
        process.communicate()


def test_http_serves_this_machine_and_refuses_other_hosts_and_pages(folder: Path) -> None:
    with serving(folder) as (port, process):
        url = f"http://127.0.0.1:{port}/mcp"

        async def talk() -> tuple[list[str], Any]:
            async with Client(url, read_timeout_seconds=START_S) as client:
                return await asked(client)

        check(*anyio.run(talk))
        headers = {"accept": "application/json, text/event-stream"}
        with httpx.Client(trust_env=False) as client:
            known = client.post(url, json=INITIALIZE, headers=headers)
            host = client.post(url, json=INITIALIZE, headers={**headers, "host": "evil.example"})
            page = client.post(url, json=INITIALIZE, headers={**headers, "origin": "http://evil.example"})
            huge = client.post(url, content=b"x" * (5 << 20), headers={"content-type": "application/json"})
        assert [each.status_code for each in (known, host, page, huge)] == [200, 421, 403, 413]
        process.send_signal(signal.SIGINT)
        assert process.wait(START_S) in (0, 130)
