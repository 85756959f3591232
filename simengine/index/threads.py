"""Limits on the threads of the numeric libraries, set for one call and restored after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simengine.errors import UsageError


def check_threads(threads: int | None) -> None:
    """Raise UsageError unless `threads` is None (the library's default) or at least 1."""
    if threads is not None and threads < 1:
        raise UsageError(f"threads is {threads}; expected at least 1, or None for the library's default")


class _BlasPool:
    """The thread pool of numpy's BLAS, which is one per process.

    Concurrent callers share it: the first one in saves the size it found, the last one out restores it, and
    the latest request applies in between. Saving and restoring per caller would leave a wrong size behind when two
    overlap.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._controllers: list[Any] | None = None
        self._found: list[int] = []
        self._active = 0

    def enter(self, threads: int) -> None:
        with self._lock:
            if self._controllers is None:
                from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped,unused-ignore]

                self._controllers = ThreadpoolController().select(user_api="blas").lib_controllers
            if self._active == 0:
                self._found = [controller.num_threads for controller in self._controllers]
            self._active += 1
            for controller in self._controllers:
                _set(controller, threads)

    def exit(self) -> None:
        with self._lock:
            self._active -= 1
            if self._active == 0:
                for controller, found in zip(self._controllers or (), self._found, strict=True):
                    _set(controller, found)


def _set(controller: Any, threads: int) -> None:
    """Set a pool's size from any thread.

    threadpoolctl obeys only the first thread that ever set a size and silently ignores all others; here the
    lock and the count of `_BlasPool` keep the order instead.
    """
    release = getattr(controller, "clear_controlling_thread", None)  # of OpenBLAS, in newer versions
    if release is not None:
        release(force=True)
    controller.set_num_threads(threads)
    if release is not None:
        release(force=True)


_blas_pool = _BlasPool()


@contextmanager
def blas_threads(threads: int | None) -> Iterator[None]:
    """Run numpy's matrix products on at most `threads` threads; None changes nothing.

    The pool belongs to the process, so other threads that call BLAS in the meantime are limited too.
    """
    check_threads(threads)
    if threads is None:
        yield
        return
    _blas_pool.enter(threads)
    try:
        yield
    finally:
        _blas_pool.exit()


@contextmanager
def omp_threads(threads: int | None) -> Iterator[None]:
    """Run FAISS on at most `threads` threads when called from this thread; None changes nothing.

    OpenMP keeps the number per calling thread (the nthreads-var control variable belongs to the task), so other
    threads of the process are not touched.
    Source: OpenMP 5.2, section 2.2 (ICV scope: data environment).
    """
    check_threads(threads)
    if threads is None:
        yield
        return
    import faiss

    found = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(found)
