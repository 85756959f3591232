"""How indexes are served: models, batching, limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from simengine.engine.models import Models
from simengine.errors import UsageError
from simengine.text.checks import MAX_JSON_DEPTH

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How the work of several callers is joined.

    Attributes:
        max_tokens: about so many tokens are given to a model at once; longer work is done in several turns.
        max_wait_ms: so long a turn waits for company, and only while the turn before it held several callers: a lone
            caller never waits.
        max_queued: callers that may wait; one more is refused with `OverloadedError`.
        workers: turns that run at the same time, at least 1.

    Raises:
        UsageError: a value is out of range.
    """

    max_tokens: int = 2_048
    max_wait_ms: float = 1.0
    max_queued: int = 256
    workers: int = 1

    def __post_init__(self) -> None:
        check_at_least(1, max_tokens=self.max_tokens, max_queued=self.max_queued, workers=self.workers)
        check_at_least(0, max_wait_ms=self.max_wait_ms)


@dataclass(frozen=True, slots=True)
class ServingSettings:
    """How indexes are served to any front end.

    Attributes:
        models: those of all indexes; an encoder only where it is not the index's own.
        batching: of encoding, searching and reranking.
        timeout_s: a caller waits so long at most; what it asked for is dropped then if it was not begun.
        max_waiting_writes: writes to one index that may wait for the one that runs; one more is refused.
        refresh_s: so often at most an index is looked at for what other processes have committed.

    Raises:
        UsageError: a value is out of range.
    """

    models: Models = field(default_factory=Models)
    batching: BatchSettings = field(default_factory=BatchSettings)
    timeout_s: float = 30.0
    max_waiting_writes: int = 32
    refresh_s: float = 1.0

    def __post_init__(self) -> None:
        check_at_least(1, max_waiting_writes=self.max_waiting_writes)
        check_at_least(0, refresh_s=self.refresh_s)
        if not self.timeout_s > 0:
            raise UsageError(f"timeout_s is {self.timeout_s!r}; expected seconds above 0")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for. More is refused with 413 (bytes) or 422 (all others).

    Attributes:
        max_body_bytes: of a request's body.
        max_json_depth: lists and objects inside each other, those around a document's metadata included; never more
            than the default.
        max_texts: texts, pairs or inputs.
        max_text_chars: characters of one text; of a query or a question, see `max_query_chars`.
        max_query_chars: characters of a query, a question or a statement.
        max_documents: documents in one write.
        max_k: hits.
    """

    max_body_bytes: int = 8 << 20
    max_json_depth: int = MAX_JSON_DEPTH + 3
    max_texts: int = 1_000
    max_text_chars: int = 200_000
    max_query_chars: int = 10_000
    max_documents: int = 1_000
    max_k: int = 1_000

    def __post_init__(self) -> None:
        check_at_least(1, **{name: getattr(self, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections there may be, and how long one may be silent.

    Attributes:
        most: beyond it the connection that has been silent the longest is closed.
        header_s: the header of a request has to arrive within this time.
        keep_alive_s: a connection stays open for so long between two requests.
    Raises:
        UsageError: a value is out of range.
    """

    most: int = 1_000
    header_s: float = 10.0
    keep_alive_s: int = 30

    def __post_init__(self) -> None:
        check_at_least(1, most=self.most, keep_alive_s=self.keep_alive_s)
        check_at_least(0.001, header_s=self.header_s)


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How the HTTP service runs.

    Attributes:
        host, port: where it listens; port 0 takes a free one.
        keys_file: of `simengine keys`; None asks for no keys.
        insecure: listen beyond this machine without keys, and answer under any name.
        allowed_hosts: names beside this machine's own under which it is reached, such as that of a proxy in front. With
            any given, all other names are refused, even with keys.
        limits: of one request.
        connections: how many there may be, and how long they may be silent.
        max_requests: requests of one kind (quick ones, slow ones, writes) that are worked on at the same time; as
            many again may wait. One more gets 429.
        timeout_s: a request that only reads is answered within this time, with 504 if need be.
        body_timeout_s: a request's body has to arrive within this time.
        drain_s: after the signal to stop, new work is refused with 503 for so long at least, so that a load balancer
            notices; answers and writes under way are waited for.
        stop_timeout_s: after the signal to stop, requests are waited for so long at most; writes always to their end.
        log_texts: also log queries and questions.
        docs: serve the OpenAPI document and its page.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    keys_file: Path | None = None
    insecure: bool = False
    allowed_hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)
    max_requests: int = 64
    timeout_s: float = 60.0
    body_timeout_s: float = 20.0
    drain_s: float = 0.0
    stop_timeout_s: float = 60.0
    log_texts: bool = False
    docs: bool = True

    def __post_init__(self) -> None:
        check_at_least(1, max_requests=self.max_requests)
        check_at_least(
            0, drain_s=self.drain_s, stop_timeout_s=self.stop_timeout_s, body_timeout_s=self.body_timeout_s
        )
        if not self.timeout_s > 0:
            raise UsageError(f"timeout_s is {self.timeout_s!r}; expected seconds above 0")
        if not 0 <= self.port <= 65_535:
            raise UsageError(f"port is {self.port}; expected 0 to 65535")
        if self.host not in LOOPBACK_HOSTS and self.keys_file is None and not self.insecure:
            raise UsageError(
                f"host {self.host} can be reached from other machines, and no keys are asked for: make one with "
                "`simengine keys create` and give --keys FILE, listen on 127.0.0.1, or say --insecure"
            )


def check_at_least(least: float, **values: float) -> None:
    """Raise UsageError unless all values are numbers of at least `least`."""
    for name, value in values.items():
        if isinstance(value, bool) or not math.isfinite(value) or value < least:
            raise UsageError(f"{name} is {value!r}; expected a number of at least {least}")
