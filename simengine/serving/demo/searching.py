"""What the Search tab does between the click and the cards."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from simengine.requests.rerank import Rerank
from simengine.requests.search import Mode, SearchRequest, SimilarRequest
from simengine.serving.demo.cards import cards, shortened
from simengine.serving.demo.notices import notice
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import UNKNOWN, Language, Text
from simengine.serving.demo.strings.search import SEARCH, STAGE_NAMES
from simengine.types import Hit

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

LEAST_STAGE_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Asked:
    """A search with its options."""

    query: str
    mode: Mode
    rerank: bool
    claim: bool
    count: int
    fold: bool
    where: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown; enough to render it again in the other language.

    Attributes:
        hits: best first.
        timings_ms: see `SearchResult`.
        query: as typed; "" for documents similar to one.
        near: title of the document that these are similar to; "" for a search.
        where: the filter.
        notes: what a reader must know.
        empty: why there are no hits.
    """

    hits: Sequence[Hit]
    timings_ms: Mapping[str, float]
    query: str = ""
    near: str = ""
    where: str | None = None
    notes: tuple[Text, ...] = field(default=())
    empty: Text = SEARCH.none_words


def run_search(served: ServedIndex, asked: Asked) -> Shown:
    """Search with the options of the tab.

    Raises:
        SimengineError: as `Engine.search`.
    """
    request = SearchRequest(
        asked.count,
        asked.mode,
        asked.where,
        queries=(asked.query,),
        rerank=Rerank(claim=asked.claim) if asked.rerank or asked.claim else None,
        collapse=asked.fold,
    )
    found = served.engine.run(request)
    unread = {note.source for note in served.engine.notes(request)}
    notes: list[Text] = []
    if found.n_incomplete:
        notes.append(SEARCH.incomplete)
    if "order" in unread:
        notes.append(SEARCH.left_alone)
    if "reranker" in unread:
        notes.append(UNKNOWN.cross_encoder)
    if "encoder" in unread:
        notes.append(UNKNOWN.encoder)
    return Shown(
        found.hits[0],
        found.timings_ms,
        query=asked.query,
        where=asked.where,
        notes=tuple(notes),
        empty=_why_empty(served, asked),
    )


def run_similar(served: ServedIndex, document_id: str, count: int) -> Shown:
    """Documents similar to one.

    Raises:
        UnknownDocumentError: it is not in the index.
    """
    start = time.perf_counter()
    document = served.document(document_id)
    hits = served.engine.run(SimilarRequest(document_id, count))
    timings = {"total": 1000 * (time.perf_counter() - start)}
    return Shown(hits, timings, near=document.title or document.id, empty=SEARCH.none_alone)


def shown_html(shown: Shown, language: Language) -> Markup:
    """HTML of the results: how many of what in what time, notes, cards; or that there are none."""
    if not shown.hits:
        return notice(language, "none", SEARCH.none_title, shown.empty.filled({"filter": shown.where or ""}))
    if shown.near:
        about = SEARCH.near_to.filled({"title": shortened(shown.near)})
    else:
        about = SEARCH.for_query.filled({"query": shortened(shown.query)})
    values = {
        "shown": shown,
        "about": about.of(language),
        "stages": stage_times(shown.timings_ms),
        "cards": cards(shown.hits, shown.query, language),
    }
    return render("results", language, values)


def stage_times(timings_ms: Mapping[str, float]) -> dict[str, float]:
    """Stages that do not overlap, in their order; what no stage accounts for is "rest". None where no time passed."""
    stages = {name: timings_ms[name] for name in STAGE_NAMES if name in timings_ms}
    rest = timings_ms.get("total", 0.0) - sum(stages.values())
    if rest > max(LEAST_STAGE_SHARE * timings_ms.get("total", 0.0), 0.05):
        stages["rest"] = rest
    return stages if sum(stages.values()) > 0 else {}


def _why_empty(served: ServedIndex, asked: Asked) -> Text:
    if not len(served.engine):
        return SEARCH.none_empty
    return SEARCH.none_words if asked.where is None else SEARCH.none_filter
