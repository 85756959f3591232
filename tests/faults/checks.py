"""What must hold after a fault, whatever it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.faults.jobs import Recovery, recover
from tests.faults.operations import SWITCHES, Operations, Undisturbed, committed, encoded
from tests.faults.state import State, difference_of


def check_recovery(
    operations: Operations, undisturbed: Undisturbed, index: Path, ledger: Path, where: str = "killed"
) -> None:
    """The state after a kill is one that was committed, and the command run again leads to the undisturbed one."""
    again = ledger.with_name("ledger.again")
    outcome = operations.server.run(recover, index, operations.arguments(undisturbed.name, index), again)
    assert not outcome.signal, f"{where}: signal {outcome.signal}\n{outcome.output}"
    assert not outcome.error, f"{where}: {outcome.error} {outcome.message}\n{outcome.output}"
    found: Recovery = outcome.value
    assert found.code == 0, f"{where}:\n{outcome.output}"
    check_partial(undisturbed, found.partial, found.missing, committed(ledger), where)
    assert found.final.same_as(undisturbed.after), f"{where}: {difference_of(found.final, undisturbed.after)}"
    assert found.stray == [], where
    assert found.verify == 0, f"{where}:\n{outcome.output}"
    if undisturbed.name != "overwrite":  # what it builds is no index until it is complete
        rows = len(found.partial.passages) if found.partial is not None else 0
        done = 0 if undisturbed.name in SWITCHES else rows - undisturbed.rows_before
        assert encoded(again) == undisturbed.encoded - done, where


def check_partial(
    undisturbed: Undisturbed, partial: State | None, missing: str, last: tuple[int, int], where: str
) -> None:
    """What a kill left is exactly what was committed: no less, and nothing that was not committed."""
    if partial is None:
        assert undisturbed.before is None, f"{where}: {missing}"
        assert last == (0, 0), f"{where}: commit {last} had returned, and there is no index"
        return
    if undisturbed.name in SWITCHES:
        assert undisturbed.before is not None
        whole = (undisturbed.before, undisturbed.after)
        assert any(partial.same_as(state) for state in whole), f"{where}: neither the old state nor the new"
        return
    before = undisturbed.before.commit_number if undisturbed.before is not None else 0
    assert max(last[1], before) <= partial.commit_number <= max(last[1], before) + 1, where
    n_rows, removed = undisturbed.history[partial.commit_number]
    after = undisturbed.after
    n_documents = after.passages[n_rows - 1][0] + 1 if n_rows else 0
    assert partial.documents == after.documents[:n_documents], where
    assert partial.live == [key not in set(removed) for key in range(n_documents)], where
    assert partial.passages == after.passages[:n_rows], where
    np.testing.assert_array_equal(partial.vectors, after.vectors[:n_rows])
    check_words(partial, where)


def check_words(state: State, where: str) -> None:
    """A word finds the live documents that hold it, all of them and no others."""
    for word, found in state.words.items():
        expected = {id_ for id_, title, text, _ in state.live_documents() if holds(word, f"{title} {text}")}
        assert found == expected, f"{where}: {word}"


def holds(word: str, text: str) -> bool:
    return word in text.lower().replace(".", " ").split()
