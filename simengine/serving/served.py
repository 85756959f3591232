"""An index as all front ends use it: from any number of threads, with the work of several callers joined."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from simengine.corpus.items import Documents, as_documents
from simengine.errors import DataError, SimengineError, UnknownDocumentError, UsageError
from simengine.indexing.facts import facts_of
from simengine.requests.search import Fusion, Mode, SearchOptions
from simengine.results.search import SearchResult
from simengine.serving.batching import OverloadedError
from simengine.serving.joined import JoinedIndex
from simengine.serving.judges import SharedJudges
from simengine.serving.settings import ServingSettings
from simengine.serving.telling import public_name, without_folders
from simengine.store.snapshot import Snapshot
from simengine.text.arguments import as_ids, as_text
from simengine.time_limit import time_limit
from simengine.types import Answer, Document, FloatMatrix, Hit, Recommendation

if TYPE_CHECKING:
    from simengine.calibration.calibration import Calibration
    from simengine.cross_encoders.nli import NLIModel
    from simengine.engine import Engine
    from simengine.engine.loaded import Fitted
    from simengine.indexing.report import IndexReport
    from simengine.qa.decision import Decision
    from simengine.recommend.recommender import TextRecommender
    from simengine.requests.ask import AnswerOptions

WARM_TEXT, WARM_TEXTS = "what runs when many texts come at once", 32


class ConflictError(SimengineError):
    """A document that is to be added is in the index with other content."""


class ServedIndex(JoinedIndex):
    """An index that is served. May be used from any number of threads.

    Searches, texts and pairs of several callers are joined (see `simengine.serving.batching`); results do not depend
    on it. Writes are done one at a time, in the order of their arrival, and searches do not wait for them.

    Args:
        name: under which it is served.
        engine: closed with this object.
        settings: see `ServingSettings`.
        judges: shared by several indexes and closed by their owner; None makes own ones.
    """

    def __init__(
        self,
        name: str,
        engine: Engine,
        settings: ServingSettings | None = None,
        judges: SharedJudges | None = None,
    ) -> None:
        super().__init__(name, engine, settings, judges)
        self._writer = ThreadPoolExecutor(1, f"simengine-write-{name}")
        self._n_writes = 0
        self._recommender: TextRecommender | None = None

    # -- searching -------------------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        where: str | None = None,
        rerank: bool = False,
        claim: bool = False,
        budget_ms: float | None = None,
        exact: bool = False,
        fusion: Fusion = "auto",
        collapse: bool = False,
    ) -> SearchResult:
        """The best documents for a query.

        Args:
            query: a text that is not blank.
            k, mode, where, exact, fusion: see `SearchOptions`.
            rerank: let the judge put the candidates into a better order.
            claim: the query is a claim, and each hit's stance on it is wanted; reranks.
            budget_ms: see `simengine.rerank.options.RerankOptions`.
            collapse: fold hits that say the same into the best of them.

        Returns:
            One list of hits, and the time of each stage: "queue" (waiting for other callers) and those of
            `SearchResult`.

        Raises:
            UsageError, FilterError: as `Engine.search`.
            OverloadedError: too many callers wait.
            WaitTimeoutError: it took too long.
        """
        if budget_ms is not None and not (rerank or claim):
            raise UsageError("budget_ms limits the time of reranking; ask for rerank, too")
        options = SearchOptions(k=k, mode=mode, where=where, exact=exact, fusion=fusion)
        text = as_text(query, "query")
        if not (rerank or claim or collapse):
            return self.run([text], options)
        from simengine.engine.pipeline import AfterSearch, run_search

        judging = self.judges.options(claim=claim, budget_ms=budget_ms)
        after = AfterSearch(judging, rerank or claim, collapse)
        return run_search(self, [text], options, after, judges=self.judges, fitted=self._fitted())

    def similar(self, document_id: str, k: int = 10, *, where: str | None = None) -> list[Hit]:
        """The documents that are nearest to a document, without itself.

        Args:
            document_id: of the document; the mean of its passages' vectors is searched for.
            k: at least 1.
            where: see `SearchOptions`.

        Raises:
            UnknownDocumentError: there is no such document.
        """
        with self._turn_for(where):
            return self.engine.similar(document_id, k, where=where)

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""
        return self.engine.get(document_id)

    def document(self, document_id: str) -> Document:
        """The document of that id.

        Raises:
            UnknownDocumentError: there is none.
        """
        found = self.engine.get(document_id)
        if found is None:
            raise UnknownDocumentError(f"the index {self.name!r} holds no document {document_id!r:.80}")
        return found

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for vectors: (q, dim) float32; rows are L2-normalised here."""
        return self.engine.search_vectors(queries, options)

    # -- inference over the index ----------------------------------------------------------------------------

    def ask(self, question: str, history: Sequence[str] = (), options: AnswerOptions | None = None) -> Answer:
        """Answer a question out of the index, or say that it is not there; see `Engine.ask`."""
        from simengine.qa.answerer import Answerer

        self._refresh_soon()
        nli, reader = self.nli_model(), self.judges.reader()
        return Answerer(self, nli, reader, options, self._rule(nli)).ask(question, history)

    def recommend(
        self,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        refuse: Sequence[str] = (),
        *,
        require: Sequence[str] = (),
        liked_texts: Sequence[str] = (),
        disliked_texts: Sequence[str] = (),
        n: int = 10,
        where: str | None = None,
        reasons: bool = False,
        diversity: float = 0.0,
    ) -> list[Recommendation]:
        """Documents for somebody's taste, best first; see `Engine.recommend`, which calls `n` `k`."""
        from simengine.engine.recommending import Wishes, recommend

        items = None
        if where is not None:
            with self._turn_for(where):
                items = self.engine.matching_ids(where)
        wishes = Wishes(
            liked,
            disliked,
            liked_texts,
            disliked_texts,
            refuse,
            require,
            n,
            reasons=reasons,
            diversity=diversity,
        )
        return recommend(self.recommender(), self.engine, wishes, nli=self.nli_model, items=items)

    def recommender(self) -> TextRecommender:
        """The recommender of this index, made when first asked for; it sees documents as they come and go."""
        from simengine.engine.recommending import LazyInference, recommender_for

        with self._lock:
            if self._recommender is None:
                self._recommender = recommender_for(self.engine, nli=LazyInference(self.nli_model))
            return self._recommender

    # -- changing --------------------------------------------------------------------------------------------

    def add(self, documents: Documents) -> IndexReport:
        """Add documents; they are found as soon as this returns. Where one cannot be added, none is.

        Raises:
            ConflictError: an id is in the index with other content.
            DataError: a document is empty, or an id is given twice.
            OverloadedError: too many writes wait.
        """
        given = _checked(documents)

        def change() -> IndexReport:
            self.engine.refresh()
            for number, document in enumerate(given, 1):
                known = self.engine.get(document.id)
                if known is not None and known != document:
                    raise ConflictError(
                        f"document {number}: the id {document.id!r:.80} is in the index with other content; policy "
                        '"upsert", or `update` in Python, replaces it'
                    )
            return self.engine.add(given)

        return self._write(change)

    def update(self, documents: Documents) -> IndexReport:
        """Replace documents by id, and add those that are new. See `Engine.update`."""
        given = _checked(documents)
        return self._write(lambda: self.engine.update(given))

    def delete(self, ids: Sequence[str] = (), *, where: str | None = None) -> IndexReport:
        """Delete documents by id, by filter, or both. See `Engine.delete`.

        Raises:
            TimeLimitError: evaluating the filter took longer than a caller waits; nothing is deleted.
        """
        names = as_ids(ids)

        def change() -> IndexReport:
            with time_limit(time.monotonic() + self.settings.timeout_s):
                return self.engine.delete(names, where=where)

        return self._write(change)

    def _write(self, change: Callable[[], IndexReport]) -> IndexReport:
        """Do a write after those that came before it. Once it is accepted it is done, whether or not anyone waits."""
        with self._lock:
            self._check_open()
            if self._n_writes > self.settings.max_waiting_writes:
                raise OverloadedError(f"writes to {self.name}")
            self._n_writes += 1
            accepted = self._writer.submit(self._change, change)
        return accepted.result()

    def _change(self, change: Callable[[], IndexReport]) -> IndexReport:
        try:
            return change()
        finally:
            with self._lock:
                self._n_writes -= 1
                self._version += 1

    @property
    def n_writes(self) -> int:
        """Writes that run or wait."""
        return self._n_writes

    # -- about -----------------------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """What the index holds: as `simengine info --format json`, with the name in the place of the path."""
        return {"name": self.name, **self._keep("facts", self._facts)}

    def _facts(self) -> dict[str, Any]:
        with Snapshot.open(self.engine.path) as snapshot:
            facts = facts_of(self.engine.path, snapshot)
        facts["settings"].pop("command")  # names files of the machine on which it was built
        facts["settings"]["model_name"] = public_name(facts["settings"]["model_name"])
        return {**facts, "calibration": without_folders(facts["calibration"])}

    def warm(self, *, judge: bool = False) -> None:
        """Load the encoder, and the judge if asked to, so that the first callers do not wait."""
        self.engine.encoder.encode(["warm"], role="query")
        self.engine.encoder.encode(
            [WARM_TEXT] * WARM_TEXTS, role="query"
        )  # what runs many texts is made apart
        if judge:
            self.judges.judge().judge([("warm", "warm")])

    def close(self) -> None:
        """Finish accepted writes and what waits, then close the engine."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._writer.shutdown(wait=True)
        self._refresher.shutdown(wait=True)
        for batcher in self.batchers():
            batcher.close()
        if self._own_judges:
            self.judges.close()
        self.engine.close()

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError(f"the index {self.name!r} is closed")

    def _fitted(self) -> Fitted:
        from simengine.engine.loaded import fitted_of

        return self._keep("fitted", lambda: fitted_of(self.engine.path))

    def _rule(self, nli: NLIModel) -> Decision | Calibration | None:
        from simengine.engine.answering import reader_name, stored_rule

        digest, reader = nli.model.fingerprint.digest, reader_name(self.settings.models.reader)
        return self._keep("rule", lambda: stored_rule(self.engine.path, digest, reader))


def _checked(documents: Documents) -> list[Document]:
    """All documents, each good, no id twice."""
    checked = list(as_documents(documents))
    ids: set[str] = set()
    for number, document in enumerate(checked, 1):
        if document.id in ids:
            raise DataError(f"the id {document.id!r:.80} is given twice", "documents", number)
        ids.add(document.id)
    return checked
