"""What children do with what is fitted on labelled data. Imported by those tests alone: it brings scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# Whatever a child needs is imported once, before it is forked.
import ir_measures  # noqa: F401
import scipy.optimize  # noqa: F401
import sklearn.isotonic
import sklearn.linear_model  # noqa: F401

import simengine.assembly.answering
import simengine.assembly.judging
import simengine.cli.ask_command
import simengine.cli.calibrate_command
import simengine.cli.rerank_command
from simengine.store.writer import IndexWriter
from tests.faults.jobs import command, wait_for
from tests.faults.syscalls import Fault, Supervised, supervise
from tests.qa.fakes import TableModel

COMMANDS = (simengine.cli.ask_command, simengine.cli.calibrate_command, simengine.cli.rerank_command)


def load_table(*names: object, **options: object) -> TableModel:
    """In place of `load_cross_encoder`."""
    return TableModel()


def fit_command(arguments: Sequence[str], wait_s: float = 60.0) -> int:
    """Run a command with a judge that is neutral on everything; it waits so long for other writers."""
    for module in (simengine.assembly.answering, simengine.assembly.judging):
        module.load_cross_encoder = load_table  # type: ignore[attr-defined]
    for each in COMMANDS:
        each.LOCK_WAIT_S = wait_s  # type: ignore[attr-defined]
    return command(arguments)


def fit_with_fault(arguments: Sequence[str], folder: Path, fault: Fault, at: int) -> Supervised:
    """The same with a fault at a system call."""
    return supervise(fit_command, (arguments,), folder, fault, at)


def hold_lock(path: Path, release: Path) -> None:
    """Be the writer of an index, after making a file "held" and until a file appears."""
    with IndexWriter.open(path):
        release.with_name("held").touch()
        wait_for(release)
