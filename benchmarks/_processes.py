"""Subjects in processes of their own, and the memory that a process and its children hold."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

PEERS = Path(__file__).resolve().parent / "peers"
SAMPLE_S = 0.05
QUIET = {  # no hub, no telemetry, and LanceDB's two warnings per search not written
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "LANCEDB_LOG": "error",
}


def environment() -> dict[str, str]:
    """This process's environment with every library offline and quiet."""
    return {**os.environ, **QUIET}


class MemorySampler:
    """Peak resident memory of a process and all its descendants, looked at twenty times a second.

    Attributes:
        peak_mb: highest sum of resident sizes, in 10**6 bytes.
        peak_anonymous_mb: the same without pages of mapped files (which the system may drop at any time).
    """

    def __init__(self, pid: int) -> None:
        self.peak_mb, self.peak_anonymous_mb = 0.0, 0.0
        self._process, self._stop = psutil.Process(pid), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            resident, anonymous = 0, 0
            try:
                for process in [self._process, *self._process.children(recursive=True)]:
                    memory = process.memory_info()
                    resident += memory.rss
                    anonymous += memory.rss - getattr(memory, "shared", 0)
            except psutil.NoSuchProcess:
                continue
            self.peak_mb = max(self.peak_mb, resident / 1e6)
            self.peak_anonymous_mb = max(self.peak_anonymous_mb, anonymous / 1e6)

    def stop(self) -> dict[str, float]:
        """End the sampling and return both peaks."""
        self._stop.set()
        self._thread.join()
        return {"peak_tree_rss_mb": self.peak_mb, "peak_tree_anonymous_mb": self.peak_anonymous_mb}


class Worker:
    """One subject, alive until `close`. See `peers/worker.py` for the commands."""

    def __init__(self, subject: str, model: str) -> None:
        self.subject = subject
        self._begin = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, str(PEERS / "worker.py"), subject],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        self._memory = MemorySampler(self._process.pid)
        self._send({"do": "start", "model": model})

    @functools.cached_property
    def started(self) -> dict[str, Any]:
        """The answer to the start, which goes on beside other subjects' until it is asked for."""
        return self._receive("start")

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send one command and wait for its answer.

        Raises:
            RuntimeError: the subject died; its traceback stands on stderr.
        """
        assert self.started
        self._send(command)
        return self._receive(command["do"])

    def _send(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died: the missing answer will say so
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()

    def _receive(self, what: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.subject} ended during {what!r}, exit code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> dict[str, Any]:
        """End the subject; the time from its start to its end, and its memory."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        return {"process_s": time.perf_counter() - self._begin, **self._memory.stop()}


def timed_command(command: list[str], cwd: Path | None = None) -> tuple[float, dict[str, float], str]:
    """Run a command to its end: wall-clock seconds, peak memory, what it printed.

    Raises:
        RuntimeError: its exit code is not 0.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), cwd=cwd
    )
    memory = MemorySampler(process.pid)
    out, err = process.communicate()
    seconds = time.perf_counter() - start
    peaks = memory.stop()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{err[-2000:]}")
    return seconds, peaks, out


def wall_clock_s(command: list[str]) -> float:
    """Seconds from the start of a process to its end, nothing else running beside it.

    Raises:
        subprocess.CalledProcessError: its exit code is not 0.
    """
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(command, check=True, stdout=quiet, stderr=quiet, env=environment())
    return time.perf_counter() - start
