"""simengine search: search an index by meaning, by words, or both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.derived import request_options
from simengine.cli.options import (
    ModelChoice,
    find_index,
    index_model_options,
    index_option,
    leading_index,
    output_options,
)
from simengine.cli.rerank_options import RerankChoice, refuse_unused, rerank_options, reranked, tell
from simengine.cli.search_output import HitsChoice, hits_options
from simengine.cli.terminal import note, progress_bar
from simengine.cli.texts import count_cut_queries, note_cut, query_blocks, unreadable_warning
from simengine.errors import UsageError
from simengine.requests.search import SearchRequest

if TYPE_CHECKING:
    from simengine.results.search import SearchResult, StageCount

BATCH_QUERIES = 256


@click.command("search")
@click.argument("query", nargs=-1, metavar="[INDEX] QUERY...")
@index_option
@click.option(
    "--queries",
    "queries_file",
    type=click.Path(allow_dash=True),
    help="File of queries (.jsonl .tsv .txt), or - for one per line on stdin.",
)
@request_options(
    SearchRequest,
    {
        "mode": (),
        "where": ("-w", "--where"),
        "fusion": (),
        "candidates": (),
        "exact": (),
        "collapse": (),
        "explain": (),
    },
    to="asked",
    envvars={"mode": "SIMENGINE_MODE"},
)
@hits_options("Number of hits. [default: 10; 100 with --format trec]")
@click.option("--timings", is_flag=True, help="Print how long each stage took, on stderr.")
@click.option("--fail-empty", is_flag=True, help="Exit with 5 when nothing was found.")
@click.option("--rerank", is_flag=True, help="Rerank the best candidates with a cross-encoder.")
@rerank_options
@index_model_options
@output_options
def command(
    query: tuple[str, ...],
    index_path: Path | None,
    queries_file: str | None,
    asked: Callable[..., SearchRequest],
    shown: HitsChoice,
    timings: bool,
    fail_empty: bool,
    rerank: bool,
    reranking: RerankChoice,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Search an index. Several words without quotes are one query.

    \b
    simengine search "read a file line by line"
    simengine search indexes/docs "read a file line by line"
    simengine search --rerank "who invented the telescope"
    simengine search --rerank --claim "coffee is good for the heart"
    simengine search --collapse "how long do I have to return an item"
    """
    index_path, query = leading_index(query, index_path, "a query", alone=queries_file is not None)
    if bool(query) == (queries_file is not None):
        raise UsageError("give a query or --queries FILE" + (", not both" if query else ""))
    k = shown.k or (100 if shown.format_ == "trec" else 10)
    how = asked(k=k, rerank=reranking.rerank() if rerank else None)
    refuse_unused(rerank=rerank, collapse=how.collapse)
    totals, cut = _Totals(), 0
    with model_choice.open_engine(find_index(index_path), reranking.models(model_choice)) as engine:
        if len(engine) == 0:
            note(f"the index {engine.path} holds no documents", quiet=quiet)
        with (
            shown.writer(one_query=queries_file is None) as write,
            progress_bar(hidden=quiet or no_progress or queries_file is None) as progress,
        ):
            progress.stage("queries")
            warn = unreadable_warning(engine)
            warn_judged = unreadable_warning(engine, "reranker" if rerank else "nli", rerank=how.rerank)
            for block in query_blocks(query, queries_file, BATCH_QUERIES):
                texts = tuple(item.text for item in block)
                result = engine.run(replace(how, queries=texts))
                if rerank or how.collapse:
                    warn_judged(reranked(texts, result.counts) if rerank else texts)
                totals.add(result)
                for item, hits in zip(block, result.hits, strict=True):
                    write(item, hits)
                if "encode" in result.timings_ms:
                    warn(texts)
                    cut += count_cut_queries(texts, engine.encoder)
                progress.advance(len(block))
        if cut:
            note_cut(cut, engine.encoder, "query")
    tell(totals.counts, quiet=quiet)
    if timings:
        note("  ".join(f"{name} {value:.1f} ms" for name, value in totals.stages.items()))
    if not totals.found and shown.format_ == "table":
        note("nothing found", quiet=quiet)
    return 5 if fail_empty and not totals.found else 0


@dataclass
class _Totals:
    """What all queries together found and took."""

    found: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    counts: list[tuple[StageCount, ...]] = field(default_factory=list)

    def add(self, result: SearchResult) -> None:
        self.found += sum(map(bool, result.hits))
        self.counts += result.counts
        for name, value in result.timings_ms.items():
            self.stages[name] = self.stages.get(name, 0.0) + value
