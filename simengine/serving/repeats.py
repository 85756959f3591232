"""A log line that repeats is counted."""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import dataclass

WINDOW_S = 60.0
MOST_KINDS = 200
MOST_CHARS = 2_000
"""Of one message: a client may have put a long header into it."""
_VARIABLE = re.compile(r"0x[0-9a-f]+|\d+")


@dataclass(slots=True)
class _Kind:
    first: float
    record: logging.LogRecord
    n: int = 0


class RepeatFilter(logging.Filter):
    """Lets the first of equal records pass; the others are counted, and told once a minute.

    Records are equal when they have one logger, one level, one class of error and, numbers aside, one template. May be
    used from several threads.

    Args:
        window_s: so long records are counted before the number is told.
    """

    def __init__(self, window_s: float = WINDOW_S) -> None:
        super().__init__()
        self._window_s = window_s
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, int, str], _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written now."""
        if hasattr(record, "simengine_repeated"):
            return True
        self.flush()
        template = _VARIABLE.sub("#", str(record.msg)[:MOST_CHARS])
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        key = (record.name, record.levelno, template + error)
        with self._lock:
            if key not in self._kinds and len(self._kinds) >= MOST_KINDS:
                key = (record.name, record.levelno, "")
            kind = self._kinds.get(key)
            if kind is not None:
                kind.n += 1
                kind.record = record
                return False
            self._kinds[key] = _Kind(time.monotonic(), record)
        shorten(record)
        return True

    def flush(self, *, at_once: bool = False) -> None:
        """Write how often records were repeated, for those whose time is over.

        Args:
            at_once: for all.
        """
        now = time.monotonic()
        with self._lock:
            over = [
                (key, kind)
                for key, kind in self._kinds.items()
                if at_once or now - kind.first >= self._window_s
            ]
            for key, _ in over:
                del self._kinds[key]
        for _, kind in over:
            if kind.n:
                shorten(kind.record)
                logging.getLogger(kind.record.name).log(
                    kind.record.levelno,
                    "%s (repeated %s times in %.0f s)",
                    kind.record.getMessage().partition("\n")[0],
                    f"{kind.n:,}",
                    now - kind.first,
                    extra={"simengine_repeated": True},
                )


def shorten(record: logging.LogRecord) -> None:
    """Cut a record's message that is very long."""
    message = record.getMessage()
    if len(message) > MOST_CHARS:
        record.msg, record.args = f"{message[:MOST_CHARS]}… ({len(message):,} characters)", None
