"""One writer at a time: the second is told who the first is, and a dead one holds nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.checks import check_partial, check_recovery
from tests.faults.jobs import command, delete_waiting
from tests.faults.operations import Operations, committed, copy_index
from tests.faults.processes import Running
from tests.faults.state import read_state

WRITERS = ("index", "add", "update", "prune", "delete", "compact", "overwrite")


def wait_until_committed(ledger: Path, limit_s: float = 60.0) -> None:
    end = time.monotonic() + limit_s
    while committed(ledger) == (0, 0):
        assert time.monotonic() < end, f"nothing was committed in {limit_s} s"
        time.sleep(0.005)


def start_held(operations: Operations, name: str, index: Path, ledger: Path, hold: Path) -> Running:
    """A command that has committed something and waits now, in the middle of its work."""
    running = operations.server.start(command, operations.arguments(name, index), ledger, 0.05, hold)
    wait_until_committed(ledger)
    hold.touch()
    return running


def test_a_second_writer_is_told_who_the_first_is_and_a_killed_one_holds_nothing(
    operations: Operations, folder: Path
) -> None:
    undisturbed = operations.undisturbed("index")
    index, ledger, hold = folder / "index", folder / "ledger", folder / "hold"
    first = start_held(operations, "index", index, ledger, hold)
    for name in WRITERS:
        outcome = operations.server.run(command, operations.arguments(name, index))
        assert outcome.result() == 1, name
        assert f"process {first.pid} " in outcome.output, f"{name}: {outcome.output}"
        assert "Error: " in outcome.output
        assert "Traceback" not in outcome.output
    partial = operations.server.call(read_state, index)
    check_partial(undisturbed, partial, "", committed(ledger), "while another writes")
    first.kill()
    assert first.wait().killed
    check_recovery(operations, undisturbed, index, ledger)


def test_a_writer_that_waits_for_the_lock_goes_on_when_the_first_has_ended(
    operations: Operations, folder: Path
) -> None:
    index, ledger, hold = folder / "index", folder / "ledger", folder / "hold"
    copy_index(operations.base(("index",)), index)
    first = start_held(operations, "add", index, ledger, hold)
    waiting = operations.server.start(delete_waiting, index, ["doc-0007", "doc-0149"], 60.0)
    time.sleep(0.2)
    hold.unlink()
    assert first.wait().result() == 0
    assert waiting.wait().result() == ["doc-0007", "doc-0149"]
    expected = operations.undisturbed("add").after
    found = operations.server.call(read_state, index)
    gone = [document[0] in ("doc-0007", "doc-0149") for document in expected.documents]
    assert found.documents == expected.documents
    assert found.live == [not deleted for deleted in gone]


@pytest.mark.parametrize("name", ["index", "add", "delete", "compact"])
def test_many_writers_at_once_do_the_work_once(operations: Operations, folder: Path, name: str) -> None:
    undisturbed = operations.undisturbed(name)
    index, ledger = folder / "index", folder / "ledger"
    copy_index(undisturbed.base, index)
    arguments = operations.arguments(name, index)
    children = [operations.server.start(command, arguments, ledger) for _ in range(4)]
    outcomes = [child.wait() for child in children]
    codes = [outcome.result() for outcome in outcomes]
    assert 0 in codes
    assert set(codes) <= {0, 1}
    assert all("Traceback" not in outcome.output for outcome in outcomes)
    found = operations.server.call(read_state, index)
    assert found.same_as(undisturbed.after)
