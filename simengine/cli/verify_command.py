"""simengine verify: check every file of an index."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from simengine.cli.options import find_index, format_option, index_argument, index_option, output_options
from simengine.cli.terminal import Stopwatch, note, progress_bar, seconds


@click.command("verify")
@index_argument
@index_option
@click.option("--repair", is_flag=True, help="Rebuild what can be rebuilt from the documents and vectors.")
@format_option("table", "json")
@output_options
def command(
    index_argument: Path | None,
    index_path: Path | None,
    repair: bool,
    format_: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Check every file of an index against its checksum. Exit 1 if something is damaged.

    The lexical index, the ANN index and the manifest are derived from the documents and vectors: --repair rebuilds
    them. A damaged document or vector cannot be rebuilt: restore the index from a copy, or build it again.
    """
    from simengine.engine.writing import repair_index
    from simengine.indexing.health import check_index

    path, watch = find_index(index_argument, index_path), Stopwatch()
    if repair:
        with progress_bar(hidden=quiet or no_progress) as progress:
            for name in repair_index(path, progress=progress):
                note(f"{path}: rebuilt: {name}", quiet=quiet)
    report = check_index(path)
    problems = [asdict(problem) for problem in report.problems]
    if format_ == "json":
        found = {"path": str(path), "problems": problems, "notes": report.notes}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))
    else:
        for line in report.notes:
            note(line, quiet=quiet)
        for problem in problems:
            click.echo(f"{problem['file']}: {problem['what']}\n  {problem['remedy']}")
        if not problems:
            note(f"{path}: all files are intact ({seconds(watch.elapsed_s)})", quiet=quiet)
    return 1 if problems else 0
