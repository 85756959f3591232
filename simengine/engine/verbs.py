"""An engine's methods with plain arguments: each makes a request and passes it to `run`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from simengine.engine.claim_verbs import ClaimVerbs
from simengine.errors import UsageError
from simengine.models.unknown import unreadable_note
from simengine.requests.rerank import rerank_of
from simengine.requests.search import Fusion, Mode, SearchRequest, SimilarRequest
from simengine.text.arguments import as_ids, as_pairs, as_text, as_texts, expect, is_one
from simengine.types import Hit

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.engine.fitting import CalibrationReport
    from simengine.engine.notes import Note, Reads
    from simengine.engine.parts import Parts
    from simengine.progress import Progress
    from simengine.reasoning.monitor import Monitor
    from simengine.requests.ask import AnswerOptions, AskRequest
    from simengine.requests.calibrate import CalibrateRequest
    from simengine.requests.check import CheckRequest
    from simengine.requests.conflicts import ContradictionsRequest, DuplicatesRequest
    from simengine.requests.hits import RerankRequest
    from simengine.requests.monitor import MonitorOptions
    from simengine.requests.pairs import (
        ClassifyRequest,
        ClassifyTask,
        ExplainRequest,
        NLIRequest,
        ScoreRequest,
    )
    from simengine.requests.recommend import RecommendRequest, RecommendUsersRequest
    from simengine.requests.rerank import Rerank
    from simengine.results.check import CheckedText
    from simengine.results.conflicts import Contradictions, Duplicates
    from simengine.results.pairs import Classification, PairExplanation
    from simengine.results.recommend import UserRecommendations
    from simengine.results.search import SearchResult
    from simengine.types import Answer, PairScore, Recommendation, Verdict


class Verbs(ClaimVerbs):
    """All operations on an index, in terms of `run`."""

    _parts: Parts

    @overload
    def run(self, request: SearchRequest | RerankRequest) -> SearchResult: ...
    @overload
    def run(self, request: SimilarRequest) -> list[Hit]: ...
    @overload
    def run(self, request: AskRequest) -> list[Answer]: ...
    @overload
    def run(self, request: RecommendRequest) -> list[Recommendation]: ...
    @overload
    def run(self, request: RecommendUsersRequest) -> Iterator[UserRecommendations]: ...
    @overload
    def run(self, request: ScoreRequest) -> list[PairScore]: ...
    @overload
    def run(self, request: NLIRequest) -> list[Verdict]: ...
    @overload
    def run(self, request: ClassifyRequest) -> list[Classification]: ...
    @overload
    def run(self, request: ExplainRequest) -> PairExplanation: ...
    @overload
    def run(self, request: CalibrateRequest, *, progress: Progress | None = None) -> CalibrationReport: ...
    @overload
    def run(self, request: CheckRequest, *, progress: Progress | None = None) -> list[CheckedText]: ...
    @overload
    def run(self, request: ContradictionsRequest, *, progress: Progress | None = None) -> Contradictions: ...
    @overload
    def run(self, request: DuplicatesRequest, *, progress: Progress | None = None) -> Duplicates: ...

    @abstractmethod
    def run(self, request: Any, *, progress: Progress | None = None) -> Any:
        """Answer a request; used by all front ends.

        Args:
            request: see `simengine.requests`.
            progress: of calibrating, checking, contradictions and duplicates.
        """

    def unreadable(self, texts: Iterable[str], by: Reads = "encoder", *, rerank: Rerank | None = None) -> str:
        """A sentence if a model can hardly read one of some texts, with the consequence; "" if it can read all.

        Args:
            texts: any texts.
            by: which model.
            rerank: names the reranker; None for the engine's.
        """
        models = self._parts.models
        reader: object = self._parts.index
        if by == "nli":
            reader = models.nli(rerank)
        elif by == "reranker":
            reader = models.judge(rerank)
        return unreadable_note(reader, list(texts), judge=by != "encoder")

    def notes(self, request: Any) -> list[Note]:
        """Notes for the user on a request: which models can hardly read its texts; empty if all can."""
        from simengine.engine.notes import notes_of

        return notes_of(self, self._parts, request)

    # -- searching -------------------------------------------------------------------------------------------

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
        rerank: bool | Rerank = ...,
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
        rerank: bool | Rerank = ...,
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
        rerank: bool | Rerank = False,
        collapse: bool = False,
        explain: bool = False,
    ) -> list[Hit] | list[list[Hit]]:
        """The k best documents for one query, or for each of several.

        Args:
            queries: one text, or several: a list, a generator, an array of strings, a column of a table.
            k, mode, where, fusion, exact: see `SearchOptions`.
            rerank: let a cross-encoder reorder the candidates: True for the engine's, or a `Rerank`. Each reranked
                hit has a `judgement`.
            collapse: fold hits that say the same into the best of them, whose `duplicates` names the others. Near hits
                that contradict each other are not duplicates; an NLI model decides, the one of `rerank` if given.
            explain: give each hit an `explanation`: the parts of its score, and the words that make it similar to
                the query; needs some encodings per hit.

        Returns:
            A list of hits for one text; a list of such lists, in order, for several.
        """
        one = is_one(queries)
        texts = [as_text(queries, "the query")] if one else as_texts(queries, "query")
        request = SearchRequest(
            k=k,
            mode=mode,
            where=where,
            fusion=fusion,
            exact=exact,
            queries=tuple(texts),
            rerank=rerank_of(rerank),
            collapse=collapse,
            explain=explain,
        )
        hits = self.run(request).hits
        return hits[0] if one else hits

    def similar(self, document_id: str, k: int = 10, *, where: str | None = None) -> list[Hit]:
        """The documents nearest to a document, excluding itself; see `SimilarRequest`.

        Raises:
            UnknownDocumentError: there is no such document.
        """
        return self.run(SimilarRequest(document_id, k, where))

    def rerank(
        self,
        queries: Sequence[str],
        hits: Sequence[Sequence[Hit]],
        rerank: Rerank | None = None,
        *,
        k: int | None = None,
    ) -> SearchResult:
        """Rerank the caller's hits.

        Args:
            queries: q texts.
            hits: for each query its candidates, best first.
            rerank: options; None as fitted for the index.
            k: most hits per query; None for all.
        """
        from simengine.requests.hits import RerankRequest
        from simengine.requests.rerank import Rerank

        chosen = Rerank() if rerank is None else expect(rerank, Rerank, "rerank")
        return self.run(RerankRequest(tuple(as_texts(queries, "query")), hits, chosen, k))

    # -- questions and recommendations -------------------------------------------------------------------------

    def ask(self, question: str, history: Iterable[str] = (), options: AnswerOptions | None = None) -> Answer:
        """Answer a question from the index, or "not found".

        A decision or calibration that was fitted for this index is used.

        Args:
            question: English or Chinese, as far as the models know them.
            history: earlier questions of the same conversation, oldest first; not blank.
            options: see `AnswerOptions`.

        Raises:
            UsageError: the question is blank, not a string, or too long.
        """
        from simengine.requests.ask import AnswerOptions, AskRequest

        question, earlier = as_text(question, "the question"), as_texts(history, "earlier question")
        chosen = AnswerOptions() if options is None else expect(options, AnswerOptions, "options")
        return self.run(AskRequest.of(chosen, questions=(question,), history=tuple(earlier)))[0]

    def recommend(
        self,
        liked: Iterable[str | int] = (),
        disliked: Iterable[str | int] = (),
        *,
        liked_texts: Iterable[str] = (),
        disliked_texts: Iterable[str] = (),
        refuse: Iterable[str] = (),
        require: Iterable[str] = (),
        k: int = 10,
        where: str | None = None,
        reasons: bool = False,
        diversity: float = 0.0,
    ) -> list[Recommendation]:
        """Documents for a taste, best first, without the liked and disliked ones.

        Args:
            liked, disliked, liked_texts, disliked_texts, refuse, require, k, where, reasons, diversity: see
                `RecommendRequest`.

        Raises:
            UsageError: nothing is liked or disliked, or a document does not exist.
            FilterError: the filter cannot be read or does not fit the metadata.
        """
        from simengine.requests.recommend import RecommendRequest

        request = RecommendRequest(
            tuple(as_ids(liked)),
            tuple(as_ids(disliked)),
            tuple(as_texts(liked_texts, "liked text")),
            tuple(as_texts(disliked_texts, "disliked text")),
            refuse=tuple(as_texts(refuse, "statement")),
            require=tuple(as_texts(require, "statement")),
            k=k,
            where=where,
            reasons=reasons,
            diversity=diversity,
        )
        return self.run(request)

    # -- pairs and texts -----------------------------------------------------------------------------------------

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
        from simengine.requests.pairs import ScoreRequest

        one = isinstance(text1, str)
        if one != isinstance(text2, str):
            raise UsageError(
                "one text and several were given; expected two texts, or two lists of equal length"
            )
        first = [as_text(text1, "text1")] if one else as_texts(text1, "text1")
        second = [as_text(text2, "text2")] if one else as_texts(text2, "text2")
        if len(first) != len(second):
            raise UsageError(
                f"there are {len(first):,} texts in text1 and {len(second):,} in text2; expected equal numbers. To "
                "compare all with all, multiply their vectors: encode(a) @ encode(b).T"
            )
        scores = self.run(ScoreRequest(tuple(zip(first, second, strict=True))))
        return scores[0] if one else scores

    def nli(self, pairs: Iterable[tuple[str, str]]) -> list[Verdict]:
        """Does each premise entail its hypothesis, contradict it, or neither?

        Args:
            pairs: n pairs (premise, hypothesis).

        Returns:
            n verdicts, in order.
        """
        from simengine.requests.pairs import NLIRequest

        return self.run(NLIRequest(tuple(as_pairs(pairs))))

    def classify(
        self,
        texts: Iterable[str],
        labels: Iterable[str],
        *,
        task: ClassifyTask = "topic",
        multi_label: bool = False,
        threshold: float = 0.5,
    ) -> list[Classification]:
        """The label of each text, by zero-shot classification; see `ClassifyRequest`."""
        from simengine.requests.pairs import ClassifyRequest

        return self.run(
            ClassifyRequest(
                tuple(as_texts(texts)),
                tuple(as_texts(labels, "label")),
                task=task,
                multi_label=multi_label,
                threshold=threshold,
            )
        )

    def explain(self, text1: str, text2: str) -> PairExplanation:
        """The words that make two texts similar, with each word's contribution to the cosine."""
        from simengine.requests.pairs import ExplainRequest

        return self.run(ExplainRequest(text1, text2))

    def monitor(self, options: MonitorOptions, state: object = None) -> Monitor:
        """A monitor of a stream of texts, new or from a state; see `open_monitor`."""
        from simengine.engine.inference import open_monitor

        return open_monitor(self._parts, options, state)

    @property
    def nli_model(self) -> NLIModel:
        """The NLI model, loaded on first use and closed by the engine."""
        return self._parts.models.nli()
