"""simengine index: build an index from a corpus, or continue a build that was stopped."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from simengine.cli.options import (
    DEFAULT_FOLDER,
    CorpusChoice,
    ModelChoice,
    corpus_options,
    model_options,
    output_options,
)
from simengine.cli.writing import write_sources
from simengine.errors import UsageError


@click.command("index")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Index directory. [default: indexes/NAME]",
)
@click.option(
    "--recipe",
    envvar="SIMENGINE_RECIPE",
    help="Candidate index: auto, flat, hnsw, ... or a TOML file. [default: auto]",
)
@click.option(
    "--chunk-tokens",
    envvar="SIMENGINE_CHUNK_TOKENS",
    type=click.IntRange(8),
    help="Longest passage. [default: what the model reads]",
)
@click.option(
    "--overlap-tokens",
    envvar="SIMENGINE_OVERLAP_TOKENS",
    type=click.IntRange(0),
    help="Tokens that neighbouring passages share. [default: 32]",
)
@click.option(
    "--overwrite", is_flag=True, help="Build anew beside an existing index, and replace it when done."
)
@click.option("--prune", is_flag=True, help="Delete documents that the corpus no longer holds.")
@click.option(
    "--seed",
    envvar="SIMENGINE_SEED",
    default=0,
    show_default=True,
    help="Of the candidate index's training sample.",
)
@model_options
@corpus_options
@output_options
def command(
    sources: tuple[str, ...],
    output: Path | None,
    recipe: str | None,
    chunk_tokens: int | None,
    overlap_tokens: int | None,
    overwrite: bool,
    prune: bool,
    seed: int,
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Build an index from a corpus.

    SOURCES are files (.jsonl .json .csv .tsv .parquet .txt, also .gz and .zst), folders of text, BEIR folders, or - for
    stdin. Run again, it continues a build that was stopped, and takes in what is new or changed in the corpus.
    """
    from simengine.assembly import IndexOptions

    options = IndexOptions(
        recipe=recipe,
        chunk_tokens=chunk_tokens,
        overlap_tokens=overlap_tokens,
        overwrite=overwrite,
        prune=prune,
        seed=seed,
        sources=tuple(source if source == "-" else os.path.realpath(source) for source in sources),
        check_sources=output is None and not overwrite,
        command=shlex.join(["simengine", *sys.argv[1:]]),
    )
    write_sources(
        sources,
        output or default_output(sources),
        "sync",
        create=True,
        encoder_options=model_choice.encoder_options(),
        options=options,
        corpus_choice=corpus_choice,
        quiet=quiet,
        no_progress=no_progress,
    )


def default_output(sources: tuple[str, ...]) -> Path:
    """indexes/NAME, after the first source's name without its suffixes.

    Raises:
        UsageError: the source is stdin or a pipe, which has no name.
    """
    from simengine.corpus.sources import is_stream

    if is_stream(sources[0]):
        given = "stdin" if sources[0] == "-" else "a pipe"
        raise UsageError(f"reading from {given}: name the index directory with --output")
    name = Path(os.path.realpath(sources[0])).name
    for suffix in (".gz", ".zst", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".txt", ".md"):
        name = name.removesuffix(suffix)
    return DEFAULT_FOLDER / (name or "index")
