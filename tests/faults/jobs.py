"""What children do: commands with and without faults, and reading what they leave."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Some of these are used by nothing here: whatever a child needs is imported once, before it is forked.
import faiss  # noqa: F401
import tantivy  # noqa: F401
import threadpoolctl  # type: ignore[import-untyped,unused-ignore]  # noqa: F401

import simengine.cli.add_command
import simengine.cli.compact_command
import simengine.cli.delete_command
import simengine.cli.index_command
import simengine.cli.update_command
import simengine.cli.verify_command
import simengine.corpus.read
import simengine.engine
import simengine.engine.encoder
import simengine.indexing.derive
import simengine.indexing.indexer
import simengine.store.segments
from simengine.cli.main import _run
from simengine.engine.reading import open_reader
from simengine.errors import IndexNotFoundError
from simengine.lexical.index import LexicalIndex
from simengine.store.committer import Committer
from simengine.store.records import Head
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter
from tests.faults import encoder
from tests.faults.events import count_events
from tests.faults.state import State, difference_of, read_state, state_of, strays
from tests.faults.syscalls import Fault, Supervised, supervise


def prepare() -> None:
    """Make this process, and all that it forks, commit often and encode in no time."""
    simengine.engine.encoder.load_encoder = encoder.load_word_encoder  # type: ignore[assignment]
    simengine.indexing.indexer.COMMIT_PASSAGES = 24
    simengine.indexing.indexer.READ_DOCUMENTS = 5
    simengine.indexing.derive.TAIL_ROWS = 20
    simengine.store.segments.MANY_SMALL = 4
    advance = Committer.advance

    def noted(self: Committer, head: Head) -> None:
        encoder.note(f"committed {self.generation} {head.last.number}")
        advance(self, head)

    Committer.advance = noted  # type: ignore[method-assign]


# Commands


def command(
    arguments: Sequence[str], ledger: Path | None = None, pause_s: float = 0.0, hold: Path | None = None
) -> int:
    """Run simengine's command line; returns its exit code."""
    encoder.ledger, encoder.pause_s, encoder.hold = ledger, pause_s, hold
    return _run(list(arguments))


def command_with_limit(arguments: Sequence[str], ledger: Path, limit_bytes: int) -> int:
    """The same while no file may grow beyond a size."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        return command(arguments, ledger)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def command_with_fault(
    arguments: Sequence[str], ledger: Path, folder: Path, fault: Fault, at: int
) -> Supervised:
    """The same with a fault at a system call."""
    return supervise(command, (arguments, ledger), folder, fault, at)


def command_with_kill(arguments: Sequence[str], ledger: Path, folder: Path, at: int) -> tuple[Any, list[str]]:
    """The same with a kill at an event that Python sees."""
    return count_events(command, (arguments, ledger), folder, at)


@dataclass(frozen=True)
class Recovery:
    """What was found after a fault, and after the same command was run again.

    Attributes:
        partial: the state after the fault; None where there was no index yet.
        missing: what opening it said in that case.
        code: exit code of the second run.
        final: the state after it.
        stray: files that do not belong there, after another writer has opened and closed the index.
        verify: exit code of `simengine verify`.
    """

    partial: State | None
    missing: str
    code: int
    final: State
    stray: list[str]
    verify: int


def recover(path: Path, arguments: Sequence[str], ledger: Path) -> Recovery:
    """Read what a fault left, run the command again, and read again."""
    partial, missing = None, ""
    try:
        partial = read_state(path, ("dense",))
    except IndexNotFoundError as error:
        missing = str(error)
    code = command(arguments, ledger)
    final = read_state(path)
    IndexWriter.open(path).close()  # the next writer removes what the one before replaced
    return Recovery(partial, missing, code, final, strays(path), command(["verify", str(path), "-q"]))


def tidy(path: Path) -> None:
    """Open and close a writer: what earlier ones left is removed, and SQLite's log is folded in."""
    IndexWriter.open(path).close()


Damage = tuple[str, str, int]
"""(file, kind, position): "flip" a bit of the byte there, "cut" the file to that length, "remove" it."""


@dataclass(frozen=True)
class Damaged:
    """How a damaged index was met.

    Attributes:
        error: name of the exception that reading it raised, "" where it could be read.
        message: that exception's text.
        difference: where what was read is not what was written.
        verify: exit code of `simengine verify`.
        verified: what that printed.
    """

    error: str
    message: str
    difference: str
    verify: int
    verified: str


def inflict(index: Path, damage: Damage) -> None:
    """Change a file in place."""
    name, kind, position = damage
    file = index / name
    if kind == "remove":
        file.unlink()
    elif kind == "cut":
        os.truncate(file, position)
    else:
        with file.open("r+b") as stream:
            stream.seek(position)
            (value,) = stream.read(1)
            stream.seek(position)
            stream.write(bytes([value ^ 1 << position % 8]))


def damage_each(index: Path, damages: Sequence[Damage], sound: State, log: Path) -> list[Damaged]:
    """Inflict each damage alone on an index, read it, verify it, and undo the damage."""
    found = []
    for damage in damages:
        with log.open("a") as stream:
            print(*damage, file=stream)
        file = index / damage[0]
        content = file.read_bytes()
        inflict(index, damage)
        error = message = difference = ""
        try:
            state = read_state(index)
            difference = "" if state.same_as(sound) else difference_of(state, sound)
        except Exception as raised:
            error, message = type(raised).__name__, str(raised)
        with io.StringIO() as text:
            with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
                code = command(["verify", str(index)])
            found.append(Damaged(error, message, difference, code, text.getvalue()))
        file.write_bytes(content)
    return found


def repair_each(index: Path, damages: Sequence[Damage], sound: State, spare: Path) -> list[str]:
    """Inflict each damage on a copy of an index, repair it, and compare; "" for each where all is well again."""
    found = []
    for damage in damages:
        shutil.copytree(index, spare)
        inflict(spare, damage)
        code = command(["verify", str(spare), "--repair", "--quiet", "--no-progress"])
        try:
            state = read_state(spare)
            text = "" if state.same_as(sound) else difference_of(state, sound)
        except Exception as raised:
            text = f"{type(raised).__name__}: {raised}"
        found.append(f"exit code {code} {text}" if code or text else "")
        shutil.rmtree(spare)
    return found


def add_lexical_rows(path: Path, n_rows: int) -> None:
    """Commit rows to the lexical index alone, in so many commits that they are merged with others."""
    with Snapshot.open(path) as snapshot, LexicalIndex.open(snapshot.lexical_path) as lexical:
        for row in range(snapshot.n_rows, snapshot.n_rows + n_rows, n_rows // 10):
            rows = range(row, row + n_rows // 10)
            lexical.add(rows, [""] * len(rows), ["rocket bank meadow unheardof"] * len(rows))
            lexical.commit()


def delete_waiting(path: Path, ids: Sequence[str], timeout_s: float) -> list[str]:
    """Delete documents, waiting for another writer to end; returns the ids that were there."""
    with IndexWriter.open(path, lock_timeout_s=timeout_s) as writer:
        return list(writer.delete(ids).deleted)


def read_again(path: Path, signals: Path, rounds: int) -> list[str]:
    """Open an index once and read it in each of several rounds, when a file "go-N" appears; then make "ready-N".

    Returns:
        For each round "", or how the answers differ from the first.
    """
    reader, found = open_reader(path, encoder.WordEncoder, threads=1), []
    first = state_of(reader)
    (signals / "ready-0").touch()
    for number in range(1, rounds + 1):
        wait_for(signals / f"go-{number}")
        try:
            state = state_of(reader)
            found.append("" if state.same_as(first) else difference_of(state, first))
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
        (signals / f"ready-{number}").touch()
    reader.retire()
    return found


@dataclass(frozen=True)
class Polled:
    """What a reader saw that opened an index again and again beside a writer.

    Attributes:
        n_opened: how often.
        states: each state once.
        errors: what was raised, but for "no index" before there was one; and states that changed under one commit.
    """

    n_opened: int
    states: list[State]
    errors: list[str]


def poll(path: Path, stop: Path) -> Polled:
    """Open and read an index again and again until a file appears, and once more."""
    states: dict[tuple[int, int, str], State] = {}
    errors, n_opened, last = [], 0, False
    while not last:
        last = stop.exists()
        try:
            state = read_state(path, ("dense",))
        except IndexNotFoundError as error:
            if states:
                errors.append(f"IndexNotFoundError: {error}")
            continue
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
            continue
        n_opened += 1
        known = states.setdefault((state.generation, state.commit_number, state.state), state)
        if known.documents != state.documents or known.live != state.live:
            errors.append(
                f"{state.generation}/{state.commit_number} {state.state}: {difference_of(state, known)}"
            )
    return Polled(n_opened, list(states.values()), errors)


def open_while_replaced(path: Path, arguments: Sequence[str], before: str) -> State:
    """Open an index whose files a command replaces after the snapshot was taken.

    Args:
        path: the index.
        arguments: of the command.
        before: what is not open yet: "candidates" or "lexical".
    """
    module, left = simengine.engine.reading, [arguments]
    load_index, open_lexical = module.load_index, module._open_lexical

    def replace(generation: Path) -> None:
        if left:
            assert command(left.pop()) == 0
            shutil.rmtree(generation, ignore_errors=True)

    def load_index_late(file: Path, *args: Any, **kwargs: Any) -> Any:
        replace(file.parent.parent)
        return load_index(file, *args, **kwargs)

    def open_lexical_late(snapshot: Snapshot) -> LexicalIndex | None:
        replace(snapshot.lexical_path.parent)
        return open_lexical(snapshot)

    if before == "candidates":
        module.load_index = load_index_late  # type: ignore[assignment]
    else:
        module._open_lexical = open_lexical_late
    return read_state(path)


def wait_for(path: Path, limit_s: float = 60.0) -> None:
    """Wait until a file exists."""
    end = time.monotonic() + limit_s
    while not path.exists():
        if time.monotonic() > end:
            raise TimeoutError(f"{path} did not appear in {limit_s} s")
        time.sleep(0.005)
