"""Connections of a server that listens: how many there are, how long one may be silent, and what is logged about it."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
from collections import OrderedDict
from pathlib import Path
from socket import socket
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from simengine.serving.repeats import RepeatFilter
from simengine.serving.settings import ConnectionLimits

logger = logging.getLogger("uvicorn.error")

ACCEPTED_AT_ONCE = 64
"""Connections that asyncio takes between two looks at all others."""
WAITING_TO_BE_ACCEPTED = 1_024
KEPT_FILES = 256
"""Files that are left for everything but connections: those of the index, uploads, connections just accepted."""
ENOUGH_FILES = 65_536
FEWEST_CONNECTIONS = 16
STALLED_S = 30.0
"""A client that has taken nothing of its answer for so long is gone."""
OUT_OF_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class Connections:
    """The open connections of a server; all methods are called in its event loop.

    Args:
        limits: see `ConnectionLimits`.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self.most = min(limits.most, _affordable())
        self._open: set[Any] = set()
        self._silent: OrderedDict[Any, None] = OrderedDict()

    def opened(self, connection: Any) -> bool:
        """Count a new connection. False where it has to be refused: all others are being answered."""
        if len(self._open) >= self.most and not self.close_silent(1):
            logger.warning("a connection was refused: %d are being answered, which is the most", self.most)
            return False
        self._open.add(connection)
        self.falls_silent(connection)
        return True

    def falls_silent(self, connection: Any) -> None:
        """Nothing is being answered on a connection."""
        if connection in self._open:
            self._silent[connection] = None
            self._silent.move_to_end(connection)

    def speaks(self, connection: Any) -> None:
        """A request is being answered."""
        self._silent.pop(connection, None)

    def closed(self, connection: Any) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        self._silent.pop(connection, None)

    def close_silent(self, n: int) -> bool:
        """Close the n connections that have been silent the longest; whether there was one."""
        found = False
        for _ in range(min(n, len(self._silent))):
            connection = next(iter(self._silent))
            self.closed(connection)
            connection.transport.abort()
            found = True
        if found:
            logger.warning("silent connections were closed: at most %d are kept", self.most)
        return found


class _Limited(H11Protocol):
    """uvicorn's protocol for one connection, within the bounds of `Connections`; h11 bounds the size of headers."""

    known: Connections

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._header_timer: asyncio.TimerHandle | None = None
        self._stalled_timer: asyncio.TimerHandle | None = None
        self._untaken = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.known.opened(self):
            self._wait_for_header()
        else:
            transport.write(REFUSAL)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.known.closed(self)
        for timer in (self._header_timer, self._stalled_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        # A request that waits behind an answer which nobody takes must not hold a place among those worked on.
        self._untaken = self.flow.write_paused
        if self._untaken:
            return
        self.known.falls_silent(self)
        super().on_response_complete()  # begins the next request if it is here
        self._look()

    def _look(self) -> None:
        """Begin or end waiting for a header."""
        if self._untaken:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.known.speaks(self)
            if self._header_timer is not None:
                self._header_timer.cancel()
                self._header_timer = None
        elif self._header_timer is None and self.timeout_keep_alive_task is None:
            self._wait_for_header()

    def _wait_for_header(self) -> None:
        self._header_timer = self.loop.call_later(self.known.limits.header_s, self.transport.abort)

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled_timer is not None:
            self._stalled_timer.cancel()
            self._stalled_timer = None
        if self._untaken and not self.transport.is_closing():
            self.on_response_complete()

    def _watch_writing(self, before: int | None = None) -> None:
        """Close the connection where nothing of the answer is taken any more."""
        left = self.transport.get_write_buffer_size()
        if before is not None and left >= before:
            self.transport.abort()
            return
        self._stalled_timer = self.loop.call_later(STALLED_S, self._watch_writing, left)


class BoundedServer(uvicorn.Server):
    """A server whose connections are bounded, and whose log says once what happens often.

    Args:
        config: of `bounded_config`.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.repeats = RepeatFilter()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen."""
        asyncio.get_running_loop().set_exception_handler(self._fault)
        for name in ("asyncio", "uvicorn.error"):
            logging.getLogger(name).addFilter(self.repeats)
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(WAITING_TO_BE_ACCEPTED)

    async def on_tick(self, counter: int) -> bool:
        """Say how often something was repeated, when it is time."""
        self.repeats.flush()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop."""
        await super().shutdown(sockets)
        self.repeats.flush(at_once=True)
        for name in ("asyncio", "uvicorn.error"):
            logging.getLogger(name).removeFilter(self.repeats)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. SIGTERM ends the process in the ordinary way, so that what is temporary is removed."""
        if sig == signal.SIGTERM:
            self.should_exit = True
        else:
            super().handle_exit(sig, frame)

    def _fault(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in OUT_OF_FILES:
            logger.error("accepting a connection failed: %s", error.strerror)
            protocol = self.config.http
            if isinstance(protocol, type) and issubclass(protocol, _Limited):
                protocol.known.close_silent(ACCEPTED_AT_ONCE)
            return
        loop.default_exception_handler(context)


def bounded_config(app: Any, limits: ConnectionLimits | None = None, **settings: Any) -> uvicorn.Config:
    """uvicorn's settings with bounded connections and without websockets.

    Args:
        app: of ASGI.
        limits: see `ConnectionLimits`.
        settings: more settings of `uvicorn.Config`.
    """
    raise_file_limit()
    limits = limits or ConnectionLimits()
    protocol = type("LimitedProtocol", (_Limited,), {"known": Connections(limits)})
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        backlog=ACCEPTED_AT_ONCE,
        timeout_keep_alive=limits.keep_alive_s,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        **settings,
    )


def raise_file_limit() -> None:
    """Let this process open as many files as it may; the default is for programs that open few."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, ENOUGH_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            logger.debug("the limit of open files cannot be raised")


def _affordable() -> int:
    """Connections that the limit of open files leaves room for."""
    try:
        import resource
    except ImportError:
        return 1 << 30
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return 1 << 30
    return max(FEWEST_CONNECTIONS, soft - _open_files() - KEPT_FILES)


def _open_files() -> int:
    try:
        return sum(1 for _ in Path("/dev/fd").iterdir())
    except OSError:
        return 64
