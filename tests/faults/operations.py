"""The commands that faults are put into, their corpora, and the states that an undisturbed run leaves."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.jobs import command, command_with_fault, command_with_kill
from tests.faults.processes import Server
from tests.faults.state import State, read_history, read_state

SUBJECTS = (
    "rocket orbit moon planet telescope galaxy star comet crater signal",
    "bank interest market profit share bond price credit debt tax",
    "horse meadow clover bee hedge stable foal pasture spring grass",
    "bread oven flour yeast crust butter dough salt baker morning",
    "安静 的 河流 穿过 山谷 云 月亮 照 着 村庄",
)
VERBS = ("follows", "finds", "holds", "leaves", "turns", "brings", "shows", "keeps", "crosses", "meets")


def record(number: int, version: int = 0) -> dict[str, Any]:
    """A document: the same for the same arguments."""
    chance = random.Random(number * 1009 + version)
    words = SUBJECTS[number % len(SUBJECTS)].split()
    sentences = []
    for _ in range(3 if number % 4 == 0 else 1):
        chosen = [chance.choice(words) for _ in range(chance.randint(4, 9))]
        sentences.append(" ".join([chosen[0].capitalize(), chance.choice(VERBS), *chosen[1:]]) + ".")
    return {
        "_id": f"doc-{number:04d}",
        "title": words[0] if number % 3 else "",
        "text": " ".join(sentences),
        "number": number,
        "subject": {"first": words[0], "version": version},
    }


CORPORA = {
    "first": [record(n) for n in range(110)],
    "more": [record(n) for n in range(110, 150)],
    "changed": [record(n, 1 if n % 3 else 0) for n in range(20, 60)] + [record(n) for n in range(150, 160)],
    "pruned": [record(n) for n in range(15, 110)] + [record(n) for n in range(160, 180)],
    "other": [record(n, 2) for n in range(60, 160)],
    "many": [record(n) for n in range(1000, 1900)],
}
DELETED = [f"doc-{n:04d}" for n in range(0, 110, 7)]

_SETTINGS = ("--recipe", "hnsw", "--threads", "1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "index": ("index", "{first}", "-o", "{index}", *_SETTINGS),
    "add": ("add", "{more}", "-i", "{index}", "--threads", "1"),
    "update": ("update", "{changed}", "-i", "{index}", "--threads", "1"),
    "prune": ("index", "{pruned}", "-o", "{index}", "--prune", *_SETTINGS),
    "delete": ("delete", *DELETED, "-i", "{index}"),
    "compact": ("compact", "{index}", "--threads", "1"),
    "overwrite": ("index", "{other}", "-o", "{index}", "--overwrite", *_SETTINGS),
}
OTHER_COMMANDS: dict[str, tuple[str, ...]] = {
    "index-many": ("index", "{many}", "-o", "{index}", "--recipe", "pq-fastscan", "--threads", "1"),
}
# What has been run before each of them; together the index that it is run on.
BEFORE: dict[str, tuple[str, ...]] = {
    "index": (),
    "add": ("index",),
    "update": ("index",),
    "prune": ("index",),
    "delete": ("index", "add"),
    "compact": ("index", "add", "update", "delete"),
    "overwrite": ("index",),
}
SWITCHES = frozenset(("compact", "overwrite"))
"""Commands that build a new generation beside the old one."""


@dataclass(frozen=True)
class Undisturbed:
    """A command that ran to its end, and what it ran on.

    Attributes:
        base: the index before it, to be copied; a path that does not exist for the first build.
        before, after: states; None where there is no index.
        history: rows and deletions after each commit, see `read_history`.
        encoded: passages that it encoded.
        n_calls: system calls that it made in the index directory; 0 where they cannot be counted.
        n_events: events that Python saw there.
    """

    name: str
    base: Path
    before: State | None
    after: State
    history: list[tuple[int, list[int]]]
    encoded: int
    n_calls: int
    n_events: int

    @property
    def rows_before(self) -> int:
        return len(self.before.passages) if self.before is not None else 0


class Operations:
    """Runs commands undisturbed, each once, and copies indexes for the disturbed runs."""

    def __init__(self, server: Server, folder: Path, *, count_calls: bool) -> None:
        self.server, self.folder, self._count_calls = server, folder, count_calls
        self._done: dict[str, Undisturbed] = {}
        self._bases: dict[tuple[str, ...], Path] = {}
        for name, records in CORPORA.items():
            lines = [json.dumps(record, ensure_ascii=False) for record in records]
            (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def arguments(self, name: str, index: Path) -> list[str]:
        """The command line of a command for one index directory."""
        files = {corpus: self.folder / f"{corpus}.jsonl" for corpus in CORPORA}
        parts = [part.format(index=index, **files) for part in (COMMANDS | OTHER_COMMANDS)[name]]
        return [*parts, "--quiet", "--no-progress"]

    def base(self, names: tuple[str, ...]) -> Path:
        """The index after some commands; not to be changed."""
        if names not in self._bases:
            index = self.folder / ("base-" + "-".join(names))
            if names:
                copy_index(self.base(names[:-1]), index)
                assert self.server.call(command, self.arguments(names[-1], index)) == 0
            self._bases[names] = index
        return self._bases[names]

    def undisturbed(self, name: str) -> Undisturbed:
        """A command run to its end."""
        if name not in self._done:
            base = self.base(BEFORE[name])
            index, ledger = self.folder / f"done-{name}", self.folder / f"done-{name}.ledger"
            n_calls = n_events = 0
            if self._count_calls:
                copy_index(base, index)
                supervised = self.server.call(
                    command_with_fault, self.arguments(name, index), ledger, index, "none", 0
                )
                assert supervised.value == 0, supervised.error
                n_calls = len(supervised.calls)
                shutil.rmtree(index)
                ledger.unlink(missing_ok=True)
            copy_index(base, index)
            arguments = self.arguments(name, index)
            code, events = self.server.call(command_with_kill, arguments, ledger, index, 0)
            assert code == 0
            n_events = len(events)
            self._done[name] = Undisturbed(
                name,
                base,
                self.server.call(read_state, base) if base.exists() else None,
                self.server.call(read_state, index),
                self.server.call(read_history, index),
                encoded(ledger),
                n_calls,
                n_events,
            )
        return self._done[name]


def copy_index(source: Path, target: Path) -> None:
    """Copy an index directory that nobody writes to; one that does not exist gives none."""
    if source.exists():
        shutil.copytree(source, target)


def encoded(ledger: Path) -> int:
    """Passages encoded, by a ledger."""
    if not ledger.exists():
        return 0
    lines = [line.split() for line in ledger.read_text().splitlines()]
    return sum(int(line[1]) for line in lines if line[0] == "encoded")


def committed(ledger: Path) -> tuple[int, int]:
    """Generation and number of the last commit that had returned, by a ledger; (0, 0) where none had."""
    if not ledger.exists():
        return 0, 0
    lines = [line.split() for line in ledger.read_text().splitlines()]
    return max(((int(line[1]), int(line[2])) for line in lines if line[0] == "committed"), default=(0, 0))


def spread(n: int, part: int, parts: int) -> int:
    """The `part`-th of `parts` points spread evenly over 1 to n, both ends included."""
    return 1 + round(part * (n - 1) / max(1, parts - 1))
