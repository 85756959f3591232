"""Faults at system calls, SQLite's and tantivy's and FAISS's included: Linux's seccomp hands them to a supervisor.

A child installs a filter under which every call that changes files waits until its supervisor lets it pass
(SECCOMP_RET_USER_NOTIF, Linux 5.0). The supervisor counts them, and at a given one kills the child instead, or answers
that the disk is full from there on. Source: seccomp(2), seccomp_unotify(2).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import pickle
import platform
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn

# name: (number on x86_64, on aarch64); None where the architecture has no such call.
CALLS: dict[str, tuple[int | None, int | None]] = {
    "write": (1, 64),
    "pwrite64": (18, 68),
    "writev": (20, 66),
    "pwritev": (296, 70),
    "pwritev2": (328, 287),
    "fallocate": (285, 47),
    "copy_file_range": (326, 285),
    "sendfile": (40, 71),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "open": (2, None),
    "openat": (257, 56),
}
_WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "fallocate")
BY_DESCRIPTOR = frozenset((*_WRITES, "fsync", "fdatasync", "ftruncate"))
NEED_ROOM = frozenset((*_WRITES, "copy_file_range", "sendfile", "mkdir", "mkdirat", "open", "openat"))
MACHINES = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}

Fault = Literal["none", "kill", "full"]

_NOTIFICATION = struct.Struct("<QIIiIQ6Q")
_RESPONSE = struct.Struct("<QqiI")
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_CONTINUE = 1
_LOAD, _AND, _JEQ, _RET = 0x20, 0x54, 0x15, 0x06
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_CREATES = os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class Supervised:
    """How a supervised child ended.

    Attributes:
        killed: by the fault.
        value: what the function returned, None where it was killed or raised.
        error: what it raised, as text.
        calls: name and file of each call that was counted.
    """

    killed: bool
    value: Any
    error: str
    calls: list[str] = field(repr=False)


def why_not() -> str:
    """Why this machine cannot supervise system calls; "" where it can."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return "needs Linux on x86_64 or aarch64"
    try:
        found = supervise(os.getpid, (), Path("/nonexistent"), "none", 0)
    except OSError as error:
        return f"no seccomp notifications here: {error}"
    return found.error


def supervise(
    function: Callable[..., Any], arguments: tuple[Any, ...], folder: Path, fault: Fault, at: int
) -> Supervised:
    """Run a function in a child, with a fault at the `at`-th (from 1) call that changes something in `folder`."""
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _supervised(function, arguments, theirs, writing)
    theirs.close()
    os.close(writing)
    ours.settimeout(60)
    try:
        _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)
    except ValueError:  # the child failed before it could send one
        listener = -1
    calls = _watch(listener, pid, str(folder), fault, at) if listener >= 0 else []
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    status = os.waitpid(pid, 0)[1]
    ours.close()
    if listener >= 0:
        os.close(listener)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        ours_to_blame = fault == "kill" and number == signal.SIGKILL
        error = "" if ours_to_blame else f"killed by {signal.Signals(number).name}"
        return Supervised(ours_to_blame, None, error, calls)
    value, error = pickle.loads(content)
    return Supervised(False, value, error, calls)


def _supervised(
    function: Callable[..., Any], arguments: tuple[Any, ...], to: socket.socket, result: int
) -> NoReturn:
    answer: tuple[Any, str]
    try:
        listener = _install_filter()
        socket.send_fds(to, [b"."], [listener])
        os.close(listener)
        to.close()
        answer = (function(*arguments), "")
    except BaseException as error:
        traceback.print_exc()
        answer = (None, f"{type(error).__name__}: {error}")
    sys.stdout.flush()
    sys.stderr.flush()
    with os.fdopen(result, "wb") as pipe:
        pipe.write(pickle.dumps(answer))
    os._exit(0)


def _watch(listener: int, pid: int, folder: str, fault: Fault, at: int) -> list[str]:
    column = MACHINES[platform.machine()][0]
    names = {numbers[column]: name for name, numbers in CALLS.items()}
    calls: list[str] = []
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while True:
        events = waiting.poll()
        if not events or not events[0][1] & select.POLLIN:
            return calls  # no process is under the filter any more
        notification = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, notification, True)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):  # that thread has died meanwhile
                continue
            raise
        identity, thread, _, number, _, _, *values = _NOTIFICATION.unpack(notification)
        name = names[number]
        file = _file(thread, name, values)
        counts = file.startswith(folder)
        if counts:
            calls.append(f"{name} {file.removeprefix(folder)}")
            if fault == "kill" and len(calls) == at:
                os.kill(pid, signal.SIGKILL)
                return calls
        full = counts and fault == "full" and len(calls) >= at and name in NEED_ROOM
        answer = (identity, 0, -errno.ENOSPC, 0) if full else (identity, 0, 0, _CONTINUE)
        try:
            fcntl.ioctl(listener, _SEND, _RESPONSE.pack(*answer))
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise


def _file(thread: int, name: str, values: list[int]) -> str:
    try:
        if name in BY_DESCRIPTOR:
            return str(Path(f"/proc/{thread}/fd/{values[0]}").readlink())
        if name == "copy_file_range":
            return str(Path(f"/proc/{thread}/fd/{values[2]}").readlink())
        if name == "sendfile":
            return str(Path(f"/proc/{thread}/fd/{values[0]}").readlink())
        at = name.endswith(("at", "at2"))
        with Path(f"/proc/{thread}/mem").open("rb") as memory:
            memory.seek(values[1 if at else 0])
            path = os.fsdecode(memory.read1(4096).partition(b"\0")[0])
        if at and not path.startswith("/"):
            directory = ctypes.c_int(values[0] & 0xFFFFFFFF).value
            where = "cwd" if directory == -100 else f"fd/{directory}"
            path = f"{Path(f'/proc/{thread}/{where}').readlink()}/{path}"
        return path
    except OSError:
        return ""


def _install_filter() -> int:
    column, architecture, seccomp = MACHINES[platform.machine()]
    program = [(_LOAD, 0, 0, 4), (_JEQ, 1, 0, architecture), (_RET, 0, 0, _ALLOW), (_LOAD, 0, 0, 0)]
    for name, numbers in CALLS.items():
        number = numbers[column]
        if number is None:
            continue
        if name in ("open", "openat"):
            flags = 16 + 8 * (2 if name == "openat" else 1)
            program += [(_JEQ, 0, 5, number), (_LOAD, 0, 0, flags), (_AND, 0, 0, _CREATES)]
            program += [(_JEQ, 0, 1, 0), (_RET, 0, 0, _ALLOW), (_RET, 0, 0, _NOTIFY)]
        else:
            program += [(_JEQ, 0, 1, number), (_RET, 0, 0, _NOTIFY)]
    program.append((_RET, 0, 0, _ALLOW))
    code = b"".join(struct.pack("<HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(38, 1, 0, 0, 0):  # PR_SET_NO_NEW_PRIVS
        raise OSError(ctypes.get_errno(), "prctl")
    found = Program(len(program), ctypes.addressof(buffer))
    listener: int = library.syscall(seccomp, 1, 8, ctypes.byref(found))
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return listener
