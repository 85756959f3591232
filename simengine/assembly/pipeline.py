"""A search from the query to the hits that are shown: candidates, reranking, collapsing. All front ends go this way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simengine.assembly.collapsing import CANDIDATES_PER_HIT, collapse_hits
from simengine.assembly.judging import Fitted, JudgeOptions, Judges
from simengine.search.options import SearchOptions
from simengine.search.result import SearchResult
from simengine.search.retriever import Retriever


@dataclass(frozen=True, slots=True)
class AfterSearch:
    """What is done with the candidates of a search.

    Attributes:
        judging: which cross-encoders, how deep, within what time.
        rerank: let them put the candidates into a better order.
        collapse: fold hits that say the same into the best of them; the last cross-encoder decides, which must be an
            NLI model.
    """

    judging: JudgeOptions
    rerank: bool = False
    collapse: bool = False


def run_search(
    retriever: Retriever,
    queries: Sequence[str],
    options: SearchOptions,
    after: AfterSearch,
    *,
    judges: Judges,
    fitted: Fitted | None = None,
) -> SearchResult:
    """Search, then rerank and collapse as asked for.

    Args:
        retriever: the opened index.
        queries: texts.
        options: how to search; `k` is the number of hits wanted in the end.
        after: what is done with the candidates.
        judges: where the cross-encoders come from.
        fitted: what is stored with the index: weights and calibrations.
    """
    wanted = replace(options, k=options.k * CANDIDATES_PER_HIT) if after.collapse else options
    if after.rerank:
        found = rerank_search(retriever, judges, queries, wanted, after.judging, fitted)
    else:
        found = retriever.run(queries, wanted)
    if not after.collapse:
        return found
    start = time.perf_counter()
    hits = collapse_hits(retriever, found.hits, judges.nli(after.judging), k=options.k)
    spent = (time.perf_counter() - start) * 1000
    times = {**found.timings_ms, "collapse": spent, "total": found.timings_ms.get("total", 0.0) + spent}
    return replace(found, hits=hits, timings_ms=times)


def rerank_search(
    retriever: Retriever,
    judges: Judges,
    queries: Sequence[str],
    search: SearchOptions,
    options: JudgeOptions,
    fitted: Fitted | None = None,
) -> SearchResult:
    """Search, then judge the candidates and put the best `search.k` of them into order.

    Where no stage may change the order (weight 0), only the hits that are wanted are judged.

    Args:
        retriever: the opened index.
        judges: the engine's.
        queries: texts.
        search: `k` is the number of hits wanted after reranking.
        options: how to judge.
        fitted: what is stored with the index.

    Returns:
        Hits with judgements; timings of the search and of the judges, "total" of both.
    """
    reranker = judges.reranker(options, fitted)
    k = search.k
    wanted = k if all(stage.weight == 0 for stage in reranker.stages) else max(k, reranker.depth)
    found = retriever.run(queries, replace(search, k=wanted))
    result = reranker.rerank(queries, found.hits, k=k)
    times = {**found.timings_ms, **result.timings_ms}
    times["total"] = found.timings_ms.get("total", 0.0) + result.timings_ms["rerank"]
    return replace(result, timings_ms=times)
