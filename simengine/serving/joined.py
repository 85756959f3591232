"""What callers of one index share: searches, texts and pairs of all of them are joined."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import numpy as np

from simengine.encoders.contract import Encoded, Role, joined
from simengine.models.unknown import Reading, readings_of, score_says_something, unreadable_note
from simengine.requests.search import SearchOptions
from simengine.results.search import SearchResult
from simengine.serving.batching import Batcher, WaitTimeoutError, text_tokens
from simengine.serving.judges import SharedJudges
from simengine.serving.settings import ServingSettings
from simengine.text.arguments import as_choice, as_pairs, as_text, as_texts
from simengine.time_limit import time_left
from simengine.types import FloatMatrix, Hit, PairScore, Verdict

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.engine import Engine

T = TypeVar("T")

FILTER_WORKERS = 2


class JoinedIndex:
    """The part of `ServedIndex` in which callers are joined, and what was read of the index is kept."""

    def __init__(
        self,
        name: str,
        engine: Engine,
        settings: ServingSettings | None = None,
        judges: SharedJudges | None = None,
    ) -> None:
        """See `ServedIndex`."""
        self.name, self.engine, self.settings = name, engine, settings or ServingSettings()
        self.judges = judges or SharedJudges(self.settings)
        self._own_judges = judges is None
        batching = self.settings.batching
        self._searches: Batcher[SearchOptions, str, tuple[list[Hit], Mapping[str, float]]] = Batcher(
            self._search_turn, text_tokens, batching, "search"
        )
        # Filters run in Python; a slow one holds up no search without one, nor the next with another.
        self._filtered: Batcher[SearchOptions, str, tuple[list[Hit], Mapping[str, float]]] = Batcher(
            self._search_turn,
            text_tokens,
            replace(batching, workers=max(batching.workers, FILTER_WORKERS)),
            "filtered search",
        )
        self._filter_turns = threading.BoundedSemaphore(FILTER_WORKERS)
        self._texts: Batcher[Role, str, Encoded] = Batcher(self._encode_turn, text_tokens, batching, "encode")
        self._refresher = ThreadPoolExecutor(1, f"simengine-refresh-{name}")
        self._refreshed = time.monotonic()
        self._lock = threading.Lock()
        self._version = 0
        self._kept: dict[str, tuple[int, Any]] = {}
        self._closed = False
        self.refresh_problem = ""
        """Why other processes' commits could not be looked for the last time, "" where they could."""

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        """Hits for several queries of one kind; see `simengine.search.retriever.Retriever`."""
        queries = as_texts(queries, "query")
        self._refresh_soon()
        start = time.perf_counter()
        batcher = self._searches if options.where is None else self._filtered
        found = batcher.call(options, queries, self.settings.timeout_s)
        total = (time.perf_counter() - start) * 1000
        stages: dict[str, float] = {}
        for times in {id(times): times for _, times in found}.values():
            for stage, took in times.items():
                stages[stage] = stages.get(stage, 0.0) + took
        stages["queue"] = max(total - stages.get("total", 0.0), 0.0)
        return SearchResult([hits for hits, _ in found], {**stages, "total": total})

    @contextmanager
    def _turn_for(self, where: str | None) -> Iterator[None]:
        """Wait for a turn to evaluate a filter outside of a search; none is needed without one.

        Raises:
            WaitTimeoutError: it took too long.
        """
        if where is None:
            yield
            return
        timeout_s = time_left(self.settings.timeout_s)
        if not self._filter_turns.acquire(timeout=timeout_s):
            raise WaitTimeoutError(f"filter: no result within {timeout_s:g} s")
        try:
            yield
        finally:
            self._filter_turns.release()

    def _search_turn(
        self, options: SearchOptions, queries: Sequence[str]
    ) -> list[tuple[list[Hit], Mapping[str, float]]]:
        result = self.engine.run(queries, options)
        return [(hits, result.timings_ms) for hits in result.hits]

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""
        return self.encode_counted(texts, role=role).vectors

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        """Vectors of texts with their numbers of tokens; see `Encoded`."""
        as_choice(role, "role", get_args(Role))
        checked = as_texts(texts)
        if not checked:
            return self.engine.encoder.encode_counted([], role=role)
        done = self._texts.call(role, checked, self.settings.timeout_s)
        return joined(done)

    def _encode_turn(self, role: Role, texts: Sequence[str]) -> list[Encoded]:
        encoded = self.engine.encoder.encode_counted(texts, role=role)
        return [encoded.rows(slice(row, row + 1)) for row in range(len(texts))]

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[PairScore]:
        """Cosine similarity of pairs of texts; a text that stands in several pairs is encoded once."""
        checked = as_pairs(pairs)
        places: dict[str, int] = {}
        for pair in checked:
            for text in pair:
                places.setdefault(text, len(places))
        vectors, read = self.encode(list(places)), self.readings(list(places))
        return [
            PairScore(
                one,
                two,
                float(np.clip(vectors[places[one]] @ vectors[places[two]], -1.0, 1.0)),
                score_says_something(read[places[one]], read[places[two]]),
            )
            for one, two in checked
        ]

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """What the index's model can read of each text, and what it has no tokens for."""
        return readings_of(self.engine.encoder, texts)

    def notes(
        self, texts: Sequence[str], *, judged: Sequence[str] = (), ids: Sequence[str] = ()
    ) -> list[str]:
        """What a client is told of texts that a model can hardly read; nothing where all can be read.

        Args:
            texts: that the index's model has read.
            judged: texts that the served judge has read.
            ids: of documents whose vectors count as those of `texts`.
        """
        documents = [self.engine.get(id_) for id_ in ids]
        read = [*texts, *(document.text for document in documents if document is not None)]
        found = [unreadable_note(self.engine.encoder, read)] if read else []
        if judged:
            found.append(unreadable_note(self.judges.judge(), judged, judge=True))
        return [note for note in found if note]

    def graded(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix | None:
        """Graded similarity of pairs by the served cross-encoder for it: (n,) float32 in [0, 1]; None without one."""
        judge = self.judges.similarity()
        return None if judge is None else judge.judge(as_pairs(pairs)).relevance

    def nli(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """What premises say about hypotheses.

        Args:
            pairs: (premise, hypothesis).

        Raises:
            UsageError: the served judge is no NLI model.
        """
        return self.nli_model().verdicts(as_pairs(pairs))

    def relevance(self, query: str, texts: Sequence[str]) -> FloatMatrix:
        """How well texts answer a query, by the served judge: (n,) float32 in [0, 1], not calibrated."""
        pairs = [(as_text(query, "query"), text) for text in as_texts(texts)]
        return self.judges.judge().judge(pairs).relevance

    def nli_model(self) -> NLIModel:
        """The served NLI model, loaded when first asked for.

        Raises:
            UsageError: the served judge is no NLI model.
        """
        return self.judges.nli(self.judges.options())

    def refresh(self) -> bool:
        """See what other processes have committed. Returns whether there was anything new."""
        self._refreshed = time.monotonic()
        new = self.engine.refresh()
        if new:
            with self._lock:
                self._version += 1
        return new

    def _refresh_soon(self) -> None:
        """Look for other processes' commits in the background, if that is due; nobody waits for it."""
        if time.monotonic() - self._refreshed > self.settings.refresh_s and not self._closed:
            self._refreshed = time.monotonic()
            with suppress(RuntimeError):  # closed meanwhile
                self._refresher.submit(self._try_refresh)

    def _try_refresh(self) -> None:
        try:
            self.refresh()
            self.refresh_problem = ""
        except Exception as error:
            self.refresh_problem = type(error).__name__

    def _keep(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made anew when the index has changed."""
        version = self._version
        kept = self._kept.get(name)
        if kept is None or kept[0] != version:
            kept = (version, make())
            self._kept[name] = kept
        value: T = kept[1]
        return value

    def batchers(self) -> Sequence[Batcher[Any, Any, Any]]:
        """What joins callers, for counting."""
        return [self._searches, self._filtered, self._texts]
