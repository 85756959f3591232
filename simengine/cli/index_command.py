"""simengine index: build an index from a corpus, or continue a build that was stopped."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import click

from simengine.cli.derived import request_options
from simengine.cli.options import (
    BY_TEXTS,
    DEFAULT_FOLDER,
    CorpusChoice,
    ModelChoice,
    corpus_options,
    model_options_for,
    output_options,
)
from simengine.cli.writing import write_sources
from simengine.errors import UsageError
from simengine.requests.index import IndexOptions


@click.command("index")
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Index directory. [default: indexes/NAME]",
)
@request_options(
    IndexOptions,
    dict.fromkeys(("recipe", "chunk_tokens", "overlap_tokens", "overwrite", "prune", "seed"), ()),
    to="options",
    envvars={
        name: f"SIMENGINE_{name.upper()}" for name in ("recipe", "chunk_tokens", "overlap_tokens", "seed")
    },
)
@model_options_for(BY_TEXTS, kind="Bi-encoder")
@corpus_options
@output_options
def command(
    sources: tuple[str, ...],
    output: Path | None,
    options: Callable[..., IndexOptions],
    model_choice: ModelChoice,
    corpus_choice: CorpusChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Build an index from a corpus.

    SOURCES are files (.jsonl .json .csv .tsv .parquet .txt, also .gz and .zst), folders of text, BEIR folders, or - for
    stdin. Run again, it continues a build that was stopped, and takes in what is new or changed in the corpus.
    """
    write_sources(
        sources,
        output or default_output(sources),
        "sync",
        model_choice.models(),
        options(
            sources=tuple(source if source == "-" else os.path.realpath(source) for source in sources),
            check_sources=output is None,
            command=shlex.join(["simengine", *sys.argv[1:]]),
        ),
        corpus_choice,
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
