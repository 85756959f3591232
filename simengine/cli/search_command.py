"""simengine search: search an index by meaning, by words, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from simengine.cli.judge_options import JudgeSettings, judge_options, refuse_unused_judge, tell
from simengine.cli.options import (
    ModelChoice,
    collected,
    find_index,
    index_model_options,
    index_option,
    judge_option,
    leading_index,
    output_options,
    together,
)
from simengine.cli.search_output import HitsChoice, hits_options
from simengine.cli.terminal import note, progress_bar
from simengine.cli.texts import count_cut_queries, note_cut, query_blocks, unknown_warning
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.requests.search import Fusion, Mode, SearchOptions
    from simengine.results.search import StageCount

BATCH_QUERIES = 256


@dataclass(frozen=True, slots=True)
class SearchChoice:
    """What `search_options` ask for."""

    mode: str
    where: str | None
    fusion: str
    exact: bool

    def options(self, k: int) -> SearchOptions:
        """The same, as the engine takes it."""
        from simengine.requests.search import SearchOptions

        mode, fusion = cast("Mode", self.mode), cast("Fusion", self.fusion)
        return SearchOptions(k=k, mode=mode, where=self.where, fusion=fusion, exact=self.exact)


search_options = together(
    click.option(
        "--mode",
        envvar="SIMENGINE_MODE",
        type=click.Choice(["hybrid", "dense", "lexical"]),
        default="hybrid",
        show_default=True,
        help="By meaning and words, by meaning, or by words.",
    ),
    click.option(
        "-w",
        "--where",
        help='Filter on metadata, _id or title, as in \'kind in ("class", "function") and authors.name == "Lee"\'; '
        "README.md (Filters) has all of it.",
    ),
    click.option(
        "--fusion",
        type=click.Choice(["auto", "rrf"]),
        default="auto",
        show_default=True,
        help="How hybrid joins both sides.",
    ),
    click.option(
        "--exact", is_flag=True, help="Compare with every vector instead of asking the candidate index."
    ),
    collected(SearchChoice, "choice"),
)


@click.command("search")
@click.argument("query", nargs=-1, metavar="[INDEX] QUERY...")
@index_option
@click.option(
    "--queries",
    "queries_file",
    type=click.Path(allow_dash=True),
    help="File of queries (.jsonl .tsv .txt), or - for one a line on stdin.",
)
@search_options
@hits_options("Documents per query. [default: 10; 100 with --format trec]")
@click.option("--timings", is_flag=True, help="Say on stderr how long each stage took.")
@click.option("--fail-empty", is_flag=True, help="Exit with 5 when nothing was found.")
@click.option(
    "--rerank",
    is_flag=True,
    help="Let a cross-encoder judge the best candidates and blend that into their order.",
)
@click.option(
    "--collapse",
    is_flag=True,
    help="Show hits that say the same as one, which names the others. A judge makes sure that similar ones do not "
    "contradict each other.",
)
@judge_option("The cross-encoder of --rerank and --collapse")
@judge_options
@index_model_options
@output_options
def command(
    query: tuple[str, ...],
    index_path: Path | None,
    queries_file: str | None,
    choice: SearchChoice,
    shown: HitsChoice,
    timings: bool,
    fail_empty: bool,
    rerank: bool,
    collapse: bool,
    judge: str | None,
    judging: JudgeSettings,
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
        raise UsageError("give a query, or --queries FILE")
    refuse_unused_judge(rerank=rerank, collapse=collapse)
    options = choice.options(shown.k or (100 if shown.format_ == "trec" else 10))
    asked = judging.options(judge, model_choice) if rerank or collapse else None
    found, cut, stages = 0, 0, dict[str, float]()
    counts: list[tuple[StageCount, ...]] = []
    with model_choice.open_engine(find_index(index_path)) as engine:
        if len(engine) == 0:
            note(f"the index {engine.path} holds no documents", quiet=quiet)
        with (
            shown.writer(one_query=queries_file is None) as write,
            progress_bar(hidden=quiet or no_progress or queries_file is None) as progress,
        ):
            progress.stage("queries")
            warn = unknown_warning(engine)
            warn_judged = None if asked is None else unknown_warning(engine.judge(asked), judge=True)
            for block in query_blocks(query, queries_file, BATCH_QUERIES):
                texts = [item.text for item in block]
                if warn_judged is not None:
                    warn_judged(texts)
                result = engine.run_judged(texts, options, asked, rerank=rerank, collapse=collapse)
                for item, hits in zip(block, result.hits, strict=True):
                    write(item, hits)
                    found += bool(hits)
                counts += result.counts
                for name, value in result.timings_ms.items():
                    stages[name] = stages.get(name, 0.0) + value
                if "encode" in result.timings_ms:
                    warn(texts)
                    cut += count_cut_queries(texts, engine.encoder)
                progress.advance(len(block))
        if cut:
            note_cut(cut, engine.encoder, "query")
    tell(counts, quiet=quiet)
    if timings:
        note("  ".join(f"{name} {value:.1f} ms" for name, value in stages.items()))
    if not found and shown.format_ == "table":
        note("nothing found", quiet=quiet)
    return 5 if fail_empty and not found else 0
