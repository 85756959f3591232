"""What children do with judges: fit, judge, be stopped. Imported by those tests alone: it brings scikit-learn."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

# Whatever a child needs is imported once, before it is forked.
import ir_measures  # noqa: F401
import scipy.optimize  # noqa: F401
import sklearn.isotonic
import sklearn.linear_model  # noqa: F401

import simengine.cli.ask_command
import simengine.cli.calibrate_command
import simengine.cli.rerank_command
import simengine.cross_encoders.load
import simengine.cross_encoders.nli
import simengine.engine.loaded
from simengine.cross_encoders.contract import Predicted
from simengine.store.writer import IndexWriter
from tests.faults.jobs import command, wait_for
from tests.faults.syscalls import Fault, Supervised, supervise
from tests.qa.fakes import TableModel

FITTING = (simengine.cli.ask_command, simengine.cli.calibrate_command, simengine.cli.rerank_command)
LOADING = (
    simengine.engine.loaded,
    simengine.cross_encoders.load,
    simengine.cross_encoders.nli,
)


class Judge(TableModel):
    """Neutral on everything, or entailing everything; a slow one makes a file when it is asked, and does not answer."""

    def __init__(self, asked: Path | None = None, label: str = "neutral") -> None:
        super().__init__(("", "", label))
        self.asked = asked

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        if self.asked is not None:
            self.asked.touch()
            time.sleep(60)
        return super()._predict(pairs)


def judge_command(arguments: Sequence[str], asked: Path | None = None, label: str = "neutral") -> int:
    """Run a command with such a judge."""
    for module in LOADING:
        module.load_cross_encoder = lambda *a, **b: Judge(asked, label)  # type: ignore[attr-defined]
    return command(arguments)


def judge_unread(arguments: Sequence[str]) -> int:
    """The same with an output that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    os.dup2(writing, 1)
    return judge_command(arguments, label="entailment")


def fit_command(arguments: Sequence[str], wait_s: float = 60.0) -> int:
    """Run a command that fits; it waits so long for other writers."""
    for each in FITTING:
        each.LOCK_WAIT_S = wait_s  # type: ignore[attr-defined]
    return judge_command(arguments)


def fit_with_fault(arguments: Sequence[str], folder: Path, fault: Fault, at: int) -> Supervised:
    """The same with a fault at a system call."""
    return supervise(fit_command, (arguments,), folder, fault, at)


def hold_lock(path: Path, release: Path) -> None:
    """Be the writer of an index, after making a file "held" and until a file appears."""
    with IndexWriter.open(path):
        release.with_name("held").touch()
        wait_for(release)
