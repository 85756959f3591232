"""The progress of a training run on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simengine.cli.terminal import note, seconds

if TYPE_CHECKING:
    from rich.progress import Progress

    from simengine.training.trainer_parts import ProgressPrinter


@contextmanager
def train_progress(*, hidden: bool) -> Iterator[ProgressPrinter]:
    """A bar with the loss and the time left on stderr, where stderr is a terminal; dev metrics as lines."""
    import sys

    from simengine.training.trainer_parts import ProgressPrinter

    if hidden:
        yield ProgressPrinter()
        return
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        BarColumn(),
        TextColumn("{task.completed}/{task.total} steps"),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _bar(progress)


def _metrics_line(done: int, metrics: dict[str, float]) -> str:
    shown = "  ".join(f"{name.removeprefix('eval_')} {value:.4f}" for name, value in metrics.items())
    return f"step {done:,}: {shown}"


def _lines() -> ProgressPrinter:
    from simengine.training.trainer_parts import ProgressPrinter

    class Lines(ProgressPrinter):
        """For logs: dev metrics, and a line now and then."""

        def __init__(self) -> None:
            self._total = 0

        def start(self, n_steps: int) -> None:
            self._total = n_steps

        def step(self, done: int, loss: float | None, left_s: float) -> None:
            if done % max(1, self._total // 20) == 0:
                shown = "" if loss is None else f", loss {loss:.4f}"
                note(f"step {done:,} of {self._total:,}{shown}, {seconds(left_s)} left")

        def metrics(self, done: int, metrics: dict[str, float]) -> None:
            note(_metrics_line(done, metrics))

    return Lines()


def _bar(progress: Progress) -> ProgressPrinter:
    from simengine.training.trainer_parts import ProgressPrinter

    class Bar(ProgressPrinter):
        """For terminals."""

        def __init__(self) -> None:
            self._task = progress.add_task("", total=None)

        def start(self, n_steps: int) -> None:
            progress.update(self._task, total=n_steps)

        def step(self, done: int, loss: float | None, left_s: float) -> None:
            shown = "" if loss is None else f"loss {loss:.4f}, "
            progress.update(self._task, completed=done, description=f"{shown}{seconds(left_s)} left")

        def metrics(self, done: int, metrics: dict[str, float]) -> None:
            progress.console.print(_metrics_line(done, metrics))

    return Bar()
