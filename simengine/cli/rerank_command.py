"""simengine rerank: put passages, or hits of a search, into the order of a cross-encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.options import (
    LOCK_WAIT_S,
    ModelChoice,
    collected,
    find_index,
    leading_index,
    model_options_for,
    output_options,
    together,
    typed,
)
from simengine.cli.rerank_options import RerankChoice, rerank_options, reranked, tell
from simengine.cli.search_output import HitsChoice, hits_options
from simengine.cli.terminal import counted, note, print_pairs
from simengine.cli.texts import refuse_blank, unreadable_warning
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.corpus.queries import Query
    from simengine.engine import Engine
    from simengine.engine.models import Models
    from simengine.engine.texts import TextEngine
    from simengine.requests.rerank import Rerank
    from simengine.results.search import StageCount
    from simengine.types import Hit

BATCH_QUERIES = 64


@dataclass(frozen=True, slots=True)
class Given:
    """What `given_options` name: the candidates."""

    passages: str | None
    hits_file: str | None
    queries_file: str | None
    score_field: str | None

    @property
    def scored(self) -> bool:
        """Whether the candidates have scores of a retriever."""
        return self.hits_file is not None or self.score_field is not None

    def check(self) -> None:
        """Raise UsageError unless these go together."""
        if typed("split") or typed("keep_self") or typed("dry_run"):
            raise UsageError("--split, --keep-self and --dry-run need --fit")
        if self.passages is not None and self.hits_file is not None:
            raise UsageError("give --passages or --hits, not both")
        if self.queries_file is not None and self.hits_file is None:
            raise UsageError("--queries needs --hits")
        if self.score_field is not None and self.passages is None:
            raise UsageError("--score-field needs --passages")


@dataclass(frozen=True, slots=True)
class Fit:
    """What `fit_options` ask for."""

    fit_folder: Path | None
    split: str
    keep_self: bool
    dry_run: bool


given_options = together(
    click.option(
        "--passages",
        type=click.Path(allow_dash=True),
        help="File of passages (.jsonl .csv .tsv .txt .parquet), or - for JSON Lines on stdin.",
    ),
    click.option(
        "--hits",
        "hits_file",
        type=click.Path(allow_dash=True),
        help="File of hits as `search --format jsonl` writes them, or - for stdin.",
    ),
    click.option(
        "--queries",
        "queries_file",
        type=click.Path(),
        help="With --hits that do not hold their queries: a file of these (.jsonl .tsv .txt).",
    ),
    click.option(
        "--score-field",
        help="With --passages: the field with a retriever's score, which is blended with the reranker's.",
    ),
    collected(Given, "given"),
)
fit_options = together(
    click.option(
        "--fit",
        "fit_folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Instead of reranking: choose the reranker's weight for --index on the labelled queries of this folder "
        "(queries.jsonl, qrels/SPLIT.tsv) and keep it with the index.",
    ),
    click.option("--split", default="dev", show_default=True, help="With --fit: which file of qrels/."),
    click.option(
        "--keep-self",
        is_flag=True,
        help="With --fit: also rerank the document that has the query's id, which is left out by default as BEIR does.",
    ),
    click.option("--dry-run", is_flag=True, help="With --fit: print the weight, keep nothing."),
    collected(Fit, "fit"),
)


@click.command("rerank")
@click.argument("texts", nargs=-1, metavar="[QUERY [PASSAGE]...]")
@given_options
@fit_options
@click.option(
    "-i",
    "--index",
    "index_path",
    envvar="SIMENGINE_INDEX",
    type=click.Path(path_type=Path),
    help="With --fit: the index. With --hits or --score-field: use the weight that was fitted for this one.",
)
@hits_options("Hits per query. [default: all]")
@rerank_options
@model_options_for("", None, hidden=True)
@output_options
def command(
    texts: tuple[str, ...],
    given: Given,
    fit: Fit,
    index_path: Path | None,
    shown: HitsChoice,
    reranking: RerankChoice,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Rank PASSAGEs by how well they answer QUERY, with a cross-encoder. No index is needed.

    Without scores of a retriever the reranker decides alone; with them (--hits, --score-field) both are blended. The
    model that ships with simengine reads English.

    \b
    simengine rerank "who wrote Emma" "Jane Austen wrote Emma." "Emma is a name."
    simengine rerank "coffee is healthy" --claim --passages facts.jsonl --format jsonl
    simengine search "who wrote Emma" -k 50 --format jsonl | simengine rerank --hits -
    simengine rerank --fit labelled/ --split dev -i indexes/docs
    """
    rerank, models = reranking.rerank(), _models(reranking, model_choice)
    uses_index = fit.fit_folder is not None or given.hits_file is not None
    index_path, others = leading_index(texts, index_path, "a query and passages", alone=uses_index)
    if len(others) < len(texts) and not uses_index and given.score_field is None:
        raise UsageError(f"{texts[0]} is an index, which goes with --fit, --hits or --score-field only")
    if fit.fit_folder is not None:
        if others or given.passages or given.hits_file:
            raise UsageError(
                "--fit takes its queries from a folder; give no texts, --passages or --hits with it"
            )
        with model_choice.open_engine(find_index(index_path), models, quiet=quiet) as index:
            _fit(index, fit.fit_folder, fit, rerank)
        if fit.dry_run:
            note("dry run: nothing was kept")
        return
    given.check()
    queries = list(_candidates(others, given))
    with ExitStack() as stack:
        engine: Engine | TextEngine
        if given.scored and index_path is not None:
            engine = stack.enter_context(model_choice.open_engine(find_index(index_path), models))
        else:
            engine = stack.enter_context(model_choice.text_engine(models))
        one_query = given.hits_file is None or len(queries) == 1
        _write_reranked(engine, queries, rerank, shown, one_query=one_query, quiet=quiet)


def _models(reranking: RerankChoice, choice: ModelChoice) -> Models:
    """The models; --model once named the cross-encoder here."""
    models = reranking.models(replace(choice, model=None))
    if choice.model is None:
        return models
    note("--model is deprecated here; use --reranker")
    return models if models.reranker is not None else replace(models, reranker=choice.model)


def _candidates(texts: tuple[str, ...], given: Given) -> Iterator[tuple[Query, list[Hit]]]:
    """Queries with their candidates."""
    from simengine.cli.hits_input import read_passages
    from simengine.corpus.queries import Query
    from simengine.requests.hits import passages_as_hits

    if given.hits_file is not None:
        yield from _hits_with_queries(given.hits_file, texts, given.queries_file)
        return
    refuse_blank(texts)
    if given.passages is not None:
        if len(texts) != 1:
            raise UsageError("with --passages give one text, the query")
        yield Query("1", texts[0]), read_passages(given.passages, given.score_field)
        return
    if len(texts) < 2:
        raise UsageError("give a query and passages, or a query and --passages FILE, or --hits FILE")
    yield Query("1", texts[0]), passages_as_hits(texts[1:])


def _hits_with_queries(
    path: str, texts: tuple[str, ...], queries_file: str | None
) -> Iterator[tuple[Query, list[Hit]]]:
    from simengine.cli.hits_input import read_hits
    from simengine.corpus.queries import Query, read_queries

    found = read_hits(path)
    known = {} if queries_file is None else {query.id: query.text for query in read_queries(queries_file)}
    if texts and (len(found) > 1 or len(texts) > 1 or queries_file is not None):
        raise UsageError(
            f"--hits holds {counted(len(found), 'query')}, and {counted(len(texts), 'text')} "
            f"{'was' if len(texts) == 1 else 'were'} given; give one text for the hits of one query, or --queries FILE"
        )
    for each in found:
        text = texts[0] if texts else known.get(each.query_id, each.query)
        if text is None:
            raise UsageError(
                f"the hits do not hold the text of query {each.query_id!r}; give --queries FILE (or the query itself)"
            )
        yield Query(each.query_id, text), each.hits


def _write_reranked(
    engine: Engine | TextEngine,
    queries: Sequence[tuple[Query, list[Hit]]],
    rerank: Rerank,
    shown: HitsChoice,
    *,
    one_query: bool,
    quiet: bool,
) -> None:
    from simengine.requests.hits import RerankRequest

    counts: list[tuple[StageCount, ...]] = []
    warn = unreadable_warning(engine, "reranker", rerank=rerank)
    with shown.writer(one_query=one_query) as write:
        for start in range(0, len(queries), BATCH_QUERIES):
            block = queries[start : start + BATCH_QUERIES]
            texts = tuple(query.text for query, _ in block)
            result = engine.run(RerankRequest(texts, [hits for _, hits in block], rerank, shown.k))
            for (query, _), hits, stages in zip(block, result.hits, result.counts, strict=True):
                write(query, hits)
                if read := reranked([query.text], [stages]):
                    warn([*read, *(hit.passage.text for hit in hits)])
            counts += result.counts
    tell(counts, quiet=quiet)


def _fit(engine: Engine, folder: Path, fit: Fit, rerank: Rerank) -> None:
    """Choose a weight, and show what it is worth."""
    from simengine.evaluation.collection import read_collection

    collection = read_collection(folder, split=fit.split)
    fitted = engine.fit_rerank(
        {query.id: query.text for query in collection.queries},
        collection.qrels,
        rerank,
        fitted_on=f"{folder.name}, {fit.split}",
        keep_self=fit.keep_self,
        store=not fit.dry_run,
        lock_timeout_s=LOCK_WAIT_S,
    )
    print_pairs(
        [
            ("queries", f"{fitted.n:,}"),
            (f"{fitted.measure} of the retriever", f"{fitted.before:.4f}"),
            (
                f"{fitted.measure} reranked, queries left out",
                f"{fitted.after:.4f} (difference {fitted.after - fitted.before:+.4f} ± {fitted.standard_error:.4f})",
            ),
            ("weight of the reranker", f"{fitted.weight:g}"),
        ]
    )
    if fitted.weight == 0:
        note(
            "the reranker does not help on these queries: --rerank will keep the order of the search in this index"
        )
