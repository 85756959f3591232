"""simengine compact: fold additions and deletions into a new generation."""

from __future__ import annotations

from pathlib import Path

import click

from simengine.cli.options import find_index, index_argument, index_option, output_options
from simengine.cli.terminal import counted, note, progress_bar, seconds


@click.command("compact")
@index_argument
@index_option
@click.option(
    "--threads",
    envvar="SIMENGINE_THREADS",
    type=click.IntRange(1),
    help="Threads in all. [default: all cores]",
)
@output_options
def command(
    index_argument: Path | None, index_path: Path | None, threads: int | None, quiet: bool, no_progress: bool
) -> None:
    """Fold additions and deletions into a new generation. Nothing is encoded again; searches go on meanwhile."""
    from simengine.engine.writing import compact_index

    path = find_index(index_argument, index_path)
    with progress_bar(hidden=quiet or no_progress) as progress:
        report = compact_index(path, threads=threads, progress=progress)
    note(
        f"{path}: generation {report.generation}, {counted(report.kept, 'passage')}, "
        f"{counted(report.purged, 'deleted one')} removed, in {seconds(report.total_s)}",
        quiet=quiet,
    )
