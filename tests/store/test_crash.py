"""Kills: after each, what was acknowledged is there, and the next writer goes on."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

import simengine.store
from simengine.errors import IndexNotFoundError
from simengine.store.snapshot import Snapshot
from simengine.store.verify import verify
from simengine.store.writer import IndexWriter
from tests.store.samples import Model, change, check_against, check_index, settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked child")
STORE = str(Path(simengine.store.__file__).parent)


def scenario(path: Path, acknowledge: Callable[[], None]) -> None:
    """Everything that a writer can do; `acknowledge` after each step that must survive."""
    writer = IndexWriter.create(path, settings())
    acknowledge()
    writer.commit(change(["a", "b", "c"]))
    acknowledge()
    writer.commit(change(["d", "b"], version=1, n_passages=3, remove=["b"]))
    acknowledge()
    writer.finish()
    writer.delete(["a", "nothing"])
    acknowledge()
    ann = writer.new_derived_path("ann", ".faiss")
    ann.write_bytes(b"index")
    writer.set_derived("ann", {"file": ann.relative_to(writer.folder).as_posix(), "rows": writer.n_rows})
    writer.set_derived("calibration", {"a": 1.5})
    with writer.begin_compact() as new:
        new.publish()
        acknowledge()
        new.commit(change(["e"]))
        acknowledge()
    writer.close()
    with IndexWriter.open(path) as again:
        again.commit(change(["f"]))
        acknowledge()
    with IndexWriter.create(path, settings(), overwrite=True) as over:
        over.commit(change(["x", "y"], version=5))
        over.finish()
        acknowledge()


STATES: list[Model | None] = [
    None,
    {},
    {"a": (0, 2), "b": (0, 2), "c": (0, 2)},
    {"a": (0, 2), "c": (0, 2), "d": (1, 3), "b": (1, 3)},
    {"c": (0, 2), "d": (1, 3), "b": (1, 3)},
    {"c": (0, 2), "d": (1, 3), "b": (1, 3)},
    {"c": (0, 2), "d": (1, 3), "b": (1, 3), "e": (0, 2)},
    {"c": (0, 2), "d": (1, 3), "b": (1, 3), "e": (0, 2), "f": (0, 2)},
    {"x": (5, 2), "y": (5, 2)},
]


def run_killed(path: Path, kill: Callable[[], None]) -> int:
    """Run the scenario in a child that arranges its own death; returns the number of acknowledged steps."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read_end)
            kill()
            scenario(path, lambda: os.write(write_end, b"."))
            sys.settrace(None)
            os._exit(0)
        except BaseException:
            os._exit(3)
    os.close(write_end)
    _, status = os.waitpid(child, 0)
    acknowledged = len(os.read(read_end, 100))
    os.close(read_end)
    assert os.waitstatus_to_exitcode(status) != 3
    return acknowledged


def killed_at_line(number: int) -> Callable[[], None]:
    """SIGKILL before the `number`-th line that is executed in the store."""
    remaining = number

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal remaining
        if not frame.f_code.co_filename.startswith(STORE):
            return None
        if event == "line":
            remaining -= 1
            if remaining <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return lambda: sys.settrace(trace)


def count_lines(path: Path) -> int:
    seen = 0

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal seen
        if not frame.f_code.co_filename.startswith(STORE):
            return None
        seen += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        scenario(path, lambda: None)
    finally:
        sys.settrace(before)
    return seen


def check_after_kill(path: Path, acknowledged: int) -> None:
    possible = STATES[acknowledged : acknowledged + 2]
    try:
        with Snapshot.open(path) as snapshot:
            ids = {stored.id for stored in snapshot.iter_documents()}
            model = next(m for m in reversed(possible) if m is not None and ids == set(m))
            check_against(snapshot, model)
    except IndexNotFoundError:
        assert possible[0] is None
        with IndexWriter.create(path, settings()) as writer:
            writer.commit(change(["z"]))
        check_index(path, {"z": (0, 2)})
        return
    with IndexWriter.open(path) as writer:
        writer.commit(change(["z"]))
    report = verify(path)
    assert report.ok, report.problems
    assert report.notes == ()
    check_index(path, model | {"z": (0, 2)})


@pytest.mark.parametrize("part", range(8))
def test_kill_before_any_line_of_the_store_loses_nothing_acknowledged(memory_path: Path, part: int) -> None:
    n_lines = count_lines(memory_path / "counted")
    check_index(memory_path / "counted", STATES[-1] or {})
    step = n_lines / 64
    for number in range(part, 64, 8):
        path = memory_path / f"index{number}"
        line = 1 + int(step * number + step * ((number * 7919) % 64) / 64)
        check_after_kill(path, run_killed(path, killed_at_line(line)))


def test_kill_in_the_middle_of_a_write_at_any_size_loses_nothing_acknowledged(memory_path: Path) -> None:
    def killed_at_size(limit: int) -> Callable[[], None]:
        def arrange() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return arrange

    reached = set()
    for limit in [*range(300, 9_000, 1_100), *range(9_000, 300_000, 11_003)]:
        path = memory_path / f"index{limit}"
        acknowledged = run_killed(path, killed_at_size(limit))
        reached.add(acknowledged)
        check_after_kill(path, acknowledged)
    assert len(reached) >= 4
