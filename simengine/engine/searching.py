"""Reading an opened index: searches, vectors, documents."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args, overload

import numpy as np

from simengine.encoders.contract import Role
from simengine.engine.opened import OpenedIndex
from simengine.errors import UnknownDocumentError, UsageError
from simengine.models.unknown import Reading, readings_of, score_says_something
from simengine.search.options import Fusion, Mode, SearchOptions
from simengine.search.result import SearchArrays, SearchResult
from simengine.text.arguments import as_choice, as_flag, as_id, as_text, as_texts, expect
from simengine.types import Document, FloatMatrix, Hit, PairScore

if TYPE_CHECKING:
    from simengine.assembly.judging import Fitted, JudgeOptions
    from simengine.engine.models import Models, Rerank
    from simengine.rerank.judge import Judge


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
        rerank: bool | Rerank | JudgeOptions = ...,
        collapse: bool = ...,
        explain: bool = ...,
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
        rerank: bool | Rerank | JudgeOptions = ...,
        collapse: bool = ...,
        explain: bool = ...,
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
        rerank: bool | Rerank | JudgeOptions = False,
        collapse: bool = False,
        explain: bool = False,
    ) -> list[Hit] | list[list[Hit]]:
        """The k best documents for one query, or for each of several.

        Args:
            queries: one text, or several: a list, a generator, an array of strings, a column of a table.
            k: documents per query; fewer come back when the index (or the filter) holds fewer.
            mode: "hybrid" (meaning and words), "dense" (meaning) or "lexical" (words, BM25).
            where: filter on metadata, such as `year >= 2020 and kind in ("class", "function")`.
            fusion: how hybrid joins both sides: "auto" or "rrf".
            exact: compare with every vector instead of asking the candidate index.
            rerank: let a cross-encoder judge the candidates: True for the one that ships, or a `Rerank`. Each judged
                hit carries a `judgement`.
            collapse: fold hits that say the same into the best of them, whose `duplicates` names the others. Near hits
                that contradict each other are no duplicates; an NLI model decides, the one of `rerank` if given.
            explain: say of each hit, in its `explanation`, what its score is made of and which words bring it near to
                the query; takes some encodings for each hit.

        Returns:
            A list of hits for one text; a list of such lists, in order, for several.
        """
        options = SearchOptions(k=k, mode=mode, where=where, fusion=fusion, exact=exact)
        texts = [as_text(queries, "the query")] if isinstance(queries, str) else as_texts(queries, "query")
        judging = _judging_of(rerank, self.models)
        hits = self.run_judged(
            texts,
            options,
            judging or None,
            rerank=judging is not False,
            collapse=as_flag(collapse, "collapse"),
        ).hits
        if as_flag(explain, "explain"):
            from simengine.assembly.explaining import explained

            hits = [explained(self.encoder, text, found) for text, found in zip(texts, hits, strict=True)]
        return hits[0] if isinstance(queries, str) else hits

    def similar(self, document_id: str, k: int = 10, *, where: str | None = None) -> list[Hit]:
        """The documents that are nearest to a document, without itself.

        Args:
            document_id: of the document; the mean of its passages' vectors is searched for.
            k: documents wanted; fewer come back where there are no more.
            where: filter on metadata.

        Raises:
            UnknownDocumentError: there is no such document.
        """
        name, options = as_id(document_id, "document_id"), SearchOptions(k=k, mode="dense", where=where)
        with self._lease() as reader:
            stored = reader.snapshot.document_by_id(name)
            if stored is None:
                raise UnknownDocumentError(f"the index holds no document {name!r:.80}")
            rows = np.flatnonzero(reader.snapshot.row_documents() == stored.doc_key)
            vector = reader.snapshot.vectors(rows).mean(axis=0, dtype=np.float32)
            (hits,) = reader.searcher.search_vectors(vector[None], replace(options, k=options.k + 1))
        others = [hit for hit in hits if hit.id != name][: options.k]
        return [replace(hit, rank=rank) for rank, hit in enumerate(others, 1)]

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        """As `search`, with the time that each stage took."""
        with self._lease() as reader:
            return reader.searcher.search(queries, expect(options, SearchOptions, "options"))

    def run_judged(
        self,
        queries: Sequence[str],
        options: SearchOptions,
        judging: JudgeOptions | None = None,
        *,
        rerank: bool = True,
        collapse: bool = False,
    ) -> SearchResult:
        """As `search`, with timings and what was judged.

        Args:
            queries: texts.
            options: how to search; `k` is the number of hits wanted in the end.
            judging: which cross-encoders, how deep, within what time; None for the one that ships. Weights and
                calibrations that were fitted for this index are used.
            rerank: let them put the candidates into a better order.
            collapse: fold hits that say the same.
        """
        texts, options = as_texts(queries, "query"), expect(options, SearchOptions, "options")
        if not (rerank or collapse):
            return self.run(texts, options)
        from simengine.assembly.pipeline import AfterSearch, run_search

        after = AfterSearch(self._chosen(judging), rerank, collapse)
        fitted = self._fitted() if rerank else None
        return run_search(self, texts, options, after, judges=self._judges, fitted=fitted)

    def rerank(
        self,
        queries: Sequence[str],
        hits: Sequence[Sequence[Hit]],
        judging: JudgeOptions | None = None,
        *,
        k: int | None = None,
    ) -> SearchResult:
        """Judge hits that the caller has, and put them into a better order.

        Args:
            queries: q texts.
            hits: for each query its candidates, best first.
            judging: as in `run_judged`.
            k: hits wanted for each query; None for all.
        """
        return self._judges.reranker(self._chosen(judging), self._fitted()).rerank(queries, hits, k=k)

    def judge(self, judging: JudgeOptions | None = None) -> Judge:
        """The cross-encoder that has the last word with these options, loaded when first asked for."""
        chosen = self._chosen(judging)
        return self._judges.get(chosen.stages[-1], chosen)

    def _chosen(self, judging: JudgeOptions | None) -> JudgeOptions:
        from simengine.assembly.judging import JudgeOptions

        return self._judging() if judging is None else expect(judging, JudgeOptions, "judging")

    def _fitted(self) -> Fitted:
        from simengine.assembly.judging import Fitted

        with self._lease() as reader:
            return Fitted.of(reader.snapshot)

    def search_arrays(self, queries: Sequence[str] | FloatMatrix, options: SearchOptions) -> SearchArrays:
        """Ids and scores alone, as arrays, for pipelines: no texts are fetched.

        Args:
            queries: texts, or their vectors (q, dim) float32 with rows L2-normalised (dense mode only).
        """
        options = expect(options, SearchOptions, "options")
        with self._lease() as reader:
            if isinstance(queries, np.ndarray) and queries.dtype.kind == "f":
                return reader.searcher.search_vector_arrays(queries, options)
            return reader.searcher.search_arrays(as_texts(queries, "query"), options)

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for vectors that the caller has: (q, dim) float32; rows are L2-normalised here."""
        chosen = SearchOptions(mode="dense") if options is None else expect(options, SearchOptions, "options")
        with self._lease() as reader:
            return reader.searcher.search_vectors(queries, chosen)

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised.

        Args:
            texts: a list, a generator, an array of strings, a column of a table; read once. Blank ones are encoded too.
            role: see `BiEncoder.encode_counted`.
        """
        self._check_open()
        as_choice(role, "role", get_args(Role))
        return self.encoder.encode(as_texts(texts), role=role)

    @overload
    def score(  # type: ignore[overload-overlap]  # a str is a sequence of str: the first overload wins
        self, text1: str, text2: str
    ) -> PairScore: ...

    @overload
    def score(self, text1: Iterable[str], text2: Iterable[str]) -> list[PairScore]: ...

    def score(self, text1: str | Iterable[str], text2: str | Iterable[str]) -> PairScore | list[PairScore]:
        """Cosine similarity of two texts; or of n texts with n others, the first with the first and so on.

        Returns:
            A `PairScore` for two texts, n of them in order for two sequences.

        Raises:
            UsageError: one text and several, or sequences of different lengths.
        """
        if isinstance(text1, str) and isinstance(text2, str):
            return self._scores([as_text(text1, "text1")], [as_text(text2, "text2")])[0]
        if isinstance(text1, str) or isinstance(text2, str):
            raise UsageError(
                "one text and several were given; expected two texts, or two lists of equal length"
            )
        return self._scores(as_texts(text1, "text1"), as_texts(text2, "text2"))

    def _scores(self, first: list[str], second: list[str]) -> list[PairScore]:
        if len(first) != len(second):
            raise UsageError(
                f"text1 holds {len(first):,} texts and text2 {len(second):,}; expected as many of each. To compare "
                "each with each, multiply what encode gives: encode(a) @ encode(b).T"
            )
        self._check_open()
        texts = [*first, *second]
        vectors, known = self.encoder.encode(texts), self.readings(texts)
        n = len(first)
        return [
            PairScore(one, two, float(np.clip(a @ b, -1.0, 1.0)), score_says_something(read_one, read_two))
            for one, two, a, b, read_one, read_two in zip(
                first, second, vectors[:n], vectors[n:], known[:n], known[n:], strict=True
            )
        ]

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """What the index's model can read of each text, and what it has no tokens for."""
        return readings_of(self.encoder, as_texts(texts))

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""
        document_id = as_id(document_id, "document_id")
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


def _judging_of(rerank: object, models: Models) -> JudgeOptions | Literal[False] | None:
    """How to judge; None for the engine's own way, False for not at all."""
    from simengine.assembly.judging import JudgeOptions
    from simengine.engine.models import Rerank

    if isinstance(rerank, JudgeOptions):
        return rerank
    if isinstance(rerank, Rerank):
        return models.judging(rerank)
    if isinstance(rerank, (str, os.PathLike)):
        name = os.fspath(rerank)
        raise UsageError(
            f"rerank is {name!r:.60}; expected True, False or Rerank(...). To name a model: Rerank({name!r:.60})"
        )
    try:
        return None if as_flag(rerank, "rerank") else False
    except UsageError as error:
        raise UsageError(f"{error}, or Rerank(...)") from None
