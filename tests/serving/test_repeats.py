"""A log line that repeats is counted."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from simengine.serving import repeats
from simengine.serving.repeats import MOST_CHARS, RepeatFilter


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def logger(request: pytest.FixtureRequest) -> Iterator[logging.Logger]:
    found = logging.getLogger(f"tests.repeats.{request.node.name}")
    found.propagate = False
    yield found
    found.handlers.clear()


def listened(logger: logging.Logger, window_s: float = 60.0) -> tuple[RepeatFilter, list[str]]:
    counted, kept = RepeatFilter(window_s), Kept()
    logger.addFilter(counted)
    logger.addHandler(kept)
    return counted, kept.lines


def test_equal_lines_are_written_once_and_their_number_at_the_end(logger: logging.Logger) -> None:
    counted, lines = listened(logger)
    for number in range(5_001):
        logger.error("accepting failed on socket %d", number)
    logger.warning("something else")
    counted.flush()
    assert lines == ["accepting failed on socket 0", "something else"]
    counted.flush(at_once=True)
    assert lines[2:] == ["accepting failed on socket 5000 (repeated 5,000 times in 0 s)"]
    logger.error("accepting failed on socket %d", 7)
    assert lines[3:] == ["accepting failed on socket 7"]


def test_the_number_is_told_when_its_time_is_over(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(repeats.time, "monotonic", lambda: now[0])
    _, lines = listened(logger)
    for _ in range(3):
        logger.error("gone")
    now[0] += 61
    logger.error("gone")
    assert lines == ["gone", "gone (repeated 2 times in 61 s)", "gone"]


def test_numbers_and_addresses_make_no_new_kind_but_levels_and_errors_do(logger: logging.Logger) -> None:
    _, lines = listened(logger)
    for number in range(10):
        logger.error(f"transport 0x{number:x}7f of task {number}")
    logger.warning("transport 0x1 of task 1")
    for error in (ValueError("a"), ValueError("b"), KeyError("c")):
        logger.error("it failed", exc_info=error)
    assert lines == ["transport 0x07f of task 0", "transport 0x1 of task 1", "it failed", "it failed"]


def test_many_kinds_become_one(logger: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MOST_KINDS", 20)
    _, lines = listened(logger)
    for number in range(26 * 26):
        logger.error("kind " + chr(97 + number // 26) + chr(97 + number % 26))
    assert len(lines) == 21


def test_a_long_line_is_cut(logger: logging.Logger) -> None:
    _, lines = listened(logger)
    logger.error("bad header: %s", "x" * 1_000_000)
    assert len(lines[0]) < MOST_CHARS + 50
    assert lines[0].endswith("(1,000,012 characters)")
