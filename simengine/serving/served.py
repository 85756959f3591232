"""An index as all front ends use it: an engine whose callers are joined, and the queue of its writes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from simengine.corpus.items import Documents, as_documents
from simengine.engine.engine import Engine
from simengine.engine.loaded import LoadedModels
from simengine.engine.texts import TextEngine
from simengine.errors import DataError, SimengineError, UnknownDocumentError, UsageError
from simengine.serving.batched import BatchedCrossEncoder, BatchedRetriever
from simengine.serving.batching import Batcher, OverloadedError
from simengine.serving.settings import ServingSettings
from simengine.serving.telling import public_name, without_folders
from simengine.text.arguments import as_ids
from simengine.time_limit import time_limit
from simengine.types import Document

if TYPE_CHECKING:
    from simengine.indexing.report import IndexReport
    from simengine.requests.index import IndexOptions

WARM_TEXT, WARM_TEXTS = "what runs when many texts come at once", 32


class ConflictError(SimengineError):
    """A document that is to be added is in the index with other content."""


def shared_models(settings: ServingSettings) -> LoadedModels:
    """The models beside the indexes' own, with the pairs of all callers joined."""
    return LoadedModels(settings.models, wrap=lambda model: BatchedCrossEncoder(model, settings.batching))


def pair_batchers(models: LoadedModels) -> list[Batcher[Any, Any, Any]]:
    """Those of the cross-encoders that are loaded."""
    return [model.batcher for model in models.loaded() if isinstance(model, BatchedCrossEncoder)]


class ServedIndex:
    """An index that is served. May be used from any number of threads.

    Searches, texts and pairs of several callers are joined (see `simengine.serving.batching`); results do not depend
    on it. Writes are done one at a time, in the order of their arrival, and searches do not wait for them.

    Args:
        name: under which it is served.
        engine: whose index is served; closed with this object.
        settings: see `ServingSettings`; by default with the engine's models.
        models: shared by several indexes and closed by their owner; None makes own ones.

    Attributes:
        engine: answers requests: `engine.run` and the other methods of `Engine`.
        texts: answers requests without regard to the index, such as reranking passages of any origin.
        retriever: candidates and vectors of the engine.
        models: its NLI model, rerankers and reader.
    """

    def __init__(
        self,
        name: str,
        engine: Engine,
        settings: ServingSettings | None = None,
        models: LoadedModels | None = None,
    ) -> None:
        self.name, self.settings = name, settings or ServingSettings(models=engine.models)
        self.models = models or shared_models(self.settings)
        self.retriever = BatchedRetriever(name, engine.index, self.settings)
        self.engine = Engine(engine.index, loaded=self.models, retriever=self.retriever)
        self.texts = TextEngine(loaded=self.models)
        self._given, self._own_models = engine, models is None
        self._writer = ThreadPoolExecutor(1, f"simengine-write-{name}")
        self._lock = threading.Lock()
        self._n_writes = 0
        self._closed = False

    def document(self, document_id: str) -> Document:
        """The document of that id.

        Raises:
            UnknownDocumentError: there is none.
        """
        found = self.engine.get(document_id)
        if found is None:
            raise UnknownDocumentError(f"the index {self.name!r} holds no document {document_id!r:.80}")
        return found

    # -- changing --------------------------------------------------------------------------------------------

    def add(self, documents: Documents, options: IndexOptions | None = None) -> IndexReport:
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
            return self.engine.add(given, options=options)

        return self._write(change)

    def update(self, documents: Documents, options: IndexOptions | None = None) -> IndexReport:
        """Replace documents by id, and add those that are new. See `Engine.update`."""
        given = _checked(documents)
        return self._write(lambda: self.engine.update(given, options=options))

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
            if self._closed:
                raise UsageError(f"the index {self.name!r} is closed")
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

    @property
    def n_writes(self) -> int:
        """Writes that run or wait."""
        return self._n_writes

    # -- about -----------------------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """What the index holds: as `simengine info --format json`, with the name in the place of the path."""
        self.retriever.refresh_soon()
        facts = self.engine.index.facts()
        facts["settings"].pop("command")  # names files of the machine on which it was built
        facts["settings"]["model_name"] = public_name(facts["settings"]["model_name"])
        return {"name": self.name, **facts, "calibration": without_folders(facts["calibration"])}

    def warm(self, *, reranker: bool = False) -> None:
        """Load the encoder, and the reranker if asked to, so that the first callers do not wait."""
        self.engine.encoder.encode(["warm"], role="query")
        self.engine.encoder.encode(
            [WARM_TEXT] * WARM_TEXTS, role="query"
        )  # what runs many texts is made apart
        if reranker:
            self.models.judge().judge([("warm", "warm")])

    def close(self) -> None:
        """Finish accepted writes and what waits, then close the engine."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._writer.shutdown(wait=True)
        self.retriever.close()
        if self._own_models:
            self.models.close()
        self._given.close()


def _checked(documents: Documents) -> list[Document]:
    """All documents, each good, no id twice."""
    checked = list(as_documents(documents))
    ids: set[str] = set()
    for number, document in enumerate(checked, 1):
        if document.id in ids:
            raise DataError(f"the id {document.id!r:.80} is given twice", "documents", number)
        ids.add(document.id)
    return checked
