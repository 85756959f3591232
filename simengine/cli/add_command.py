"""simengine add: add documents to an index."""

from __future__ import annotations

from pathlib import Path

import click

from simengine.cli.options import CorpusChoice, ModelChoice
from simengine.cli.writing import change_options, write_into


@click.command("add")
@change_options
def command(
    sources: tuple[str, ...],
    index_path: Path | None,
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Add documents to an index; they are found as soon as this ends.

    If the index holds another document with one of the ids, nothing more is added (exit 4); `simengine update`
    replaces documents."""
    write_into(
        "add", sources, index_path, model_choice.models(), corpus_choice, quiet=quiet, no_progress=no_progress
    )
