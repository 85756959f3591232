"""Parts of an engine that several callers share: their searches, texts and pairs are joined; results stay the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from simengine.engine.contracts import CrossEncoder, Encoded, Predicted, Reading, Role, joined
from simengine.requests.search import SearchOptions, SimilarRequest
from simengine.results.search import SearchResult
from simengine.serving.batching import Batcher, WaitTimeoutError, text_tokens
from simengine.serving.settings import BatchSettings, ServingSettings
from simengine.text.arguments import as_choice, as_texts
from simengine.time_limit import time_left
from simengine.types import Document, FloatMatrix, Hit

if TYPE_CHECKING:
    from simengine.engine.opened import OpenedIndex

FILTER_WORKERS = 2
Found: TypeAlias = tuple[list[Hit], Mapping[str, float]]
PairOutput: TypeAlias = tuple[FloatMatrix, int, int]


class BatchedRetriever:
    """An opened index whose callers are joined; see `simengine.search.retriever.Retriever`.

    Queries of equal options are searched for in one call, and texts of one role encoded in one. Commits of other
    processes are looked for in the background.

    Args:
        name: of the index, for the names of threads.
        index: stays open when this is closed.
        settings: see `ServingSettings`.

    Attributes:
        refresh_problem: why commits of other processes could not be looked for the last time; "" where they could.
    """

    def __init__(self, name: str, index: OpenedIndex, settings: ServingSettings) -> None:
        self._index, self._settings = index, settings
        batching = settings.batching
        self._searches: Batcher[SearchOptions, str, Found] = Batcher(
            self._search_turn, text_tokens, batching, "search"
        )
        # Filters run in Python; a slow one holds up no search without one, nor the next with another.
        filtering = replace(batching, workers=max(batching.workers, FILTER_WORKERS))
        self._filtered: Batcher[SearchOptions, str, Found] = Batcher(
            self._search_turn, text_tokens, filtering, "filtered search"
        )
        self._filter_turns = threading.BoundedSemaphore(FILTER_WORKERS)
        self._texts: Batcher[Role, str, Encoded] = Batcher(self._encode_turn, text_tokens, batching, "encode")
        self._refresher = ThreadPoolExecutor(1, f"simengine-refresh-{name}")
        self._refreshed = time.monotonic()
        self.refresh_problem = ""

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        """Hits for several queries of one kind; "queue" of the timings is the wait for other callers."""
        queries = as_texts(queries, "query")
        self.refresh_soon()
        start = time.perf_counter()
        batcher = self._searches if options.where is None else self._filtered
        found = batcher.call(options, queries, self._settings.timeout_s)
        total = (time.perf_counter() - start) * 1000
        stages: dict[str, float] = {}
        for times in {id(times): times for _, times in found}.values():
            for stage, took in times.items():
                stages[stage] = stages.get(stage, 0.0) + took
        stages["queue"] = max(total - stages.get("total", 0.0), 0.0)
        return SearchResult([hits for hits, _ in found], {**stages, "total": total})

    def _search_turn(self, options: SearchOptions, queries: Sequence[str]) -> list[Found]:
        result = self._index.run(queries, options)
        return [(hits, result.timings_ms) for hits in result.hits]

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for vectors: (q, dim) float32; rows are L2-normalised here."""
        return self._index.search_vectors(queries, options)

    def similar(self, request: SimilarRequest) -> list[Hit]:
        """The documents nearest to a document, without itself."""
        with self._turn_for(request.where):
            return self._index.similar(request)

    def matching_ids(self, where: str) -> list[str]:
        """Ids of all documents that a filter keeps."""
        with self._turn_for(where):
            return self._index.matching_ids(where)

    @contextmanager
    def _turn_for(self, where: str | None) -> Iterator[None]:
        """Wait for a turn to evaluate a filter outside of a search; none is needed without one.

        Raises:
            WaitTimeoutError: it took too long.
        """
        if where is None:
            yield
            return
        timeout_s = time_left(self._settings.timeout_s)
        if not self._filter_turns.acquire(timeout=timeout_s):
            raise WaitTimeoutError(f"filter: no result within {timeout_s:g} s")
        try:
            yield
        finally:
            self._filter_turns.release()

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""
        return self._index.get(document_id)

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""
        return self.encode_counted(texts, role=role).vectors

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        """Vectors of texts with their numbers of tokens; see `Encoded`."""
        as_choice(role, "role", get_args(Role))
        checked = as_texts(texts)
        if not checked:
            return self._index.encoder.encode_counted([], role=role)
        return joined(self._texts.call(role, checked, self._settings.timeout_s))

    def _encode_turn(self, role: Role, texts: Sequence[str]) -> list[Encoded]:
        encoded = self._index.encoder.encode_counted(texts, role=role)
        return [encoded.rows(slice(row, row + 1)) for row in range(len(texts))]

    def refresh_soon(self) -> None:
        """Look for commits of other processes in the background, if that is due; nobody waits for it."""
        if time.monotonic() - self._refreshed > self._settings.refresh_s:
            self._refreshed = time.monotonic()
            with suppress(RuntimeError):  # closed meanwhile
                self._refresher.submit(self._try_refresh)

    def _try_refresh(self) -> None:
        try:
            self._index.refresh()
            self.refresh_problem = ""
        except Exception as error:
            self.refresh_problem = type(error).__name__

    def batchers(self) -> Sequence[Batcher[Any, Any, Any]]:
        """What joins callers, for counting."""
        return [self._searches, self._filtered, self._texts]

    def close(self) -> None:
        """Finish what waits."""
        self._refresher.shutdown(wait=True)
        for batcher in self.batchers():
            batcher.close()


class BatchedCrossEncoder(CrossEncoder):
    """A cross-encoder whose callers' pairs are joined.

    Args:
        model: closed with this one.
        settings: see `BatchSettings`.
    """

    def __init__(self, model: CrossEncoder, settings: BatchSettings) -> None:
        self.fingerprint, self.labels, self.activation = model.fingerprint, model.labels, model.activation
        self.max_tokens, self.tokenizer = model.max_tokens, model.tokenizer
        self.runtime, self.runtime_reason = model.runtime, model.runtime_reason
        self._model = model
        self.batcher: Batcher[None, tuple[str, str], PairOutput] = Batcher(
            lambda _, pairs: self._joined(pairs), self._tokens, settings, "cross-encoder"
        )

    def _joined(self, pairs: Sequence[tuple[str, str]]) -> list[PairOutput]:
        predicted = self._model.predict_counted(pairs)
        return list(
            zip(predicted.logits, predicted.n_tokens.tolist(), predicted.n_truncated.tolist(), strict=True)
        )

    def _tokens(self, pair: tuple[str, str]) -> int:
        return min(text_tokens(pair[0]) + text_tokens(pair[1]), self.max_tokens)

    def predict_counted(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        """See `CrossEncoder`."""
        return self._predict(pairs) if pairs else self._model.predict_counted(pairs)

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        done = self.batcher.call(None, pairs)
        return Predicted(
            np.stack([logits for logits, _, _ in done]),
            np.array([n for _, n, _ in done], np.int32),
            np.array([n for _, _, n in done], np.int32),
        )

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        """See `CrossEncoder`."""
        return self._model.count_tokens(pairs)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """See `CrossEncoder`."""
        return self._model.readings(texts)

    def close(self) -> None:
        """See `CrossEncoder`."""
        self.batcher.close()
        self._model.close()
