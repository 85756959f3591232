"""A search stops at its next stage when its time is over."""

from __future__ import annotations

import threading
import time

import pytest

from simengine.time_limit import LimitedProgress, TimeLimitError, check_time_limit, time_left, time_limit


def test_without_a_limit_nothing_stops() -> None:
    check_time_limit()
    assert time_left() is None
    assert time_left(3.0) == 3.0
    with time_limit(None):
        check_time_limit()


def test_the_earlier_of_two_limits_counts_and_ends_with_its_block() -> None:
    now = time.monotonic()
    with time_limit(now + 60):
        assert 50 < (time_left() or 0) <= 60
        assert time_left(5.0) == 5.0
        with time_limit(now + 600):
            assert (time_left() or 0) <= 60
        with time_limit(now):
            assert time_left(5.0) == 0.0
            with pytest.raises(TimeLimitError, match="time limit"):
                check_time_limit()
        check_time_limit()
    assert time_left() is None


def test_a_limit_is_that_of_its_thread() -> None:
    seen: list[float | None] = []
    with time_limit(time.monotonic()):
        thread = threading.Thread(target=lambda: seen.append(time_left()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_progress_with_a_limit_ends_work_once_the_time_is_over() -> None:
    progress = LimitedProgress()
    progress.stage("claims", 3)
    with time_limit(time.monotonic()):
        with pytest.raises(TimeLimitError):
            progress.advance(1)
        with pytest.raises(TimeLimitError):
            progress.stage("pairs")
    progress.advance(1)
