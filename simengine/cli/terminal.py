"""What a person at a terminal sees: progress on stderr, tables on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


def note(message: str, *, quiet: bool = False) -> None:
    """A line on stderr, for people."""
    if not quiet:
        click.echo(message, err=True)


def shorten(text: str, width: int) -> str:
    """One line of at most `width` characters; an ellipsis shows that something was left out."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: max(width - 1, 1)].rstrip() + "…"


def print_pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Names and values in two columns on stdout."""
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        click.echo(f"{name.ljust(width)}  {value}" if name else value)


class Bar:
    """Progress with throughput and time left. Implements `simengine.indexing.report.Progress`."""

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


class Silent:
    """Progress that nobody sees."""

    def expect(self, total: int) -> None:
        """Ignored."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Ignored."""

    def advance(self, n: int) -> None:
        """Ignored."""


@contextmanager
def progress_bar(*, hidden: bool) -> Iterator[Bar | Silent]:
    """A progress bar on stderr; nothing where stderr is no terminal, or where it was asked to be hidden."""
    if hidden or not sys.stderr.isatty():
        yield Silent()
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
