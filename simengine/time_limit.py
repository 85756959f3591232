"""A deadline for work: work that nobody waits for any more stops at its next stage."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from simengine.errors import SimengineError

_end: ContextVar[float | None] = ContextVar("time_limit", default=None)


class TimeLimitError(SimengineError):
    """Work took longer than its caller waits."""


@contextmanager
def time_limit(end: float | None) -> Iterator[None]:
    """Stop work of this thread within the block at its next stage after a deadline.

    Args:
        end: by `time.monotonic`; None sets no limit. An earlier deadline stays in force.
    """
    before = _end.get()
    given = [each for each in (before, end) if each is not None]
    token = _end.set(min(given) if given else None)
    try:
        yield
    finally:
        _end.reset(token)


def check_time_limit() -> None:
    """Raise TimeLimitError if this thread's deadline has passed; called between stages."""
    end = _end.get()
    if end is not None and time.monotonic() >= end:
        raise TimeLimitError("the search took longer than its time limit")


def time_left(most_s: float | None = None) -> float | None:
    """Seconds left for this thread's work, at most `most_s`; None if nothing limits it."""
    end = _end.get()
    if end is None:
        return most_s
    left = max(0.0, end - time.monotonic())
    return left if most_s is None else min(left, most_s)


class LimitedProgress:
    """A progress, as `simengine.indexing.report.Progress`, that ends the work it is given to once the time is over."""

    def stage(self, name: str, total: int | None = None) -> None:  # noqa: ARG002 - as the protocol has it
        """Raise TimeLimitError where the time is over."""
        check_time_limit()

    def advance(self, n: int) -> None:  # noqa: ARG002
        """Raise TimeLimitError where the time is over."""
        check_time_limit()
