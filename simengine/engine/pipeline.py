"""A search from query to hits: candidates, reranking, collapsing, explaining."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from simengine.errors import UsageError
from simengine.requests.hits import RerankRequest
from simengine.requests.rerank import Rerank
from simengine.requests.search import SearchOptions, SearchRequest
from simengine.results.search import SearchResult

if TYPE_CHECKING:
    from simengine.engine.fitted import Fitted
    from simengine.engine.parts import Parts
    from simengine.requests.search import SimilarRequest
    from simengine.rerank.reranker import Reranker
    from simengine.types import Hit

CANDIDATES_PER_HIT = 2
"""Hits fetched per requested hit when collapsing, so that enough are left."""


def run_search(parts: Parts, request: SearchRequest) -> SearchResult:
    """Search, then rerank, collapse and explain as requested."""
    options = request.options()
    wanted = replace(options, k=options.k * CANDIDATES_PER_HIT) if request.collapse else options
    if request.rerank is None:
        found = parts.retriever.run(request.queries, wanted)
    else:
        found = _search_and_rerank(parts, request, wanted)
    if request.collapse:
        found = _collapsed(parts, found, request)
    if request.explain:
        from simengine.engine.explaining import explained

        encoder = parts.index.encoder
        hits = [explained(encoder, *each) for each in zip(request.queries, found.hits, strict=True)]
        found = replace(found, hits=hits)
    return found


def run_similar(parts: Parts, request: SimilarRequest) -> list[Hit]:
    """The documents nearest to a document, excluding itself."""
    return parts.retriever.similar(request)


def run_rerank(parts: Parts, request: RerankRequest) -> SearchResult:
    """Rerank the caller's hits.

    Raises:
        UsageError: the weight 0 keeps a retriever's order, and no hit has a retriever's score.
    """
    return reranker_of(parts, request).rerank(request.queries, request.hits, k=request.k)


def reranker_of(parts: Parts, request: SearchRequest | RerankRequest) -> Reranker:
    """The stages that rerank the candidates of a request; it asks for reranking.

    Raises:
        UsageError: the weight 0 keeps a retriever's order, and no hit has a retriever's score.
    """
    rerank = request.rerank or Rerank()
    if isinstance(request, RerankRequest) and not any(hit.scores for hits in request.hits for hit in hits):
        rerank = _alone(rerank)
    return parts.models.reranker(rerank, _fitted(parts))


def _alone(rerank: Rerank) -> Rerank:
    """The same with weight 1 for every stage: there are no scores to blend with."""
    if rerank.weight == 0:
        raise UsageError("a weight of 0 keeps the retriever's order, but the hits have no retriever scores")
    return replace(rerank, weight=1.0, first=None if rerank.first is None else _alone(rerank.first))


def _search_and_rerank(parts: Parts, request: SearchRequest, options: SearchOptions) -> SearchResult:
    """If no stage may change the order (weight 0), only the requested hits are judged."""
    reranker, queries, k = reranker_of(parts, request), request.queries, options.k
    wanted = k if all(stage.weight == 0 for stage in reranker.stages) else max(k, reranker.depth)
    found = parts.retriever.run(queries, replace(options, k=wanted))
    result = reranker.rerank(queries, found.hits, k=k)
    times = {**found.timings_ms, **result.timings_ms}
    times["total"] = found.timings_ms.get("total", 0.0) + result.timings_ms["rerank"]
    return replace(result, timings_ms=times)


def _collapsed(parts: Parts, found: SearchResult, request: SearchRequest) -> SearchResult:
    from simengine.engine.collapsing import collapse_hits

    start = time.perf_counter()
    hits = collapse_hits(parts.retriever, found.hits, parts.models.nli(request.rerank), k=request.k)
    spent = (time.perf_counter() - start) * 1000
    times = {**found.timings_ms, "collapse": spent, "total": found.timings_ms.get("total", 0.0) + spent}
    return replace(found, hits=hits, timings_ms=times)


def _fitted(parts: Parts) -> Fitted | None:
    with parts.index.lease() as reader:
        return None if reader is None else reader.fitted
