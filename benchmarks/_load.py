"""Clients that keep a service busy, with little work of their own, so that the service is what is measured."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CONNECT_S = 30


@dataclass
class Load:
    """What clients saw.

    Attributes:
        seconds: from the first request to the last answer.
        latencies_ms: of all answers with status 200.
        statuses: how often which; 0 where the connection was cut.
    """

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def summary(self) -> dict[str, Any]:
        """Requests a second and percentiles."""
        found: dict[str, Any] = {"n": len(self.latencies_ms), "statuses": dict(self.statuses)}
        if self.latencies_ms:
            p50, p95, p99 = np.percentile(self.latencies_ms, [50, 95, 99])
            rate = len(self.latencies_ms) / self.seconds
            found |= {"per_s": rate, "p50_ms": float(p50), "p95_ms": float(p95), "p99_ms": float(p99)}
        return found


def joined(loads: Sequence[Load]) -> Load:
    """Several rounds as one."""
    whole = Load(sum(load.seconds for load in loads))
    for load in loads:
        whole.latencies_ms += load.latencies_ms
        whole.statuses += load.statuses
    return whole


class Connection:
    """One client's connection, kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Status and body of an answer; (0, b"") where the connection was cut."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\n\r\n"
        )
        try:
            reader, writer = await self._open()
            writer.write(head.encode() + content)
            answer = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.split(b": ", 1) for line in answer.lower().split(b"\r\n")[1:] if b": " in line)
            found = await reader.readexactly(int(fields.get(b"content-length", b"0")))
            if fields.get(b"connection") == b"close":
                self.close()
            return int(answer.split(b" ", 2)[1]), found
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            self.close()
            return 0, b""

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            opening = asyncio.open_connection("127.0.0.1", self._port)
            self._streams = await asyncio.wait_for(opening, CONNECT_S)
        return self._streams

    def close(self) -> None:
        """Close; the next request opens anew."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def run_clients(
    port: int, path: str, bodies: Iterator[object], n_clients: int, *, seconds: float = 0, n_requests: int = 0
) -> Load:
    """Clients that each send the next request when the last is answered, for a time or a number of requests."""
    load, start = Load(), time.perf_counter()
    left = itertools.repeat(None) if not n_requests else itertools.repeat(None, n_requests)

    async def client() -> None:
        connection = Connection(port)
        while not seconds or time.perf_counter() - start < seconds:
            if next(left, False) is False:
                break
            sent = time.perf_counter()
            status, _ = await connection.request("POST", path, next(bodies))
            load.statuses[status] += 1
            if status == 200:
                load.latencies_ms.append((time.perf_counter() - sent) * 1000)
            elif status == 0:
                await asyncio.sleep(0.01)
        connection.close()

    await asyncio.gather(*(client() for _ in range(n_clients)))
    load.seconds = time.perf_counter() - start
    return load
