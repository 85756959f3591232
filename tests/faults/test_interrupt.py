"""Ctrl-C: exit code 130, a line that says what now, and nothing lost."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.faults.checks import check_recovery
from tests.faults.jobs import command
from tests.faults.operations import COMMANDS, Operations, copy_index
from tests.faults.test_two_writers import start_held


def test_ctrl_c_while_encoding_ends_with_130_and_can_be_continued(
    operations: Operations, folder: Path
) -> None:
    undisturbed = operations.undisturbed("index")
    index, ledger, hold = folder / "index", folder / "ledger", folder / "hold"
    running = start_held(operations, "index", index, ledger, hold)
    time.sleep(0.1)
    running.kill(signal.SIGINT)
    outcome = running.wait()
    assert outcome.result() == 130
    assert "run the same command again" in outcome.output
    assert "Traceback" not in outcome.output
    check_recovery(operations, undisturbed, index, ledger)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_at_any_moment_loses_nothing_committed(
    operations: Operations, folder: Path, name: str, presses: int
) -> None:
    undisturbed = operations.undisturbed(name)
    index, ledger = folder / "index", folder / "ledger"
    copy_index(undisturbed.base, index)
    chance = random.Random(f"{name} {presses}")
    running = operations.server.start(command, operations.arguments(name, index), ledger, 0.01)
    time.sleep(chance.uniform(0.02, 0.2))
    for _ in range(presses):
        running.kill(signal.SIGINT)
        time.sleep(0.002)
    outcome = running.wait()
    assert not outcome.signal, outcome.output
    assert outcome.value in (0, 130) or outcome.error == "KeyboardInterrupt", outcome.output
    check_recovery(operations, undisturbed, index, ledger)
