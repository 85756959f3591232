"""Readers beside writers: an opened one keeps its answers, a new one sees whole commits only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.checks import check_partial
from tests.faults.jobs import Polled, command, open_while_replaced, poll, read_again, wait_for
from tests.faults.operations import COMMANDS, Operations, copy_index


def test_an_opened_reader_gives_the_same_answers_whatever_writers_do(
    operations: Operations, folder: Path
) -> None:
    index, signals = folder / "index", folder / "signals"
    signals.mkdir()
    copy_index(operations.base(("index", "add")), index)
    names = ("update", "delete", "compact", "prune", "overwrite", "compact")
    reader = operations.server.start(read_again, index, signals, len(names))
    wait_for(signals / "ready-0")
    for number, name in enumerate(names, start=1):
        assert operations.server.call(command, operations.arguments(name, index)) == 0, name
        (signals / f"go-{number}").touch()
        wait_for(signals / f"ready-{number}")
    answers: list[str] = reader.wait().result()
    assert answers == [""] * len(names), dict(zip(names, answers, strict=True))


def test_a_reader_whose_files_were_deleted_still_answers(operations: Operations, folder: Path) -> None:
    index, signals = folder / "index", folder / "signals"
    signals.mkdir()
    copy_index(operations.base(("index", "add")), index)
    reader = operations.server.start(read_again, index, signals, 1)
    wait_for(signals / "ready-0")
    shutil.rmtree(index)
    (signals / "go-1").touch()
    (answer,) = reader.wait().result()
    assert answer == "" or answer.startswith(("StoreError", "DamagedIndexError", "IndexNotFoundError")), (
        answer
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_new_readers_beside_a_writer_see_whole_commits_only(
    operations: Operations, folder: Path, name: str
) -> None:
    undisturbed = operations.undisturbed(name)
    index, ledger, stop = folder / "index", folder / "ledger", folder / "stop"
    copy_index(undisturbed.base, index)
    pollers = [operations.server.start(poll, index, stop) for _ in range(2)]
    writer = operations.server.start(command, operations.arguments(name, index), ledger, 0.05)
    written = writer.wait()
    stop.touch()
    outcomes = [poller.wait() for poller in pollers]
    assert written.result() == 0
    for outcome in outcomes:
        polled: Polled = outcome.result()
        assert polled.errors == [], polled.errors
        assert polled.n_opened > 0
        for state in polled.states:
            last = (state.generation, state.commit_number)
            check_partial(undisturbed, state, "", last, f"beside {name}")


@pytest.mark.parametrize("before", ["candidates", "lexical"])
def test_opening_looks_again_when_the_files_are_replaced_under_it(
    operations: Operations, folder: Path, before: str
) -> None:
    undisturbed = operations.undisturbed("compact")
    index = folder / "index"
    copy_index(undisturbed.base, index)
    outcome = operations.server.run(
        open_while_replaced, index, operations.arguments("compact", index), before
    )
    assert outcome.result().same_as(undisturbed.after)
