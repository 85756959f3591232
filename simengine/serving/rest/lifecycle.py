"""What the service is doing: starting, ready, or stopping; and how many requests it has accepted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from simengine.errors import SimengineError
from simengine.serving.batching import OverloadedError
from simengine.serving.telling import told


class NotReadyError(SimengineError):
    """The service is starting or stopping."""


class Lifecycle:
    """Counts accepted requests and refuses new ones when it is time. May be used from several threads.

    Args:
        max_accepted: requests that may be under way; one more is refused with `OverloadedError`.
    """

    def __init__(self, max_accepted: int) -> None:
        self._max = max_accepted
        self._lock = threading.Lock()
        self._n_accepted = 0
        self._warming = False
        self._problem = ""
        self._draining = False

    @property
    def n_accepted(self) -> int:
        """Requests under way."""
        return self._n_accepted

    @property
    def draining(self) -> bool:
        """Whether new work is refused."""
        return self._draining

    @contextmanager
    def warming(self) -> Iterator[None]:
        """The service is not ready during this block, nor after it where it raises."""
        self._warming, self._problem = True, ""
        try:
            yield
        except BaseException as error:
            self._problem = told(error) if isinstance(error, SimengineError) else type(error).__name__
            raise
        finally:
            self._warming = False

    def drain(self) -> None:
        """Refuse new work from now on."""
        self._draining = True

    def check_open(self) -> None:
        """Raise NotReadyError while the service is stopping."""
        if self._draining:
            raise NotReadyError("the service is stopping and takes no new work; ask another, or again later")

    def check_ready(self) -> None:
        """Raise NotReadyError unless requests are answered at once."""
        self.check_open()
        if self._warming:
            raise NotReadyError("the service is starting: its models are being loaded")
        if self._problem:
            raise NotReadyError(f"the service could not start: {self._problem}")

    @contextmanager
    def accepted(self) -> Iterator[None]:
        """A request is under way during this block.

        Raises:
            NotReadyError: the service is stopping.
            OverloadedError: too many are under way.
        """
        with self._lock:
            self.check_open()
            if self._n_accepted >= self._max:
                raise OverloadedError("the service")
            self._n_accepted += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_accepted -= 1
