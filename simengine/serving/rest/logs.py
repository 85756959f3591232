"""The service's log: one JSON object a line, without the users' texts unless they are asked for."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import IO, Any

from simengine.errors import (
    DeviceError,
    FingerprintMismatchError,
    MissingExtraError,
    ModelError,
    StoreError,
)

MOST_FRAMES = 15
OF_THIS_MACHINE = (
    StoreError,
    ModelError,
    DeviceError,
    FingerprintMismatchError,
    MissingExtraError,
    OSError,
)
"""Errors whose messages tell of files and models, and never repeat what a user gave."""


class JsonLog(logging.Handler):
    """Writes lines of JSON, also the records of the server itself. May be used from several threads.

    Args:
        stream: where to; stderr by default.
        texts: also what may hold users' texts: messages of errors, queries, questions.
    """

    def __init__(self, stream: IO[str] | None = None, *, texts: bool = False) -> None:
        super().__init__()
        self._stream = stream
        self._texts = texts
        self._write_lock = threading.Lock()

    def write(self, event: str, level: str = "info", **fields: object) -> None:
        """Write a line; fields that are None or "" are left out."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"time": now, "level": level, "event": event}
        line |= {name: value for name, value in fields.items() if value is not None and value != ""}
        text = json.dumps(line, ensure_ascii=False, default=str).encode("utf-8", "replace").decode()
        with self._write_lock:
            stream = self._stream or sys.stderr
            stream.write(text + "\n")
            stream.flush()

    def error_fields(self, error: BaseException | None, *, trace: bool) -> dict[str, Any]:
        """An error for the log: its class, what it says if that is no user's text or texts may be, and where it arose.

        Args:
            error: None gives no fields.
            trace: say where it arose.
        """
        if error is None:
            return {}
        fields: dict[str, Any] = {"error": type(error).__name__}
        if self._texts or isinstance(error, OF_THIS_MACHINE):
            fields["message"] = str(error)
        if trace:
            frames = traceback.extract_tb(error.__traceback__)
            fields["trace"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-MOST_FRAMES:]
            ]
        return fields

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record of the server itself."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, asyncio.CancelledError):  # an open page that was cut off at the end
            return
        self.write(
            "server",
            record.levelname.lower(),
            source=record.name,
            text=record.getMessage(),
            **self.error_fields(error, trace=True),
        )


def server_logging(log: JsonLog) -> Mapping[str, Any]:
    """Settings of `logging` that put what the server says into a log."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"json": {"()": lambda: log}},
        "loggers": {
            "asyncio": {"handlers": ["json"], "level": "WARNING", "propagate": False},
            "uvicorn": {"handlers": ["json"], "level": "WARNING", "propagate": False},
            "uvicorn.error": {"handlers": ["json"], "level": "WARNING", "propagate": False},
            "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }
