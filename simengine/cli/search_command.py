"""simengine search: search an index by meaning, by words, or both."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from simengine.cli.options import (
    ModelChoice,
    find_index,
    index_model_options,
    index_option,
    output_options,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import note, progress_bar
from simengine.cli.texts import count_cut_queries, note_cut
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.corpus.queries import Query
    from simengine.search.options import Fusion, Mode

BATCH_QUERIES = 256


@click.command("search")
@click.argument("query", nargs=-1)
@index_option
@click.option(
    "--queries",
    "queries_file",
    type=click.Path(allow_dash=True),
    help="File of queries (.jsonl .tsv .txt), or - for one a line on stdin.",
)
@click.option(
    "-k",
    "--top-k",
    "k",
    envvar="SIMENGINE_TOP_K",
    type=click.IntRange(1),
    help="Documents per query. [default: 10; 100 with --format trec]",
)
@click.option(
    "--mode",
    envvar="SIMENGINE_MODE",
    type=click.Choice(["hybrid", "dense", "lexical"]),
    default="hybrid",
    show_default=True,
    help="By meaning and words, by meaning, or by words.",
)
@click.option(
    "-w", "--where", help='Filter on metadata, as in \'kind in ("class", "function") and module == "json"\'.'
)
@click.option(
    "--fusion",
    type=click.Choice(["auto", "rrf"]),
    default="auto",
    show_default=True,
    help="How hybrid joins both sides.",
)
@click.option(
    "--exact", is_flag=True, help="Compare with every vector instead of asking the candidate index."
)
@click.option(
    "--format",
    "format_",
    envvar="SIMENGINE_FORMAT",
    type=click.Choice(["table", "json", "jsonl", "trec"]),
    default="table",
    show_default=True,
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File instead of stdout."
)
@click.option("--tag", default="simengine", show_default=True, help="Name of the run, for --format trec.")
@click.option("--timings", is_flag=True, help="Say on stderr how long each stage took.")
@click.option("--fail-empty", is_flag=True, help="Exit with 5 when nothing was found.")
@index_model_options
@output_options
def command(
    query: tuple[str, ...],
    index_path: Path | None,
    queries_file: str | None,
    k: int | None,
    mode: str,
    where: str | None,
    fusion: str,
    exact: bool,
    format_: str,
    output: Path | None,
    tag: str,
    timings: bool,
    fail_empty: bool,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Search an index. Several words without quotes are one query."""
    from simengine.cli.search_output import hits_writer
    from simengine.engine import Engine
    from simengine.search.options import SearchOptions

    if bool(query) == (queries_file is not None):
        raise UsageError("give a query, or --queries FILE")
    options = SearchOptions(
        k=k or (100 if format_ == "trec" else 10),
        mode=cast("Mode", mode),
        where=where,
        fusion=cast("Fusion", fusion),
        exact=exact,
    )
    found, cut, stages = 0, 0, dict[str, float]()
    with Engine.open(
        find_index(index_path),
        model=model_choice.model,
        device=model_choice.device,
        threads=model_choice.threads,
        offline=model_choice.offline,
    ) as engine:
        if len(engine) == 0:
            note(f"the index {engine.path} holds no documents", quiet=quiet)
        with (
            open_output(output) as out,
            hits_writer(format_, out, tag=tag, one_query=queries_file is None) as write,
            progress_bar(hidden=quiet or no_progress or queries_file is None) as progress,
        ):
            progress.stage("queries")
            for block in _blocks(query, queries_file):
                texts = [item.text for item in block]
                result = engine.run(texts, options)
                for item, hits in zip(block, result.hits, strict=True):
                    write(item, hits)
                    found += bool(hits)
                for name, value in result.timings_ms.items():
                    stages[name] = stages.get(name, 0.0) + value
                if "encode" in result.timings_ms:
                    cut += count_cut_queries(texts, engine.encoder)
                progress.advance(len(block))
        if cut:
            note_cut(cut, engine.encoder, "query")
    if timings:
        note("  ".join(f"{name} {value:.1f} ms" for name, value in stages.items()))
    if not found and format_ == "table":
        note("nothing found", quiet=quiet)
    return 5 if fail_empty and not found else 0


def _blocks(query: tuple[str, ...], path: str | None) -> Iterator[list[Query]]:
    from simengine.corpus.queries import Query, read_queries

    if path is None:
        yield [Query("1", " ".join(query))]
        return
    source: Iterator[Any] = iter(read_queries(path))
    while block := list(islice(source, BATCH_QUERIES)):
        yield block
