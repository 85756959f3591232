"""Dynamic batching: what several callers want at the same time is computed in one call."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from simengine.errors import SimengineError, UsageError
from simengine.serving.settings import BatchSettings
from simengine.time_limit import time_left, time_limit

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

SMOOTHING = 0.2
SHORTEST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0


class OverloadedError(SimengineError):
    """Too many callers wait already.

    Args:
        what: what is overloaded, for people.
        retry_after_s: when to try again.
    """

    def __init__(self, what: str, retry_after_s: float = SHORTEST_RETRY_S) -> None:
        self.retry_after_s = min(max(retry_after_s, SHORTEST_RETRY_S), LONGEST_RETRY_S)
        super().__init__(f"{what}: too many requests wait already; try again in {self.retry_after_s:.0f} s")


class WaitTimeoutError(SimengineError):
    """It took longer than a caller may wait."""


def text_tokens(text: str) -> int:
    """About how many tokens a text has, special ones included, without a tokenizer.

    Four letters of English are about one token, and one Chinese character (three bytes) is about one.
    """
    return len(text.encode("utf-8", "surrogatepass")) // 4 + 3


@dataclass(slots=True)
class BatchCounts:
    """What a batcher did so far.

    Attributes:
        batches, items, callers: turns; items in them; callers in them, a caller of several turns in each.
        refused: callers that were refused because too many waited.
        busy_s: seconds that turns took.
    """

    batches: int = 0
    items: int = 0
    callers: int = 0
    refused: int = 0
    busy_s: float = 0.0


@dataclass(slots=True, eq=False)
class _Job(Generic[Key, Item, Outcome]):
    key: Key
    items: Sequence[Item]
    costs: Sequence[int]
    future: Future[list[Outcome]]
    end: float | None = None
    done: list[Outcome] = field(default_factory=list)
    dropped: bool = False

    def take(self, room: int) -> int:
        """Items from the next one on that fit into `room`; one at least."""
        n, start = 0, len(self.done)
        for cost in self.costs[start:]:
            if n and cost > room:
                break
            n, room = n + 1, room - cost
        return n


class Batcher(Generic[Key, Item, Outcome]):
    """Joins callers. May be used from any number of threads; `submit` does not block.

    Items of one turn have the same key. Turns are taken in the order of arrival; a caller with more items than fit
    into a turn goes to the back of the queue after each, so that others do not wait for all of it. A call that fails is
    repeated for each of its callers alone: an error reaches only the caller whose items cause it.

    Args:
        run: computes an outcome for each item; called with a key and items of that key.
        cost: of an item, in the unit of `settings.max_tokens`.
        settings: see `BatchSettings`.
        name: of what is batched, for people.
    """

    def __init__(
        self,
        run: Callable[[Key, Sequence[Item]], Sequence[Outcome]],
        cost: Callable[[Item], int],
        settings: BatchSettings,
        name: str,
    ) -> None:
        self.name, self.counts = name, BatchCounts()
        self._run, self._cost, self._settings = run, cost, settings
        self._waiting: deque[_Job[Key, Item, Outcome]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._crowded = False
        self._turn_s = 0.0
        self._threads: list[threading.Thread] = []

    @property
    def queued(self) -> int:
        """Callers that wait."""
        return len(self._waiting)

    def submit(self, key: Key, items: Sequence[Item]) -> Future[list[Outcome]]:
        """Ask for the outcomes of some items.

        Returns:
            Resolves to an outcome for each item, in order. Cancelling it drops what was not begun.

        Raises:
            OverloadedError: too many callers wait.
            UsageError: the batcher is closed.
        """
        return self._enqueue(key, items).future

    def call(self, key: Key, items: Sequence[Item], timeout_s: float | None = None) -> list[Outcome]:
        """As `submit`, and wait; no longer than the limit that `time_limit` has set.

        Raises:
            WaitTimeoutError: it took longer than `timeout_s`; what was not begun is dropped.
        """
        timeout_s = time_left(timeout_s)
        job = self._enqueue(key, items, timeout_s)
        try:
            return job.future.result(timeout_s)
        except TimeoutError as error:
            if job.future.done():
                raise
            job.dropped = True
            raise WaitTimeoutError(f"{self.name}: no result within {timeout_s:g} s") from error

    def _enqueue(
        self, key: Key, items: Sequence[Item], timeout_s: float | None = None
    ) -> _Job[Key, Item, Outcome]:
        end = None if timeout_s is None else time.monotonic() + timeout_s
        job: _Job[Key, Item, Outcome] = _Job(key, items, [self._cost(item) for item in items], Future(), end)
        with self._changed:
            if self._closed:
                raise UsageError(f"{self.name} is closed")
            if not items:
                job.future.set_result([])
                return job
            if len(self._waiting) >= self._settings.max_queued:
                self.counts.refused += 1
                raise OverloadedError(self.name, self._turn_s * len(self._waiting))
            self._waiting.append(job)
            if len(self._threads) < self._settings.workers:
                self._start()
            self._changed.notify()
        return job

    def close(self) -> None:
        """Finish what waits, then stop."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name=f"simengine-{self.name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while turn := self._next_turn():
            start = time.perf_counter()
            self._take_turn(turn)
            took = time.perf_counter() - start
            with self._changed:
                self.counts.batches += 1
                self.counts.callers += len(turn)
                self.counts.items += sum(n for _, n in turn)
                self.counts.busy_s += took
                self._turn_s += SMOOTHING * (took / len(turn) - self._turn_s)
                unfinished = [job for job, _ in turn if not job.future.done()]
                self._waiting.extend(unfinished)
                self._crowded = len(turn) > 1
                if unfinished:
                    self._changed.notify()

    def _next_turn(self) -> list[tuple[_Job[Key, Item, Outcome], int]]:
        """Callers of one key with the number of items that they may have computed; empty when closed."""
        with self._changed:
            while True:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return []
                if self._crowded and not self._closed and self._settings.max_wait_ms:
                    self._gather()
                if turn := self._pick():
                    return turn

    def _gather(self) -> None:
        """Wait a moment for more callers; the lock is held."""
        end = time.monotonic() + self._settings.max_wait_ms / 1000
        while not self._closed and (left := end - time.monotonic()) > 0:
            if sum(sum(job.costs) for job in self._waiting) >= self._settings.max_tokens:
                return
            self._changed.wait(left)

    def _pick(self) -> list[tuple[_Job[Key, Item, Outcome], int]]:
        """Take a turn's callers out of the queue; the lock is held."""
        turn: list[tuple[_Job[Key, Item, Outcome], int]] = []
        left: deque[_Job[Key, Item, Outcome]] = deque()
        room = self._settings.max_tokens
        while self._waiting:
            job = self._waiting.popleft()
            if job.dropped or job.future.cancelled():
                job.future.cancel()
                continue
            if turn and (job.key != turn[0][0].key or room <= 0 or job.costs[len(job.done)] > room):
                left.append(job)
                continue
            if not job.done and not job.future.set_running_or_notify_cancel():
                continue
            n = job.take(room)
            room -= sum(job.costs[len(job.done) : len(job.done) + n])
            turn.append((job, n))
        self._waiting = left
        return turn

    def _take_turn(self, turn: list[tuple[_Job[Key, Item, Outcome], int]]) -> None:
        items = [item for job, n in turn for item in job.items[len(job.done) : len(job.done) + n]]
        ends = [job.end for job, _ in turn]
        try:
            with time_limit(None if None in ends else max(end for end in ends if end is not None)):
                outcomes = list(self._run(turn[0][0].key, items))
            if len(outcomes) != len(items):
                raise RuntimeError(f"{self.name}: {len(outcomes)} outcomes for {len(items)} items")
        except BaseException as error:
            if len(turn) == 1:
                turn[0][0].future.set_exception(error)
            else:
                for part in turn:
                    self._take_turn([part])
            return
        at = 0
        for job, n in turn:
            job.done += outcomes[at : at + n]
            at += n
            if len(job.done) == len(job.items):
                with contextlib.suppress(Exception):  # a callback's own fault must not end the worker
                    job.future.set_result(job.done)
