"""simengine rerank: put passages, or hits of a search, into the order that a cross-encoder judges right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.judge_options import JudgeSettings, judge_options, tell
from simengine.cli.options import (
    LOCK_WAIT_S,
    ModelChoice,
    find_index,
    leading_index,
    nli_model_options,
    output_options,
    typed,
)
from simengine.cli.search_output import HitsChoice, hits_options
from simengine.cli.terminal import note, print_pairs
from simengine.cli.texts import refuse_blank, unknown_warning
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.corpus.queries import Query
    from simengine.engine.loaded import JudgeOptions
    from simengine.rerank.fit import BlendFit
    from simengine.rerank.reranker import Reranker
    from simengine.results.search import StageCount
    from simengine.types import Hit

BATCH_QUERIES = 64


@click.command("rerank")
@click.argument("texts", nargs=-1, metavar="[QUERY [PASSAGE]...]")
@click.option(
    "--passages",
    type=click.Path(allow_dash=True),
    help="File of passages (.jsonl .csv .tsv .txt .parquet), or - for JSON Lines on stdin.",
)
@click.option(
    "--hits",
    "hits_file",
    type=click.Path(allow_dash=True),
    help="File of hits as `search --format jsonl` writes them, or - for stdin.",
)
@click.option(
    "--queries",
    "queries_file",
    type=click.Path(),
    help="With --hits that do not hold their queries: a file of these (.jsonl .tsv .txt).",
)
@click.option(
    "--score-field",
    help="With --passages: the field with a retriever's score, which is blended with the judge's.",
)
@click.option(
    "--fit",
    "fit_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Instead of reranking: choose the judge's weight for --index on the labelled queries of this folder "
    "(queries.jsonl, qrels/SPLIT.tsv) and keep it with the index.",
)
@click.option("--split", default="dev", show_default=True, help="With --fit: which file of qrels/.")
@click.option(
    "--keep-self",
    is_flag=True,
    help="With --fit: judge the document with the query's own id too, which is left out as BEIR does.",
)
@click.option("--dry-run", is_flag=True, help="With --fit: tell the weight, keep nothing.")
@click.option(
    "-i",
    "--index",
    "index_path",
    envvar="SIMENGINE_INDEX",
    type=click.Path(path_type=Path),
    help="With --fit: the index. With --hits or --score-field: use the weight that was fitted for this one.",
)
@hits_options("Hits per query. [default: all]")
@judge_options
@nli_model_options
@output_options
def command(
    texts: tuple[str, ...],
    passages: str | None,
    hits_file: str | None,
    queries_file: str | None,
    score_field: str | None,
    fit_folder: Path | None,
    split: str,
    keep_self: bool,
    dry_run: bool,
    index_path: Path | None,
    shown: HitsChoice,
    judging: JudgeSettings,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Rank PASSAGEs by how well they answer QUERY, as a cross-encoder judges. No index is needed.

    Without scores of a retriever the judge decides alone; with them (--hits, --score-field) both are blended. The
    model that simengine carries reads English.

    \b
    simengine rerank "who wrote Emma" "Jane Austen wrote it." "Emma is a name."
    simengine rerank "coffee is healthy" --claim --passages facts.jsonl --format jsonl
    simengine search "who wrote Emma" -k 50 --format jsonl | simengine rerank --hits -
    simengine rerank --fit labelled/ --split dev -i indexes/docs
    """
    options = judging.options(model_choice.model, model_choice)
    uses_index = fit_folder is not None or hits_file is not None
    index_path, others = leading_index(texts, index_path, "a query and passages", alone=uses_index)
    if len(others) < len(texts) and not uses_index and score_field is None:
        raise UsageError(f"{texts[0]} is an index, which is of use with --fit, --hits or --score-field only")
    texts = others
    if fit_folder is not None:
        if texts or passages or hits_file:
            raise UsageError(
                "--fit takes its queries from a folder; give no texts, --passages or --hits with it"
            )
        index = find_index(index_path)
        fitted = _fit(fit_folder, split, index, options, keep_self=keep_self)
        _tell_fit(fitted)
        if dry_run:
            note("dry run: nothing was kept")
        else:
            _keep_fit(index, fitted, quiet=quiet)
        return
    _refuse_unused(passages, hits_file, queries_file, score_field)
    given, scored = _candidates(texts, passages, hits_file, queries_file, score_field)
    with _reranker(options, scored=scored, index_path=index_path) as reranker:
        warn = unknown_warning(reranker.stages[-1].judge, judge=True)
        for query, hits in given:
            warn([query.text, *(hit.passage.text for hit in hits)])
        _write_reranked(reranker, given, shown, one_query=hits_file is None, quiet=quiet)


def _refuse_unused(
    passages: str | None,
    hits_file: str | None,
    queries_file: str | None,
    score_field: str | None,
) -> None:
    if typed("split") or typed("keep_self") or typed("dry_run"):
        raise UsageError("--split, --keep-self and --dry-run need --fit")
    if passages is not None and hits_file is not None:
        raise UsageError("give --passages or --hits, not both")
    if queries_file is not None and hits_file is None:
        raise UsageError("--queries needs --hits")
    if score_field is not None and passages is None:
        raise UsageError("--score-field needs --passages")


def _candidates(
    texts: tuple[str, ...],
    passages: str | None,
    hits_file: str | None,
    queries_file: str | None,
    score_field: str | None,
) -> tuple[list[tuple[Query, list[Hit]]], bool]:
    """Queries with their candidates, and whether these have scores of a retriever."""
    from simengine.cli.hits_input import read_passages
    from simengine.corpus.queries import Query
    from simengine.rerank.candidates import passages_as_hits

    if hits_file is not None:
        return list(_hits_with_queries(hits_file, texts, queries_file)), True
    refuse_blank(texts)
    if passages is not None:
        if len(texts) != 1:
            raise UsageError("with --passages give one text, the query")
        return [(Query("1", texts[0]), read_passages(passages, score_field))], score_field is not None
    if len(texts) < 2:
        raise UsageError("give a query and passages, or a query and --passages FILE, or --hits FILE")
    return [(Query("1", texts[0]), passages_as_hits(texts[1:]))], False


def _hits_with_queries(
    path: str, texts: tuple[str, ...], queries_file: str | None
) -> Iterator[tuple[Query, list[Hit]]]:
    from simengine.cli.hits_input import read_hits
    from simengine.corpus.queries import Query, read_queries

    found = read_hits(path)
    known = {} if queries_file is None else {query.id: query.text for query in read_queries(queries_file)}
    if texts and (len(found) > 1 or len(texts) > 1 or queries_file is not None):
        raise UsageError(
            f"--hits holds {len(found)} queries, {len(texts)} were given as texts; give one text for the hits of one "
            "query, or --queries FILE"
        )
    for each in found:
        text = texts[0] if texts else known.get(each.query_id, each.query)
        if text is None:
            raise UsageError(
                f"the hits do not hold the text of query {each.query_id!r}; give --queries FILE (or the query itself)"
            )
        yield Query(each.query_id, text), each.hits


@contextmanager
def _reranker(options: JudgeOptions, *, scored: bool, index_path: Path | None) -> Iterator[Reranker]:
    """The judges; alone where there are no scores to blend with, else as fitted for an index that is named."""
    from simengine.engine.loaded import Judges, fitted_of

    if not scored:
        if any(choice.weight == 0 for choice in options.stages):
            raise UsageError(
                "--judge-weight 0 keeps the order of a retriever, and there are no scores of one"
            )
        options = replace(options, stages=tuple(replace(choice, weight=1.0) for choice in options.stages))
    judges = Judges()
    try:
        yield judges.reranker(options, None if index_path is None else fitted_of(find_index(index_path)))
    finally:
        judges.close()


def _write_reranked(
    reranker: Reranker,
    given: list[tuple[Query, list[Hit]]],
    shown: HitsChoice,
    *,
    one_query: bool,
    quiet: bool,
) -> None:
    counts: list[tuple[StageCount, ...]] = []
    with shown.writer(one_query=one_query or len(given) == 1) as write:
        for start in range(0, len(given), BATCH_QUERIES):
            block = given[start : start + BATCH_QUERIES]
            result = reranker.rerank(
                [query.text for query, _ in block], [hits for _, hits in block], k=shown.k
            )
            for (query, _), hits in zip(block, result.hits, strict=True):
                write(query, hits)
            counts += result.counts
    tell(counts, quiet=quiet)


def _fit(folder: Path, split: str, index: Path, options: JudgeOptions, *, keep_self: bool) -> BlendFit:
    from simengine.engine.loaded import Judges, fit_index_blend
    from simengine.evaluation.collection import read_collection
    from simengine.requests.search import SearchOptions
    from simengine.rerank.options import DEFAULT_DEPTH

    if len(options.stages) > 1 or options.claim or options.budget_ms is not None:
        raise UsageError("--fit is for one judge, without --first-judge, --claim and --budget-ms")
    collection = read_collection(folder, split=split)
    (choice,) = options.stages
    judges = Judges()
    try:
        own = ModelChoice(None, options.device, options.threads, options.offline)
        with own.open_engine(index) as engine:
            return fit_index_blend(
                engine,
                judges.get(choice, options),
                {query.id: query.text for query in collection.queries},
                collection.qrels,
                SearchOptions(),
                depth=choice.depth or DEFAULT_DEPTH,
                fitted_on=f"{folder.name}, {split}",
                keep_self=keep_self,
            )
    finally:
        judges.close()


def _keep_fit(index: Path, fitted: BlendFit, *, quiet: bool) -> None:
    from simengine.engine.loaded import store_blend

    store_blend(index, fitted, lock_timeout_s=LOCK_WAIT_S)
    note(f"weight for reranking stored in {index}", quiet=quiet)


def _tell_fit(fitted: BlendFit) -> None:
    print_pairs(
        [
            ("queries", f"{fitted.n:,}"),
            (f"{fitted.measure} of the retriever", f"{fitted.before:.4f}"),
            (
                f"{fitted.measure} reranked, queries left out",
                f"{fitted.after:.4f} (difference {fitted.after - fitted.before:+.4f} ± {fitted.standard_error:.4f})",
            ),
            ("weight of the judge", f"{fitted.weight:g}"),
        ]
    )
    if fitted.weight == 0:
        note("the judge does not help on these queries: --rerank will leave the order of this index alone")
