"""simengine update: replace documents of an index."""

from __future__ import annotations

from pathlib import Path

import click

from simengine.cli.options import CorpusChoice, ModelChoice
from simengine.cli.writing import change_options, write_into


@click.command("update")
@change_options
def command(
    sources: tuple[str, ...],
    index_path: Path | None,
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Replace documents of an index by id, and add those that are new."""
    write_into(
        "update",
        sources,
        index_path,
        model_choice.models(),
        corpus_choice,
        quiet=quiet,
        no_progress=no_progress,
    )
