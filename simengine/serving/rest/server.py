"""The process that listens: it refuses new work before it stops, and loses nothing that it accepted."""

from __future__ import annotations

import time
from socket import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from simengine.serving.connections import BoundedServer, bounded_config
from simengine.serving.rest.context import ServiceContext
from simengine.serving.rest.logs import JsonLog, server_logging

CLOSE_S = 5


class DrainingServer(BoundedServer):
    """A server that drains before it stops.

    After SIGTERM or SIGINT new requests get 503 while those under way are answered; then it stops. A second signal
    stops it without waiting for answers; writes that were accepted are finished even then.

    Args:
        config: of the server.
        context: of the app.
        log: is told what happens.
    """

    def __init__(self, config: uvicorn.Config, context: ServiceContext, log: JsonLog) -> None:
        super().__init__(config)
        self._context, self._log = context, log
        self._signalled_at = 0.0

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen, and say where."""
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            self._log.write("listening", host=host, port=port, indexes=list(self._context.catalogue))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - given by signal
        """Begin to drain; at the second signal, stop."""
        if self._signalled_at:
            self.should_exit = True
            return
        self._signalled_at = time.monotonic()
        self._context.lifecycle.drain()

    async def on_tick(self, counter: int) -> bool:
        """Stop when all that was accepted is answered, or has had its time."""
        if self._signalled_at and not self.should_exit:
            settings, waited_s = self._context.settings, time.monotonic() - self._signalled_at
            idle = self._context.lifecycle.n_accepted == 0
            if (
                idle and waited_s >= settings.drain_s
            ) or waited_s >= settings.drain_s + settings.stop_timeout_s:
                self._log.write(
                    "stopping", waited_s=round(waited_s, 2), unanswered=self._context.lifecycle.n_accepted
                )
                self.should_exit = True
        return await super().on_tick(counter)


def run(app: FastAPI, log: JsonLog, listening: socket) -> None:
    """Serve an app of `create_app` until a signal comes.

    Args:
        app: of `create_app`.
        log: the one that the app was given.
        listening: a socket that listens; closed when this returns.
    """
    context: ServiceContext = app.state.service
    config = bounded_config(
        app,
        context.settings.connections,
        log_config=dict(server_logging(log)),
        lifespan="on",
        timeout_graceful_shutdown=CLOSE_S,
    )
    DrainingServer(config, context, log).run([listening])
    log.write("stopped")
