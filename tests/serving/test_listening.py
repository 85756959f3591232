"""The socket that listens."""

from __future__ import annotations

import asyncio
import socket

import pytest

from simengine.errors import SimengineError
from simengine.serving.listening import listen


def test_answers_do_not_wait_for_acknowledgements():
    """An answer of two writes takes 40 ms longer where the connection gathers small packets (Nagle's algorithm)."""

    async def option() -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            seen.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listen("127.0.0.1", 0) as listening:
            port = listening.getsockname()[1]
            async with await asyncio.start_server(accept, sock=listening):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                found = await asyncio.wait_for(seen, 10)
                writer.close()
        return found

    assert asyncio.run(option()) != 0


def test_a_port_in_use_names_it():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SimengineError, match=f"port {port} of 127.0.0.1 is in use"):
            listen("127.0.0.1", port)


def test_an_address_that_is_none():
    with pytest.raises(SimengineError, match="cannot listen on nowhere"):
        listen("nowhere", 0)


def test_ipv6():
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        listening = listen("::1", 0)
    except SimengineError:
        pytest.skip("this machine has no IPv6 address")
    with listening:
        assert listening.family == socket.AF_INET6
