"""simengine add: add documents to an index."""

from __future__ import annotations

from pathlib import Path

import click

from simengine.cli.options import corpus_options, find_index, index_option, model_options, output_options
from simengine.cli.writing import write_sources


@click.command("add")
@click.argument("sources", nargs=-1, required=True)
@index_option
@model_options
@corpus_options
@output_options
def command(
    sources: tuple[str, ...],
    index_path: Path | None,
    model: str | None,
    device: str,
    threads: int | None,
    offline: bool,
    id_field: str | None,
    text_field: str | None,
    title_field: str | None,
    input_format: str | None,
    encoding: str,
    skip_invalid: bool,
    rejects: Path | None,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Add documents to an index; they can be found as soon as this ends.

    An id that the index holds with other content is an error (exit 4); `simengine update` replaces it."""
    from simengine.assembly import EncoderOptions, IndexOptions

    write_sources(
        sources,
        find_index(index_path),
        "add",
        create=False,
        encoder_options=EncoderOptions(model=model, device=device, threads=threads, offline=offline),
        options=IndexOptions(),
        fields=(id_field, text_field, title_field, input_format, encoding),
        skip_invalid=skip_invalid,
        rejects=rejects,
        quiet=quiet,
        no_progress=no_progress,
    )
