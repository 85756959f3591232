"""Child processes that can be killed, forked in milliseconds from a process that has everything imported.

A fork is safe only while its parent has one thread, which pytest's process cannot promise. So the children are forked
by a server of their own: `python -m tests.faults.processes`, imported once, never running any of the code itself.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# One thread each, so that the order of events does not depend on chance.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "COLUMNS": "400"}


@dataclass(frozen=True)
class Outcome:
    """How a child ended.

    Attributes:
        signal: that killed it, or 0.
        value: what its function returned.
        error: name of the exception that its function raised, or "".
        message: that exception's text.
        output: all it wrote to stdout and stderr.
    """

    signal: int
    value: Any
    error: str
    message: str
    output: str

    @property
    def killed(self) -> bool:
        return self.signal == signal.SIGKILL

    def result(self) -> Any:
        """The value of a child that ended well; a child that did not fails the test."""
        assert not self.signal, f"killed by {signal.Signals(self.signal).name}\n{self.output}"
        assert not self.error, f"{self.error}: {self.message}\n{self.output}"
        return self.value


class Running:
    """A child under way."""

    def __init__(self, server: Server, pid: int, folder: Path) -> None:
        self._server, self.pid, self._folder = server, pid, folder

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal. The server has not reaped the child before `wait`, so its id is its own until then."""
        os.kill(self.pid, number)

    def wait(self) -> Outcome:
        status = self._server.reap(self.pid)
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        output = (self._folder / "output").read_text(encoding="utf-8", errors="replace")
        try:
            value, error, message = pickle.loads((self._folder / "result").read_bytes())
        except FileNotFoundError:
            value, error, message = None, "" if number else f"exit code {os.WEXITSTATUS(status)}", ""
        return Outcome(number, value, error, message, output)


class Server:
    """Forks children on demand."""

    def __init__(self, folder: Path) -> None:
        """Start it; children leave their results in `folder`."""
        self._folder, self._count = folder, 0
        self._running: set[int] = set()
        own = {name: value for name, value in os.environ.items() if not name.startswith("SIMENGINE_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.processes"],
            cwd=ROOT,
            env={**own, **ENVIRONMENT, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def start(self, function: Callable[..., Any], *arguments: Any) -> Running:
        """Call a function of a module in a child."""
        self._count += 1
        folder = self._folder / f"child-{self._count}"
        folder.mkdir(parents=True)
        pid = self._ask(("start", function, arguments, folder))
        self._running.add(pid)
        return Running(self, pid, folder)

    def run(self, function: Callable[..., Any], *arguments: Any) -> Outcome:
        """Call a function in a child and wait for its end."""
        return self.start(function, *arguments).wait()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The value of a function, called in a child that must end well."""
        return self.run(function, *arguments).result()

    def reap(self, pid: int) -> int:
        """Wait for a child; returns its exit status as `os.waitpid` does."""
        self._running.discard(pid)
        return self._ask(("wait", pid))

    def _ask(self, request: object) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(request, self._process.stdin)
        self._process.stdin.flush()
        answer: int = pickle.load(self._process.stdout)
        return answer

    def close(self) -> None:
        """End it, and the children that failed tests left."""
        for pid in list(self._running):
            os.kill(pid, signal.SIGKILL)
            self.reap(pid)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def _child(function: Callable[..., Any], arguments: tuple[Any, ...], folder: Path) -> None:
    """The life of a child; never returns."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with (folder / "output").open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    result: tuple[Any, str, str]
    try:
        result = (function(*arguments), "", "")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except BaseException as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        traceback.print_exc()
        result = (None, type(error).__name__, str(error))
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    (folder / "result").write_bytes(pickle.dumps(result))
    os._exit(0)


def _serve() -> None:
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    while True:
        try:
            kind, *rest = pickle.load(requests)
        except EOFError:
            return
        if kind == "wait":
            answer = os.waitpid(rest[0], 0)[1]
        else:
            sys.stdout.flush()
            answer = os.fork()
            if answer == 0:
                _child(*rest)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    from tests.faults.jobs import prepare

    prepare()

    _serve()
