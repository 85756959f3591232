"""SIGKILL at many points of every command that writes: what was committed is there, and the command run again ends
in the state of an undisturbed run without encoding anything twice."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import pytest

from tests.faults.checks import check_recovery
from tests.faults.jobs import (
    add_lexical_rows,
    command,
    command_with_fault,
    command_with_kill,
    tidy,
)
from tests.faults.operations import COMMANDS, Operations, Undisturbed, copy_index, spread
from tests.faults.state import read_state, strays

# How many points of each command are tried in a normal run; the sweeps below try all of them.
POINTS = {"index": 13, "add": 7, "update": 7, "prune": 5, "delete": 5, "compact": 7, "overwrite": 6}
EVENT_POINTS, RANDOM_POINTS, REPAIR_POINTS = 2, 2, 6


@pytest.mark.parametrize(
    ("name", "part", "parts"),
    [(name, part, n) for name, n in POINTS.items() for part in range(n)],
)
def test_a_kill_at_a_system_call_loses_nothing_committed(
    operations: Operations, no_supervision: str, folder: Path, name: str, part: int, parts: int
) -> None:
    undisturbed = operations.undisturbed(name)
    if no_supervision:  # the next best: what Python sees
        kill_at_event(operations, undisturbed, spread(undisturbed.n_events, part, parts), folder)
    else:
        kill_at_call(operations, undisturbed, spread(undisturbed.n_calls, part, parts), folder)


@pytest.mark.parametrize("part", range(EVENT_POINTS))
@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_at_an_event_of_python_loses_nothing_committed(
    operations: Operations, folder: Path, name: str, part: int
) -> None:
    undisturbed = operations.undisturbed(name)
    kill_at_event(operations, undisturbed, spread(undisturbed.n_events, part, EVENT_POINTS), folder)


@pytest.mark.parametrize("part", range(RANDOM_POINTS))
@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_at_any_moment_loses_nothing_committed(
    operations: Operations, folder: Path, name: str, part: int
) -> None:
    undisturbed = operations.undisturbed(name)
    chance = random.Random(f"{name} {part}")
    index, ledger = folder / "index", folder / "ledger"
    copy_index(undisturbed.base, index)
    arguments = operations.arguments(name, index)
    child = operations.server.start(command, arguments, ledger, 0.01)
    time.sleep(chance.uniform(0.0, 0.25))
    child.kill()
    child.wait()  # it may have ended before: that is a moment, too
    check_recovery(operations, undisturbed, index, ledger)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_at_every_system_call_loses_nothing_committed(
    operations: Operations, no_supervision: str, folder: Path, name: str
) -> None:
    if no_supervision:
        pytest.skip(no_supervision)
    undisturbed = operations.undisturbed(name)
    for at in range(1, undisturbed.n_calls + 1):
        kill_at_call(operations, undisturbed, at, folder / str(at))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_at_every_event_of_python_loses_nothing_committed(
    operations: Operations, folder: Path, name: str
) -> None:
    undisturbed = operations.undisturbed(name)
    for at in range(1, undisturbed.n_events + 1):
        kill_at_event(operations, undisturbed, at, folder / str(at))


@pytest.mark.parametrize("name", COMMANDS)
def test_two_kills_in_a_row_lose_nothing_committed(operations: Operations, folder: Path, name: str) -> None:
    undisturbed = operations.undisturbed(name)
    index, ledger = folder / "index", folder / "ledger"
    copy_index(undisturbed.base, index)
    for number in (undisturbed.n_events * 2 // 3, max(3, undisturbed.n_events // 6)):
        arguments = operations.arguments(name, index)
        operations.server.run(command_with_kill, arguments, ledger, index, number)
    check_recovery(operations, undisturbed, index, ledger)


@pytest.mark.parametrize("name", ["add", "update", "prune"])
def test_words_of_rows_that_were_never_committed_leave_no_trace_in_scores(
    operations: Operations, folder: Path, name: str
) -> None:
    undisturbed = operations.undisturbed(name)
    index = folder / "index"
    copy_index(undisturbed.base, index)
    # As if killed between the lexical commit and the commit, after tantivy had merged the new rows with old ones.
    operations.server.call(add_lexical_rows, index, 100)
    check_recovery(operations, undisturbed, index, folder / "ledger")


@pytest.mark.parametrize("part", range(REPAIR_POINTS))
def test_a_kill_while_repairing_can_be_repaired(
    operations: Operations, no_supervision: str, folder: Path, part: int
) -> None:
    if no_supervision:
        pytest.skip(no_supervision)
    sound = operations.undisturbed("delete").after
    index = folder / "index"

    def damaged() -> None:
        shutil.rmtree(index, ignore_errors=True)
        copy_index(operations.base(("index", "add", "delete")), index)
        for file in (
            next(index.glob("gen-*/lexical/*.term")),
            next(index.glob("gen-*/ann/*")),
            index / "manifest.json",
        ):
            os.truncate(file, file.stat().st_size // 2)

    repair = ["verify", str(index), "--repair", "--quiet", "--no-progress"]
    damaged()
    whole = operations.server.call(command_with_fault, repair, folder / "ledger", index, "none", 0)
    assert whole.value == 0, whole.error
    damaged()
    at = spread(len(whole.calls), part, REPAIR_POINTS)
    operations.server.call(command_with_fault, repair, folder / "ledger", index, "kill", at)
    seen = operations.server.run(read_state, index)
    assert seen.error == "DamagedIndexError" or seen.result().same_as(sound), f"call {at}: {seen.message}"
    assert operations.server.call(command, repair) == 0
    assert operations.server.call(read_state, index).same_as(sound), f"call {at}, {whole.calls[at - 1]}"
    operations.server.call(tidy, index)
    assert operations.server.call(strays, index) == []


def kill_at_call(operations: Operations, undisturbed: Undisturbed, at: int, folder: Path) -> None:
    index, ledger = folder / "index", folder / "ledger"
    folder.mkdir(exist_ok=True)
    copy_index(undisturbed.base, index)
    arguments = operations.arguments(undisturbed.name, index)
    supervised = operations.server.call(command_with_fault, arguments, ledger, index, "kill", at)
    assert not supervised.error, f"at call {at}: {supervised.error}"
    check_recovery(operations, undisturbed, index, ledger, f"killed at call {at}, {supervised.calls[-1]}")
    shutil.rmtree(index)


def kill_at_event(operations: Operations, undisturbed: Undisturbed, at: int, folder: Path) -> None:
    index, ledger = folder / "index", folder / "ledger"
    folder.mkdir(exist_ok=True)
    copy_index(undisturbed.base, index)
    arguments = operations.arguments(undisturbed.name, index)
    outcome = operations.server.run(command_with_kill, arguments, ledger, index, at)
    assert outcome.killed or at > undisturbed.n_events - 5, (
        outcome.output
    )  # the last few are not always as many
    check_recovery(operations, undisturbed, index, ledger, f"killed at event {at}")
    shutil.rmtree(index)
