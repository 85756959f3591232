"""Search over one snapshot of an index: by meaning, by words, or both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from simengine.errors import StoreError, UsageError
from simengine.models.unknown import readings_of
from simengine.requests.search import SearchOptions
from simengine.results.search import SearchArrays, SearchResult
from simengine.search.dense import DenseSide
from simengine.search.fusion import UNSEEN_SHARE, Fusion, rrf
from simengine.search.masks import Selection, Selections
from simengine.search.ranking import Ranked, best_by_id, is_settled
from simengine.text.arguments import as_texts, shown
from simengine.time_limit import check_time_limit
from simengine.types import FloatMatrix, Hit, Mask, Passage, RowArray

if TYPE_CHECKING:
    from simengine.encoders.contract import BiEncoder
    from simengine.index.contract import ANNIndex
    from simengine.lexical import LexicalIndex
    from simengine.store.snapshot import Snapshot

QUERIES_PER_BLOCK = 256
MAX_TIED_ROWS = 4096
"""Most passages examined to put equal scores in the order of their documents' ids."""


class Searcher:
    """Finds documents in one snapshot. Safe to use from several threads at once.

    Results do not depend on how queries are put into batches. Documents with equal scores are in the order of
    their ids.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Callable[[], BiEncoder],
        candidates: ANNIndex | None,
        lexical: LexicalIndex | None,
        *,
        threads: int | None = None,
    ) -> None:
        """Make a searcher from its parts.

        Args:
            snapshot: what is searched.
            encoder: returns the bi-encoder; called when a search first needs it, never by lexical ones.
            candidates: covers the snapshot's rows up to its `n_rows`; None to compare with every vector.
            lexical: the snapshot's lexical index; None if there is none (dense search only).
            threads: for matrix products; None keeps numpy's default.
        """
        self._snapshot = snapshot
        self._encoder = encoder
        self._lexical = lexical
        self._dense = DenseSide(snapshot, candidates, threads=threads)
        self._selections = Selections(snapshot)
        self._fusion = Fusion.of(snapshot.derived("fusion"))
        self._lock = threading.Lock()
        self._row_documents: RowArray | None = None

    def search(self, queries: Sequence[str], options: SearchOptions | None = None) -> SearchResult:
        """Hits for each text.

        Raises:
            UsageError: a query is empty.
            FilterError: the filter cannot be read or does not fit the metadata.
            StoreError: the index has no lexical index, and the mode needs one.
        """
        watch = _Stopwatch()
        ranked = self._rank_texts(queries, options or SearchOptions(), watch)
        with watch.stage("fetch"):
            hits = self._hits(ranked)
        return SearchResult(hits, watch.times())

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for vectors: (q, dim) float32; rows are L2-normalised here. The mode must be "dense"."""
        watch = _Stopwatch()
        return self._hits(self._rank_vectors(queries, options or SearchOptions(mode="dense"), watch))

    def search_arrays(self, queries: Sequence[str], options: SearchOptions | None = None) -> SearchArrays:
        """As `search`, but only ids and scores: no texts are fetched."""
        watch = _Stopwatch()
        options = options or SearchOptions()
        return self._arrays(self._rank_texts(queries, options, watch), options.k, watch)

    def search_vector_arrays(
        self, queries: FloatMatrix, options: SearchOptions | None = None
    ) -> SearchArrays:
        """As `search_vectors`, but only ids and scores."""
        watch = _Stopwatch()
        options = options or SearchOptions(mode="dense")
        return self._arrays(self._rank_vectors(queries, options, watch), options.k, watch)

    def matching_ids(self, where: str) -> list[str]:
        """Ids of all documents that a filter keeps, in the order in which they were added."""
        return self._snapshot.document_ids(np.flatnonzero(self._selections.select(where).documents))

    def close(self) -> None:
        """Release the lexical index. The snapshot and the encoder belong to the caller."""
        if self._lexical is not None:
            self._lexical.close()

    # From queries to ranked documents

    def _rank_texts(self, queries: Sequence[str], options: SearchOptions, watch: _Stopwatch) -> list[Ranked]:
        queries = as_texts(queries, "query")
        for number, text in enumerate(queries, start=1):
            if not text.strip():
                raise UsageError(f"query {number} is empty" if len(queries) > 1 else "the query is empty")
        if options.mode != "dense" and self._lexical is None and self._snapshot.n_rows:
            raise StoreError(
                f"{self._snapshot.path}: the lexical index is missing, which mode {options.mode!r} needs; "
                "`simengine verify --repair` rebuilds it, and mode 'dense' works without it"
            )
        ranked: list[Ranked] = []
        for start in range(0, len(queries), QUERIES_PER_BLOCK):
            block = list(queries[start : start + QUERIES_PER_BLOCK])
            vectors = None
            if options.mode != "lexical" and self._snapshot.n_rows:
                with watch.stage("encode"):
                    vectors = self._encoder().encode(block, role="query")
            ranked += self._rank(block, vectors, options, watch)
        return ranked

    def _rank_vectors(self, queries: FloatMatrix, options: SearchOptions, watch: _Stopwatch) -> list[Ranked]:
        if options.mode != "dense":
            raise UsageError(f"vectors can be searched in mode 'dense', not {options.mode!r}")
        try:
            vectors = np.asarray(queries, dtype=np.float32)
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(
                f"query vectors are {shown(queries)}; expected numbers of shape (q, {self._snapshot.dimension})"
            ) from error
        if vectors.ndim != 2 or vectors.shape[1] != self._snapshot.dimension:
            raise UsageError(
                f"query vectors have shape {vectors.shape}; expected (q, {self._snapshot.dimension})"
            )
        if not np.isfinite(vectors).all():
            raise UsageError("query vectors contain values that are not finite")
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)
        ranked: list[Ranked] = []
        for start in range(0, len(vectors), QUERIES_PER_BLOCK):
            block = vectors[start : start + QUERIES_PER_BLOCK]
            ranked += self._rank([""] * len(block), block, options, watch)
        return ranked

    def _rank(
        self, texts: list[str], vectors: FloatMatrix | None, options: SearchOptions, watch: _Stopwatch
    ) -> list[Ranked]:
        """The k best documents for each query of a block: more passages are fetched until there are enough."""
        selection = None
        if options.where is not None:
            with watch.stage("filter"):
                selection = self._selections.select(options.where)
        n_visible = self._snapshot.counts.passages if selection is None else selection.n_rows
        done: dict[int, Ranked] = {}
        open_queries = list(range(len(texts)))
        n_asked = min(self._first_depth(options), max(1, n_visible))
        while open_queries and n_visible:
            part = [texts[i] for i in open_queries]
            part_vectors = None if vectors is None else vectors[open_queries]
            still_open = []
            passages = self._passages(part, part_vectors, n_asked, selection, options, watch)
            for i, (found, exhausted) in zip(open_queries, passages, strict=True):
                documents = found.collapsed()
                if exhausted or n_asked >= n_visible or self._enough(found, documents, n_asked, options):
                    done[i] = best_by_id(documents, options.k, self._snapshot.document_ids)
                else:
                    still_open.append(i)
            open_queries, n_asked = still_open, min(n_visible, n_asked * 4)
        nothing = Ranked(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32), {})
        return [done.get(i, nothing) for i in range(len(texts))]

    def _first_depth(self, options: SearchOptions) -> int:
        counts = self._snapshot.counts
        passages_per_document = min(4.0, counts.passages / max(1, counts.documents))
        depth = int(options.k * passages_per_document) + 8
        return max(depth, options.candidates) if options.mode == "hybrid" else depth

    def _enough(self, found: Ranked, documents: Ranked, n_asked: int, options: SearchOptions) -> bool:
        if documents.scores.size < options.k:
            return False
        if options.mode == "hybrid" or n_asked >= max(MAX_TIED_ROWS, options.k * 4):
            return True
        return is_settled(documents, float(found.scores[-1]), options.k)

    def _passages(
        self,
        texts: list[str],
        vectors: FloatMatrix | None,
        n_asked: int,
        selection: Selection | None,
        options: SearchOptions,
        watch: _Stopwatch,
    ) -> list[tuple[Ranked, bool]]:
        """For each query its passages, best first, and whether there are no others."""
        keep = None if selection is None else selection.rows
        dense = lexical = None
        if vectors is not None and options.mode != "lexical":
            with watch.stage("dense"):
                dense = self._dense.search(vectors, n_asked, keep=keep, exact=options.exact)
        if options.mode != "dense":
            with watch.stage("lexical"):
                lexical = self._search_lexical(texts, n_asked, keep)
        if dense is not None and lexical is not None and vectors is not None:
            with watch.stage("fuse"):
                return self._fused(texts, vectors, dense, lexical, options)
        name, side = ("dense", dense) if dense is not None else ("lexical", lexical)
        assert side is not None
        return [
            (self._ranked(rows[rows >= 0], {name: scores[rows >= 0]}, name), bool(rows[-1] < 0))
            for scores, rows in zip(*side, strict=True)
        ]

    def _search_lexical(
        self, texts: list[str], n_asked: int, keep: Mask | None
    ) -> tuple[FloatMatrix, RowArray]:
        assert self._lexical is not None
        mask = self._snapshot.live_rows() if keep is None else keep
        return self._lexical.search(texts, n_asked, n_rows=self._snapshot.n_rows, keep=mask)

    def _fused(
        self,
        texts: list[str],
        vectors: FloatMatrix,
        dense: tuple[FloatMatrix, RowArray],
        lexical: tuple[FloatMatrix, RowArray],
        options: SearchOptions,
    ) -> list[tuple[Ranked, bool]]:
        """Both sides fused: passages found only by the lexical side get their cosine, too."""
        assert self._lexical is not None
        rows = _unions(dense[1], lexical[1])
        dense_scores = _spread(*dense, rows)
        unscored = np.where(np.isneginf(dense_scores), rows, -1)
        dense_scores = np.maximum(dense_scores, self._dense.rescore(vectors, unscored))
        lexical_scores = _spread(*lexical, rows)
        if options.fusion == "rrf":
            fused = rrf([dense[1], lexical[1]], rows)
        else:
            # A passage that is not among the best by words scores less than the last of those, if any.
            unseen = np.where(lexical[1][:, -1:] >= 0, lexical[0][:, -1:] * np.float32(UNSEEN_SHARE), 0)
            estimated = np.where(np.isneginf(lexical_scores), unseen, lexical_scores)
            unknown = [reading.share for reading in readings_of(self._encoder(), texts)]
            bounds = self._lexical.attainable(texts)
            fused = self._fusion.fuse(texts, dense_scores, estimated, bounds, unknown)
        fused_passages = []
        for i in range(len(texts)):
            order = np.lexsort((rows[i], -fused[i]))
            order = order[rows[i][order] >= 0]
            parts = {
                "dense": dense_scores[i][order],
                "lexical": lexical_scores[i][order],
                "": fused[i][order],
            }
            exhausted = bool(dense[1][i, -1] < 0)
            fused_passages.append((self._ranked(rows[i][order], parts, ""), exhausted))
        return fused_passages

    def _ranked(self, rows: RowArray, parts: dict[str, FloatMatrix], by: str) -> Ranked:
        scores = parts[by]
        parts.pop("", None)
        return Ranked(rows, self._documents_of(rows), scores, parts)

    def _documents_of(self, rows: RowArray) -> RowArray:
        if self._snapshot.n_rows == self._snapshot.n_documents:
            return rows  # one passage each
        if self._row_documents is None:
            self._row_documents = self._snapshot.row_documents()
        return self._row_documents[rows]

    # From ranked documents to results

    def _hits(self, ranked: list[Ranked]) -> list[list[Hit]]:
        return [self._hits_of(one) for one in ranked]

    def _hits_of(self, ranked: Ranked) -> list[Hit]:
        if not ranked.rows.size:
            return []
        passages = self._snapshot.passages(ranked.rows)
        documents = self._snapshot.documents(ranked.doc_keys)
        hits = []
        for place, stored in enumerate(passages):
            document = documents[stored.doc_key]
            text = document.text[stored.start : stored.end]
            hits.append(
                Hit(
                    id=document.id,
                    score=float(ranked.scores[place]),
                    rank=place + 1,
                    title=document.title,
                    passage=Passage(stored.start, stored.end, text, stored.n_tokens),
                    metadata=document.metadata,
                    scores={
                        name: float(values[place])
                        for name, values in ranked.parts.items()
                        if values[place] > -np.inf
                    },
                )
            )
        return hits

    def _arrays(self, ranked: list[Ranked], k: int, watch: _Stopwatch) -> SearchArrays:
        scores = np.full((len(ranked), k), -np.inf, dtype=np.float32)
        rows = np.full((len(ranked), k), -1, dtype=np.int64)
        doc_keys = rows.copy()
        with watch.stage("fetch"):
            for i, one in enumerate(ranked):
                n = one.rows.size
                scores[i, :n], rows[i, :n], doc_keys[i, :n] = one.scores, one.rows, one.doc_keys
            wanted = np.unique(doc_keys[doc_keys >= 0]).tolist()
            known = dict(zip(wanted, self._snapshot.document_ids(wanted), strict=True))
            ids = [[known.get(key, "") for key in line] for line in doc_keys.tolist()]
        return SearchArrays(ids, scores, rows, doc_keys, watch.times())


def _unions(first: RowArray, second: RowArray) -> RowArray:
    """For each query the rows of either side, ascending, padded with -1 at the end: (q, m) int64."""
    unions = [np.union1d(a[a >= 0], b[b >= 0]) for a, b in zip(first, second, strict=True)]
    joined = np.full((len(unions), max((u.size for u in unions), default=0)), -1, dtype=np.int64)
    for i, union in enumerate(unions):
        joined[i, : union.size] = union
    return joined


def _spread(scores: FloatMatrix, found: RowArray, rows: RowArray) -> FloatMatrix:
    """Scores of `found` (q, c) at the places of the same rows in `rows` (q, m); -inf at all others."""
    spread = np.full(rows.shape, -np.inf, dtype=np.float32)
    for line, line_scores, line_found, wanted in zip(spread, scores, found, rows, strict=True):
        there = line_found >= 0
        n_wanted = int(np.count_nonzero(wanted >= 0))
        line[np.searchsorted(wanted[:n_wanted], line_found[there])] = line_scores[there]
    return spread


class _Stopwatch:
    """Adds up the wall time of stages."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of a `with` block; TimeLimitError if the time for the search is over before it."""
        check_time_limit()
        start = time.perf_counter()
        try:
            yield
        finally:
            self._ms[name] = self._ms.get(name, 0.0) + (time.perf_counter() - start) * 1000

    def times(self) -> dict[str, float]:
        """Milliseconds by stage, and "total" since the stopwatch was made."""
        return {**self._ms, "total": (time.perf_counter() - self._start) * 1000}
