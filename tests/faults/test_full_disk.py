"""No room left at any point of any command: a clear error, nothing committed is lost, and once there is room the same
command ends in the state of an undisturbed run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.checks import check_partial, check_recovery
from tests.faults.jobs import command, command_with_fault, command_with_limit
from tests.faults.operations import COMMANDS, Operations, Undisturbed, committed, copy_index, spread
from tests.faults.processes import Outcome
from tests.faults.state import read_state

POINTS = {"index": 5, "add": 3, "update": 3, "prune": 2, "delete": 3, "compact": 3, "overwrite": 2}
FILE_LIMITS = (1_000, 12_000, 40_000, 150_000)
DISK_BYTES = (60_000, 130_000, 200_000, 400_000, 700_000)


@pytest.mark.parametrize(
    ("name", "part", "parts"),
    [(name, part, n) for name, n in POINTS.items() for part in range(n)],
)
def test_a_disk_that_is_full_from_some_call_on_loses_nothing_committed(
    operations: Operations, no_supervision: str, folder: Path, name: str, part: int, parts: int
) -> None:
    if no_supervision:
        pytest.skip(no_supervision)
    undisturbed = operations.undisturbed(name)
    full_from_call(operations, undisturbed, spread(undisturbed.n_calls, part, parts), folder)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_is_full_from_any_call_on_loses_nothing_committed(
    operations: Operations, no_supervision: str, folder: Path, name: str
) -> None:
    if no_supervision:
        pytest.skip(no_supervision)
    undisturbed = operations.undisturbed(name)
    for at in range(1, undisturbed.n_calls + 1):
        full_from_call(operations, undisturbed, at, folder / str(at))


@pytest.mark.parametrize("limit_bytes", FILE_LIMITS)
@pytest.mark.parametrize("name", ["index", "add", "compact"])
def test_a_limit_on_the_size_of_files_loses_nothing_committed(
    operations: Operations, folder: Path, name: str, limit_bytes: int
) -> None:
    if sys.platform == "win32":
        pytest.skip("no such limits on Windows")
    undisturbed = operations.undisturbed(name)
    index, ledger = folder / "index", folder / "ledger"
    copy_index(undisturbed.base, index)
    arguments = operations.arguments(name, index)
    outcome = operations.server.run(command_with_limit, arguments, ledger, limit_bytes)
    check_failed_clearly(outcome, outcome.value)
    check_recovery(operations, undisturbed, index, ledger, f"no file above {limit_bytes} bytes")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty folder that is a file system of its own, to be resized by `resize`."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk],
            capture_output=True,
            text=True,
            check=False,
        )
        if shutil.which("mount") and hasattr(os, "geteuid") and os.geteuid() == 0
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("may not mount a small file system" + (f": {mounted.stderr}" if mounted else ""))
    yield disk
    subprocess.run(["umount", disk], check=True)


def resize(disk: Path, n_bytes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={n_bytes}", disk], check=True)


@pytest.mark.parametrize("disk_bytes", DISK_BYTES)
@pytest.mark.parametrize("name", ["index", "compact"])
def test_a_small_disk_loses_nothing_committed(
    operations: Operations, small_disk: Path, folder: Path, name: str, disk_bytes: int
) -> None:
    undisturbed = operations.undisturbed(name)
    index, ledger = small_disk / "index", folder / "ledger"
    taken = (
        sum(f.stat().st_blocks * 512 for f in undisturbed.base.rglob("*")) if undisturbed.base.exists() else 0
    )
    resize(small_disk, taken + disk_bytes)
    copy_index(undisturbed.base, index)
    arguments = operations.arguments(name, index)
    outcome = operations.server.run(command, arguments, ledger)
    check_failed_clearly(outcome, outcome.value)
    readable = operations.server.run(read_state, index, ("dense",))  # the disk is still full
    assert not readable.signal, readable.output
    if readable.error != "IndexNotFoundError":
        check_partial(undisturbed, readable.result(), "", committed(ledger), f"a disk of {disk_bytes} bytes")
    resize(small_disk, 64_000_000)
    check_recovery(operations, undisturbed, index, ledger, f"a disk of {disk_bytes} bytes")


def full_from_call(operations: Operations, undisturbed: Undisturbed, at: int, folder: Path) -> None:
    index, ledger = folder / "index", folder / "ledger"
    folder.mkdir(exist_ok=True)
    copy_index(undisturbed.base, index)
    arguments = operations.arguments(undisturbed.name, index)
    outcome = operations.server.run(command_with_fault, arguments, ledger, index, "full", at)
    supervised = outcome.result()
    assert not supervised.error, f"full from call {at}: {supervised.error}"
    check_failed_clearly(outcome, supervised.value)
    check_recovery(
        operations, undisturbed, index, ledger, f"full from call {at}, {supervised.calls[at - 1 :][:1]}"
    )
    shutil.rmtree(index)


def check_failed_clearly(outcome: Outcome, code: int) -> None:
    """Exit code 1 with one line that says what is the matter; or 0 where there was room enough after all."""
    assert not outcome.signal, outcome.output
    assert not outcome.error, f"{outcome.error}: {outcome.message}\n{outcome.output}"
    assert "Traceback" not in outcome.output
    assert "panicked" not in outcome.output, outcome.output
    assert code in (0, 1), outcome.output
    if code:
        assert "Error: " in outcome.output
        assert re.search("no space to write|No space left|File too large", outcome.output), outcome.output
