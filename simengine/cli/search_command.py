"""simengine search: search an index by meaning, by words, or both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from simengine.cli.judge_options import JudgeSettings, judge_options, refuse_without_rerank, tell
from simengine.cli.options import (
    ModelChoice,
    find_index,
    index_model_options,
    index_option,
    output_options,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import note, progress_bar
from simengine.cli.texts import chinese_warning, count_cut_queries, note_cut
from simengine.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from simengine.assembly.judging import JudgeOptions
    from simengine.corpus.queries import Query
    from simengine.engine import Engine
    from simengine.search.options import Fusion, Mode, SearchOptions
    from simengine.types import Hit

    Runner = Callable[[Sequence[str]], tuple[list[list[Hit]], Mapping[str, float]]]

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
@click.option(
    "--rerank",
    is_flag=True,
    help="Let a cross-encoder judge the best candidates and blend that into their order.",
)
@click.option(
    "--judge",
    metavar="MODEL",
    envvar="SIMENGINE_NLI_MODEL",
    help="The cross-encoder: folder or name. [default: minilm-nli]",
)
@judge_options
@index_model_options
@output_options
@click.pass_context
def command(
    ctx: click.Context,
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
    rerank: bool,
    judge: str | None,
    judging: JudgeSettings,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Search an index. Several words without quotes are one query.

    \b
    simengine search "read a file line by line"
    simengine search --rerank "who invented the telescope"
    simengine search --rerank --claim "coffee is good for the heart"
    """
    from simengine.cli.search_output import hits_writer

    if bool(query) == (queries_file is not None):
        raise UsageError("give a query, or --queries FILE")
    if not rerank:
        refuse_without_rerank(ctx, "judge")
    options = _search_options(k or (100 if format_ == "trec" else 10), mode, where, fusion, exact)
    found, cut, stages = 0, 0, dict[str, float]()
    with _opened(index_path, model_choice) as engine:
        if len(engine) == 0:
            note(f"the index {engine.path} holds no documents", quiet=quiet)
        judges = judging.options(judge, model_choice) if rerank else None
        with (
            open_output(output) as out,
            hits_writer(format_, out, tag=tag, one_query=queries_file is None) as write,
            progress_bar(hidden=quiet or no_progress or queries_file is None) as progress,
            _runner(engine, options, judges, quiet=quiet) as run,
        ):
            progress.stage("queries")
            for block in _blocks(query, queries_file):
                texts = [item.text for item in block]
                hits_of, times = run(texts)
                for item, hits in zip(block, hits_of, strict=True):
                    write(item, hits)
                    found += bool(hits)
                for name, value in times.items():
                    stages[name] = stages.get(name, 0.0) + value
                if "encode" in times:
                    cut += count_cut_queries(texts, engine.encoder)
                progress.advance(len(block))
        if cut:
            note_cut(cut, engine.encoder, "query")
    if timings:
        note("  ".join(f"{name} {value:.1f} ms" for name, value in stages.items()))
    if not found and format_ == "table":
        note("nothing found", quiet=quiet)
    return 5 if fail_empty and not found else 0


def _opened(index_path: Path | None, choice: ModelChoice) -> Engine:
    from simengine.engine import Engine

    return Engine.open(
        find_index(index_path),
        model=choice.model,
        device=choice.device,
        threads=choice.threads,
        offline=choice.offline,
    )


def _search_options(k: int, mode: str, where: str | None, fusion: str, exact: bool) -> SearchOptions:
    from simengine.search.options import SearchOptions

    return SearchOptions(
        k=k, mode=cast("Mode", mode), where=where, fusion=cast("Fusion", fusion), exact=exact
    )


@contextmanager
def _runner(
    engine: Engine, options: SearchOptions, judges: JudgeOptions | None, *, quiet: bool
) -> Iterator[Runner]:
    """A function from queries to their hits and the time of each stage; what judges left undone is told at the end."""
    if judges is None:

        def search(texts: Sequence[str]) -> tuple[list[list[Hit]], Mapping[str, float]]:
            result = engine.run(texts, options)
            return result.hits, result.timings_ms

        yield search
        return
    from simengine.assembly.judging import Judges, fitted_of, rerank_search

    fitted, opened, counts = fitted_of(engine.path), Judges(), list[Any]()
    warn = chinese_warning(judges.stages[-1].model)

    def judged(texts: Sequence[str]) -> tuple[list[list[Hit]], Mapping[str, float]]:
        warn("".join(texts))
        result = rerank_search(engine, opened, texts, options, judges, fitted)
        counts.extend(result.counts)
        return result.hits, result.timings_ms

    try:
        yield judged
        tell(counts, opened.reranker(judges, fitted), quiet=quiet)
    finally:
        opened.close()


def _blocks(query: tuple[str, ...], path: str | None) -> Iterator[list[Query]]:
    from simengine.corpus.queries import Query, read_queries

    if path is None:
        yield [Query("1", " ".join(query))]
        return
    source: Iterator[Any] = iter(read_queries(path))
    while block := list(islice(source, BATCH_QUERIES)):
        yield block
