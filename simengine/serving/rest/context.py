"""What every route of the service is given."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from simengine.errors import UsageError
from simengine.serving.batching import OverloadedError, WaitTimeoutError
from simengine.serving.catalogue import Catalogue
from simengine.serving.rest.lifecycle import Lifecycle
from simengine.serving.served import ServedIndex
from simengine.serving.settings import ServiceSettings
from simengine.text.checks import check_text
from simengine.time_limit import check_time_limit, time_limit

T = TypeVar("T")

KINDS_OF_WORK = 3
"""Quick reading, slow reading, writing: each has its own places; see `ServiceContext.call`."""
MOST_PAIRS_PER_TEXT = 10
"""On average, where each text is classified; see `Limits.max_texts`."""
MOST_SCANS = 2
"""Requests that read a whole index, at the same time; as many again wait."""

logged_texts: ContextVar[dict[str, object] | None] = ContextVar("logged_texts", default=None)


@dataclass(slots=True)
class ServiceContext:
    """Shared by all routes of one app.

    Before a route runs, the gate (see `simengine.serving.rest.gate`) has checked the key and its scope, the size and
    the depth of the body, that the service takes work, and has counted the request. A route therefore looks up its
    index, checks what its request asks for with the `check_` methods, and does its work with `call` (or `write`):
    never in the event loop. Errors of `simengine.errors` that it lets pass become JSON with the right status.

    Attributes:
        catalogue: the served indexes.
        settings: of the service.
        lifecycle: starting, ready, stopping.
    """

    catalogue: Catalogue
    settings: ServiceSettings
    lifecycle: Lifecycle
    _quick: _Places = field(init=False)
    _slow: _Places = field(init=False)
    _scans: _Places = field(init=False)
    _writers: _Places = field(init=False)

    def __post_init__(self) -> None:
        most = self.settings.max_requests
        self._quick = _Places(most, "quick-request")
        self._slow = _Places(most, "request")
        self._scans = _Places(min(most, MOST_SCANS), "scan")
        self._writers = _Places(most, "write-request")

    def index(self, name: str | None = None) -> ServedIndex:
        """The index that a request names; None is the default one.

        Raises:
            UnknownIndexError: none of that name is served (404).
        """
        return self.catalogue.find(name)

    async def call(self, function: Callable[[], T], *, quick: bool = False) -> T:
        """Run a blocking function that only reads, in a thread. It stops at its next stage when its time is over.

        Args:
            function: what is run.
            quick: it takes milliseconds, whatever the request asks for. Such work has places of its own, so that slow
                work never fills them.

        Raises:
            OverloadedError: too much work of its kind is under way (429).
            WaitTimeoutError: it took longer than a request may (504).
        """
        return await self._within(self._quick if quick else self._slow, function)

    async def scan(self, function: Callable[[], T]) -> T:
        """As `call`, for what reads a whole index: few of these run at the same time."""
        return await self._within(self._scans, function)

    async def _within(self, places: _Places, function: Callable[[], T]) -> T:
        end = time.monotonic() + self.settings.timeout_s

        def limited() -> T:
            with time_limit(end):
                check_time_limit()
                return function()

        work = asyncio.wrap_future(places.submit(limited))
        done, _ = await asyncio.wait({work}, timeout=self.settings.timeout_s)
        if not done:
            work.cancel()
            raise WaitTimeoutError(f"no answer within {self.settings.timeout_s:g} s")
        return work.result()

    async def write(self, function: Callable[[], T]) -> T:
        """Run a blocking function that changes an index, in a thread of its own kind, to its end."""
        return await asyncio.shield(asyncio.wrap_future(self._writers.submit(function)))

    def log_text(self, name: str, text: str) -> None:
        """Put a user's text into this request's line of the log, if the service was told to log texts."""
        fields = logged_texts.get()
        if self.settings.log_texts and fields is not None:
            fields[name] = text

    def check_query(self, text: str, what: str = "query") -> None:
        """Raise UsageError or DataError (422) where a query, question or statement is too long, or not a text."""
        check_text(text, what)
        most = self.settings.limits.max_query_chars
        if len(text) > most:
            raise UsageError(f"{what} has {len(text):,} characters; at most {most:,} are taken")

    def check_texts(self, texts: Sequence[str], what: str = "texts") -> None:
        """Raise UsageError or DataError (422) where there are too many texts, or one is too long or not a text."""
        limits = self.settings.limits
        if len(texts) > limits.max_texts:
            raise UsageError(
                f"{what}: {len(texts):,} are given; at most {limits.max_texts:,} are taken at once"
            )
        for number, text in enumerate(texts):
            check_text(text, f"{what}[{number}]")
            if len(text) > limits.max_text_chars:
                raise UsageError(
                    f"{what}[{number}] has {len(text):,} characters; at most {limits.max_text_chars:,} are taken"
                )

    def check_pairs(self, n: int) -> None:
        """Raise UsageError (422) where texts, labels and templates make too many pairs for the NLI model."""
        most = MOST_PAIRS_PER_TEXT * self.settings.limits.max_texts
        if n > most:
            raise UsageError(
                f"texts, labels and templates make {n:,} pairs; at most {most:,} are taken at once"
            )

    def check_k(self, k: int, what: str = "k") -> None:
        """Raise UsageError (422) where more hits are asked for than allowed."""
        most = self.settings.limits.max_k
        if k > most:
            raise UsageError(f"{what} is {k}; at most {most:,} is taken")

    def close(self) -> None:
        """Wait for the work that was accepted."""
        self._writers.shutdown()
        self._quick.shutdown(cancel_futures=True)
        self._slow.shutdown(cancel_futures=True)
        self._scans.shutdown(cancel_futures=True)


class _Places:
    """Threads for requests of one kind; as many requests as there are threads may wait.

    Args:
        most: threads.
        name: of the threads.
    """

    def __init__(self, most: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(most, f"simengine-{name}")
        self._free = threading.BoundedSemaphore(2 * most)

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Run a function in a thread. Its place is free when it has ended, not when nobody waits for it any more.

        Raises:
            OverloadedError: all places are taken.
        """
        if not self._free.acquire(blocking=False):
            raise OverloadedError("the service")
        work = self._threads.submit(function)
        work.add_done_callback(lambda _: self._free.release())
        return work

    def shutdown(self, *, cancel_futures: bool = False) -> None:
        """Wait for what runs, and for what waits unless it is cancelled."""
        self._threads.shutdown(wait=True, cancel_futures=cancel_futures)
