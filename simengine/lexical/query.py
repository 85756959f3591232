"""Searching an opened tantivy index: exact, filtered, with ties in row order."""

from __future__ import annotations

import functools
import math
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from simengine.lexical.analysis import SPELLING_WEIGHT
from simengine.lexical.files import no_panic
from simengine.types import FloatMatrix, Mask, RowArray

if TYPE_CHECKING:
    import tantivy

MAX_TERMS = 128
"""Distinct terms of one query that are searched; of a longer one those with the largest weight (idf times count)."""

MAX_TERMS_LOOKED_UP = 4096
"""Distinct terms, in text order, that those are chosen from."""

_K1 = 1.2  # tantivy's BM25 constant
_TIE = 1e-5
"""Scores within this relative difference are equal: a float32 sum depends on its order."""

_REMEMBERED_QUERIES, _REMEMBERED_CHARS = 256, 2_000  # terms of recent queries, unless those are long

_SET_COST = 12
"""A row in a set given to tantivy costs as much as this many hits fetched and then filtered (at 100k rows)."""


class QueryAnalysis(Protocol):
    """Makes terms of a query: the module `simengine.lexical.analysis`, or one for earlier indexes."""

    def query_terms(self, text: str, /) -> dict[str, float]: ...

    def spelling_terms(self, text: str, /) -> dict[str, str]: ...


class LexicalReader:
    """One committed state of the index. Immutable, so that any number of threads may search it."""

    def __init__(self, path: Path, index: tantivy.Index, analysis: QueryAnalysis) -> None:
        self._path, self._analysis = path, analysis
        self._schema = index.schema
        self._searcher = index.searcher()
        self._n_docs: int = self._searcher.num_docs
        # Weakly: a cycle would keep the searcher, its files and its threads until a full collection.
        own = weakref.proxy(self)
        self._known_terms = functools.lru_cache(_REMEMBERED_QUERIES)(lambda text: own._choose_terms(text))
        self.n_rows = self._highest_row() + 1

    @property
    def n_passages(self) -> int:
        """As `LexicalIndex.n_passages`."""
        return self._n_docs

    def search(
        self, queries: Sequence[str], k: int, n_rows: int, keep: Mask | None
    ) -> tuple[FloatMatrix, RowArray]:
        """As `LexicalIndex.search`."""
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        mask = self._mask(n_rows, keep)
        kept = None if mask is None else np.flatnonzero(mask)
        for i, text in enumerate(queries):
            with no_panic(self._path):
                found_scores, found_rows = self._search_one(text, k, mask, kept)
            scores[i, : len(found_rows)] = found_scores
            rows[i, : len(found_rows)] = found_rows
        return scores, rows

    def scores(self, queries: Sequence[str], rows: RowArray) -> FloatMatrix:
        """As `LexicalIndex.scores`."""
        scores = np.zeros(rows.shape, dtype=np.float32)
        for i, text in enumerate(queries):
            wanted = np.unique(rows[i][rows[i] >= 0])
            terms = self._terms(text)
            if wanted.size == 0 or not terms or self._n_docs == 0:
                continue
            with no_panic(self._path):
                found, at = self._fetch(self._restricted(self._query(terms), wanted), wanted.size)
            table = np.zeros(wanted.size, dtype=np.float32)
            table[np.searchsorted(wanted, at)] = found
            places = rows[i] >= 0
            scores[i][places] = table[np.searchsorted(wanted, rows[i][places])]
        return scores

    def attainable(self, queries: Sequence[str]) -> FloatMatrix:
        """As `LexicalIndex.attainable`."""
        with no_panic(self._path):
            bounds = [
                sum(
                    count * (_K1 + 1) * self._idf(term)
                    for term, count in self._terms(text).items()
                    if self._df(term)
                )
                for text in queries
            ]
        return np.array(bounds, dtype=np.float32)

    def _search_one(
        self, text: str, k: int, mask: Mask | None, kept: RowArray | None
    ) -> tuple[FloatMatrix, RowArray]:
        terms = self._terms(text)
        if not terms or self._n_docs == 0 or (kept is not None and kept.size == 0):
            return np.empty(0, np.float32), np.empty(0, np.int64)
        query = self._query(terms)
        # One hit more than requested shows whether the last place is tied with the next.
        thinning = 1.0 if kept is None else self.n_rows / kept.size
        limit = min(self._n_docs, math.ceil((k + 1) * thinning * 1.25) + 8)
        while True:
            if kept is not None and kept.size * _SET_COST <= limit:
                query, limit = self._restricted(query, kept), min(kept.size, k + 9)
                mask = kept = None
            scores, rows = self._fetch(query, limit)
            exhausted = len(rows) < limit or limit >= self._n_docs
            worst = float(scores[-1]) if len(scores) else -math.inf
            if mask is not None:
                inside = rows < mask.size
                inside[inside] = mask[rows[inside]]
                scores, rows = scores[inside], rows[inside]
            if exhausted or (len(rows) > k and worst < scores[k - 1] * (1 - _TIE)):
                return _in_row_order(scores, rows, k)
            limit = min(self._n_docs, limit * 4)

    def _fetch(self, query: tantivy.Query, limit: int) -> tuple[FloatMatrix, RowArray]:
        hits = self._searcher.search(query, limit, count=False).hits
        if not hits:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        scores, addresses = zip(*hits, strict=True)
        rows = self._searcher.fast_field_values("row", list(addresses))
        return np.array(scores, dtype=np.float32), np.array(rows, dtype=np.int64)

    def _terms(self, text: str) -> dict[str, float]:
        return self._choose_terms(text) if len(text) > _REMEMBERED_CHARS else self._known_terms(text)

    def _choose_terms(self, text: str) -> dict[str, float]:
        terms = self._analysis.query_terms(text)
        for spelling, original in self._analysis.spelling_terms(text).items():
            if spelling not in terms and self._df(spelling):
                # However rare the other spelling is, it weighs less than the query's own, if that occurs.
                known = original and self._df(original)
                limit = min(1.0, self._idf(original) / self._idf(spelling)) * SPELLING_WEIGHT
                terms[spelling] = limit if known else 1.0
        if len(terms) <= MAX_TERMS:
            return terms
        looked_up = list(terms.items())[:MAX_TERMS_LOOKED_UP]
        weighted = sorted((-weight * self._idf(term), term) for term, weight in looked_up if self._df(term))
        return {term: terms[term] for _, term in weighted[:MAX_TERMS]}

    def _query(self, terms: dict[str, float]) -> tantivy.Query:
        from tantivy import Occur, Query

        parts = []
        for term, weight in terms.items():
            query = Query.term_query(self._schema, "text", term, "freq")
            parts.append((Occur.Should, query if weight == 1 else Query.boost_query(query, float(weight))))
        return Query.boolean_query(parts) if len(parts) > 1 else parts[0][1]

    def _restricted(self, query: tantivy.Query, kept: RowArray) -> tantivy.Query:
        from tantivy import Occur, Query

        members = Query.term_set_query(self._schema, "row", kept.tolist())
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(members, 0.0))])

    def _mask(self, n_rows: int, keep: Mask | None) -> Mask | None:
        """What may be found, or None for everything."""
        if keep is not None:
            return keep[:n_rows] if not keep[:n_rows].all() or n_rows < self.n_rows else None
        return np.ones(n_rows, dtype=np.bool_) if n_rows < self.n_rows else None

    def _df(self, term: str) -> int:
        return int(self._searcher.doc_freq("text", term))

    def _idf(self, term: str) -> float:
        n = self._df(term)
        return math.log(1 + (max(self._n_docs, n) - n + 0.5) / (n + 0.5))

    def _highest_row(self) -> int:
        import tantivy

        if self._n_docs == 0:
            return -1
        with no_panic(self._path):
            hits = self._searcher.search(tantivy.Query.all_query(), 1, count=False, order_by_field="row").hits
        return int(hits[0][0])


def _in_row_order(scores: FloatMatrix, rows: RowArray, k: int) -> tuple[FloatMatrix, RowArray]:
    """The first k of a descending ranking, its tied groups sorted by row and given one score."""
    if len(rows) > 1:
        new_group = np.empty(len(rows), dtype=np.bool_)
        new_group[0] = True
        new_group[1:] = scores[1:] < scores[:-1] * (1 - _TIE)
        if not new_group.all():
            group = np.cumsum(new_group) - 1
            scores = scores[np.flatnonzero(new_group)][group]
            rows = rows[np.lexsort((rows, group))]
    return scores[:k], rows[:k]
