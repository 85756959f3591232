"""What a person at a terminal sees: progress on stderr, tables on stdout."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from simengine.progress import NoProgress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


# C0 and C1 control characters, which a terminal would obey (a tab and a line feed are harmless), and those that turn
# the direction of all that follows, so that a line reads as another one.
_CONTROL = {
    code: "\N{REPLACEMENT CHARACTER}"
    for code in (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if code not in (9, 10)
}


def printable(text: str) -> str:
    """The text with its control characters replaced: what stands in a corpus may not steer a terminal."""
    return text.translate(_CONTROL)


def note(message: str, *, quiet: bool = False) -> None:
    """A line on stderr, for people."""
    if not quiet:
        click.echo(printable(message), err=True)


def noting(*, quiet: bool = False) -> Callable[[str], None]:
    """`note`, which says each thing once."""
    said = set[str]()

    def say(message: str) -> None:
        if message not in said:
            said.add(message)
            note(message, quiet=quiet)

    return say


def counted(number: int, noun: str) -> str:
    """A number and its noun: "1 document", "2,000 documents", "2 queries"."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"
    return f"{number:,} {noun}"


def cells(text: str) -> int:
    """Columns that a text takes on a terminal: two for Chinese and the like, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(map(_character_cells, text))


def _character_cells(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return 0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 1


def fit(text: str, width: int) -> str:
    """The longest beginning of `text` that takes at most `width` columns, and at least one character."""
    if cells(text) <= width:
        return text
    used = 0
    for position, character in enumerate(text):
        used += _character_cells(character)
        if used > width and position:
            return text[:position]
    return text


def one_line(text: str) -> str:
    """The text on one line, fit for a terminal."""
    return printable(" ".join(text.split()))


def shorten(text: str, width: int) -> str:
    """One line of at most `width` columns; an ellipsis shows that something was left out."""
    line = one_line(text)
    return line if cells(line) <= width else fit(line, width - 1).rstrip() + "…"


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces where there are any (Chinese has none)."""
    lines = [""]
    for word in text.split():
        gap = " " if lines[-1] else ""
        if cells(lines[-1]) + len(gap) + cells(word) <= width:
            lines[-1] += gap + word
            continue
        if (
            gap and cells(word) > width and cells(lines[-1]) + 3 <= width
        ):  # too long for any line: fill this one
            piece = fit(word, width - cells(lines[-1]) - 1)
            lines[-1] += gap + piece
            word = word[len(piece) :]
        while word:
            piece = fit(word, width)
            lines.append(piece)
            word = word[len(piece) :]
    return lines if lines[0] or len(lines) == 1 else lines[1:]


def print_pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Names and values in two columns on stdout."""
    width = max((cells(printable(name)) for name, _ in rows), default=0)
    for name, value in rows:
        shown = printable(name)
        padding = " " * (width - cells(shown))
        click.echo(f"{shown}{padding}  {printable(value)}" if name else printable(value))


class Bar:
    """Progress with throughput and time left. Implements `simengine.progress.Progress`."""

    def __init__(self, progress: RichProgress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage; the bar of the one before it stays, at the end it reached."""
        self.finish()
        self._task = self._progress.add_task(name, total=total)

    def advance(self, n: int) -> None:
        """n more units are done."""
        if self._task is not None:
            self._progress.advance(self._task, n)

    def expect(self, total: int) -> None:
        """The current stage is now thought to have `total` units."""
        if self._task is not None:
            self._progress.update(self._task, total=total)

    def finish(self) -> None:
        """The current stage is over."""
        if self._task is not None:
            done = self._progress.tasks[self._task].completed
            self._progress.update(self._task, total=done or 1, completed=done or 1)


@contextmanager
def progress_bar(*, hidden: bool) -> Iterator[Bar | NoProgress]:
    """A progress bar on stderr; nothing where stderr is no terminal, or where it was asked to be hidden."""
    if hidden or not sys.stderr.isatty():
        yield NoProgress()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Task as RichTask
    from rich.text import Text

    class Speed(ProgressColumn):
        def render(self, task: RichTask) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "", style="dim")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        Speed(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as progress:
        bar = Bar(progress)
        yield bar
        bar.finish()


def seconds(value: float) -> str:
    """A duration for people: 0.42 s, 12.3 s, 3 min 20 s."""
    if value < 100:
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60)} s"


def megabytes(n_bytes: int) -> str:
    """A size for people."""
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e5 else f"{n_bytes / 1e3:,.1f} kB"


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start
