"""Thread limits hold within the block and leave nothing behind."""

from __future__ import annotations

import threading

import faiss
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from simengine.errors import UsageError
from simengine.index.threads import blas_threads, omp_threads


def blas_sizes() -> list[int]:
    """Of the BLAS in numpy's wheel; other packages bring others."""
    np.ones((2, 2)) @ np.ones((2, 2))
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return [pool["num_threads"] for pool in pools if "numpy" in pool["filepath"]]


def test_blas_is_limited_inside_and_restored_after_also_when_blocks_overlap() -> None:
    before = blas_sizes()
    inside: list[int] = []
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with blas_threads(1):
            first_in.set()
            second_in.wait(60)
        first_out.set()

    def second() -> None:
        first_in.wait(60)
        with blas_threads(1):
            second_in.set()
            first_out.wait(60)
            inside.extend(blas_sizes())

    workers = [threading.Thread(target=first), threading.Thread(target=second)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert inside == [1] * len(before)
    assert blas_sizes() == before


def test_faiss_is_limited_in_the_calling_thread_only() -> None:
    before = faiss.omp_get_max_threads()
    elsewhere: list[int] = []
    with omp_threads(before + 3):
        assert faiss.omp_get_max_threads() == before + 3
        other = threading.Thread(target=lambda: elsewhere.append(faiss.omp_get_max_threads()))
        other.start()
        other.join()
    assert elsewhere == [before]
    assert faiss.omp_get_max_threads() == before


def test_limits_are_lifted_after_an_error() -> None:
    before = (blas_sizes(), faiss.omp_get_max_threads())
    with pytest.raises(KeyError), blas_threads(1), omp_threads(1):
        raise KeyError
    assert (blas_sizes(), faiss.omp_get_max_threads()) == before


@pytest.mark.parametrize("limit", [blas_threads, omp_threads])
def test_none_changes_nothing_and_less_than_one_is_refused(limit: object) -> None:
    with limit(None):  # type: ignore[operator]
        pass
    with pytest.raises(UsageError, match="threads is 0"), limit(0):  # type: ignore[operator]
        pass
