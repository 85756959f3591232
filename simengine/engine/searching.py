"""Reading an opened index: searches, vectors, documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, get_args, overload

import numpy as np
import numpy.typing as npt

from simengine.encoders.contract import Role
from simengine.engine.opened import OpenedIndex
from simengine.errors import UsageError
from simengine.models.unknown import Reading, readings_of, tells_apart
from simengine.search.options import Fusion, Mode, SearchOptions
from simengine.search.result import SearchArrays, SearchResult
from simengine.types import Document, FloatMatrix, Hit, PairScore

if TYPE_CHECKING:
    from simengine.assembly.judging import Fitted, JudgeOptions
    from simengine.rerank.result import RerankResult


class SearchableIndex(OpenedIndex):
    """What an index finds."""

    @overload
    def search(  # type: ignore[overload-overlap]  # a str is a sequence of str: the first overload wins
        self,
        queries: str,
        k: int = ...,
        *,
        mode: Mode = ...,
        where: str | None = ...,
        fusion: Fusion = ...,
        exact: bool = ...,
        rerank: bool | JudgeOptions = ...,
        collapse: bool = ...,
    ) -> list[Hit]: ...

    @overload
    def search(
        self,
        queries: Sequence[str],
        k: int = ...,
        *,
        mode: Mode = ...,
        where: str | None = ...,
        fusion: Fusion = ...,
        exact: bool = ...,
        rerank: bool | JudgeOptions = ...,
        collapse: bool = ...,
    ) -> list[list[Hit]]: ...

    def search(
        self,
        queries: str | Sequence[str],
        k: int = 10,
        *,
        mode: Mode = "hybrid",
        where: str | None = None,
        fusion: Fusion = "auto",
        exact: bool = False,
        rerank: bool | JudgeOptions = False,
        collapse: bool = False,
    ) -> list[Hit] | list[list[Hit]]:
        """The k best documents for one query, or for each of several.

        Args:
            queries: one text, or a sequence of texts.
            k: documents per query; fewer come back when the index (or the filter) holds fewer.
            mode: "hybrid" (meaning and words), "dense" (meaning) or "lexical" (words, BM25).
            where: filter on metadata, such as `year >= 2020 and kind in ("class", "function")`.
            fusion: how hybrid joins both sides: "auto" or "rrf".
            exact: compare with every vector instead of asking the candidate index.
            rerank: let a cross-encoder judge the candidates: True for the one that ships, or how to judge. Each
                judged hit carries a `judgement`.
            collapse: fold hits that say the same into the best of them, whose `duplicates` names the others. Near hits
                that contradict each other are no duplicates; an NLI model decides, the one of `rerank` if given.

        Returns:
            A list of hits for one text; a list of such lists, in order, for several.
        """
        options = SearchOptions(k=k, mode=mode, where=where, fusion=fusion, exact=exact)
        texts = [queries] if isinstance(queries, str) else queries
        judging = None if isinstance(rerank, bool) else rerank
        if collapse:
            hits = self._collapsed(texts, options, judging, rerank=rerank is not False)
        elif rerank is False:
            hits = self.run(texts, options).hits
        else:
            hits = self.run_judged(texts, options, judging).hits
        return hits[0] if isinstance(queries, str) else hits

    def _collapsed(
        self, queries: Sequence[str], options: SearchOptions, judging: JudgeOptions | None, *, rerank: bool
    ) -> list[list[Hit]]:
        from simengine.assembly.collapsing import CANDIDATES_PER_HIT, collapse_hits

        chosen = judging or self._judging()
        wanted = replace(options, k=options.k * CANDIDATES_PER_HIT)
        found = self.run_judged(queries, wanted, chosen) if rerank else self.run(queries, wanted)
        return collapse_hits(self, found.hits, self._judges.nli(chosen), k=options.k)

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        """As `search`, with the time that each stage took."""
        with self._lease() as reader:
            return reader.searcher.search(as_texts(queries), options)

    def run_judged(
        self, queries: Sequence[str], options: SearchOptions, judging: JudgeOptions | None = None
    ) -> RerankResult:
        """Search, then let cross-encoders judge the candidates; with timings and what was judged.

        Args:
            queries: texts.
            options: how to search; `k` is the number of hits wanted after judging.
            judging: which judges, how deep, within what time; None for the judge that ships. Weights and
                calibrations that were fitted for this index are used.
        """
        from simengine.assembly.judging import rerank_search

        chosen = judging or self._judging()
        return rerank_search(self, self._judges, as_texts(queries), options, chosen, self._fitted())

    def rerank(
        self,
        queries: Sequence[str],
        hits: Sequence[Sequence[Hit]],
        judging: JudgeOptions | None = None,
        *,
        k: int | None = None,
    ) -> RerankResult:
        """Judge hits that the caller has, and put them into a better order.

        Args:
            queries: q texts.
            hits: for each query its candidates, best first.
            judging: as in `run_judged`.
            k: hits wanted for each query; None for all.
        """
        return self._judges.reranker(judging or self._judging(), self._fitted()).rerank(
            as_texts(queries), hits, k=k
        )

    def _fitted(self) -> Fitted:
        from simengine.assembly.judging import Fitted

        with self._lease() as reader:
            return Fitted.of(reader.snapshot)

    def search_arrays(self, queries: Sequence[str] | FloatMatrix, options: SearchOptions) -> SearchArrays:
        """Ids and scores alone, as arrays, for pipelines: no texts are fetched.

        Args:
            queries: texts, or their vectors (q, dim) float32 with rows L2-normalised (dense mode only).
        """
        with self._lease() as reader:
            if isinstance(queries, np.ndarray) and queries.dtype.kind == "f":
                return reader.searcher.search_vector_arrays(queries, options)
            return reader.searcher.search_arrays(as_texts(queries), options)

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for vectors that the caller has: (q, dim) float32; rows are L2-normalised here."""
        with self._lease() as reader:
            return reader.searcher.search_vectors(queries, options or SearchOptions(mode="dense"))

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""
        self._check_open()
        if role not in get_args(Role):
            raise UsageError(f"role is {role!r}; expected one of {', '.join(get_args(Role))}")
        return self.encoder.encode(as_texts(texts), role=role)

    def score(self, text1: str, text2: str) -> PairScore:
        """Cosine similarity of two texts."""
        vectors = self.encoder.encode([text1, text2])
        cosine = float(np.clip(vectors[0] @ vectors[1], -1.0, 1.0))
        return PairScore(text1, text2, cosine, tells_apart(*self.readings([text1, text2])))

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """What the index's model can read of each text, and what it has no tokens for."""
        return readings_of(self.encoder, as_texts(texts))

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""
        with self._lease() as reader:
            stored = reader.snapshot.document_by_id(document_id)
            return None if stored is None else Document(stored.id, stored.text, stored.title, stored.metadata)

    def matching_ids(self, where: str) -> list[str]:
        """Ids of all documents that a filter keeps.

        Raises:
            FilterError: the expression cannot be read, or names a field that no document has.
        """
        with self._lease() as reader:
            return reader.searcher.matching_ids(where)


def as_texts(texts: Sequence[str] | npt.NDArray[np.generic]) -> list[str]:
    """A list of texts; a lone string, which is a sequence of letters, and anything that is no text are refused."""
    if isinstance(texts, (str, bytes)):
        raise UsageError(f"expected several texts, got the one {texts!r}; put it in a list")
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise UsageError(f"text {number} is {type(text).__name__} {text!r:.40}; expected a string")
    return [str(text) for text in texts]
