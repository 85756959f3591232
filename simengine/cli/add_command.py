"""simengine add: add documents to an index."""

from __future__ import annotations

from pathlib import Path

import click

from simengine.cli.options import (
    CorpusChoice,
    ModelChoice,
    corpus_options,
    find_index,
    index_model_options,
    index_option,
    leading_index,
    output_options,
)
from simengine.cli.writing import write_sources


@click.command("add")
@click.argument("sources", nargs=-1, required=True, metavar="[INDEX] SOURCES...")
@index_option
@index_model_options
@corpus_options
@output_options
def command(
    sources: tuple[str, ...],
    index_path: Path | None,
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Add documents to an index; they can be found as soon as this ends.

    An id that the index holds with other content is an error (exit 4); `simengine update` replaces it."""
    from simengine.assembly import IndexOptions

    index_path, sources = leading_index(sources, index_path, "files to add", names=True)
    write_sources(
        sources,
        find_index(index_path),
        "add",
        create=False,
        encoder_options=model_choice.encoder_options(),
        options=IndexOptions(),
        corpus_choice=corpus_choice,
        quiet=quiet,
        no_progress=no_progress,
    )
