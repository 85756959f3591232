"""Hits as HTML cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from simengine.engine.matching import matched_spans, shifted
from simengine.serving.demo.highlight import Excerpt, best_window, excerpt, marked
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language, Text
from simengine.types import Hit, Json, Span

SHOWN_CHARS = 420
SHOWN_FIELDS = 5
SHOWN_DUPLICATES = 8
VALUE_CHARS = 60


def cards(
    hits: Sequence[Hit], query: str, language: Language, *, similar: bool = True, label: Text | str = ""
) -> Markup:
    """HTML of a list of hits.

    Args:
        hits: best first, judged or not.
        query: its words are marked in titles and passages.
        language: of the page.
        similar: with a button for similar documents; it triggers the event "similar" of the `gr.HTML` whose
            `js_on_load` is `ON_SIMILAR`.
        label: of the list, for screen readers.
    """
    shown = [
        {
            "hit": hit,
            "id": shortened(hit.id),
            "title": marked(hit.title or hit.id, matched_spans(hit.title or hit.id, query)),
            "passage": _passage(hit, query),
            "fields": shown_fields(hit.metadata),
            "duplicates": ", ".join(hit.duplicates[:SHOWN_DUPLICATES])
            + (" …" if len(hit.duplicates) > SHOWN_DUPLICATES else ""),
        }
        for hit in hits
    ]
    return render("hits", language, {"cards": shown, "similar": similar, "label": label})


def _passage(hit: Hit, query: str) -> Excerpt:
    """The best stretch of a hit's passage, words and evidence marked."""
    text, judgement = hit.passage.text, hit.judgement
    words = matched_spans(text, query)
    evidence: list[Span] = []
    if judgement is not None and judgement.evidence is not None:
        evidence = shifted([judgement.evidence], hit.passage.start)
    kind = (judgement.stance if judgement is not None else None) or "supports"
    return excerpt(text, best_window(text, words, evidence, SHOWN_CHARS), words, evidence, kind)


def shown_fields(metadata: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Names and values of the first metadata fields, for people."""
    fields = [
        (name, shortened(said(value)))
        for name, value in metadata.items()
        if value is not None and value not in ("", []) and not isinstance(value, dict)
    ]
    return fields[:SHOWN_FIELDS]


def said(value: Json) -> str:
    """A metadata value for people."""
    if isinstance(value, list):
        return ", ".join(said(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def shortened(text: str, length: int = VALUE_CHARS) -> str:
    """At most so many characters, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


ON_SIMILAR = """element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-similar]');
    if (button) { trigger('similar', {id: button.dataset.similar}); return; }
    const example = event.target.closest('[data-example]');
    if (example) { trigger('example', {text: example.dataset.example}); }
});"""
"""JavaScript of a `gr.HTML` with cards: `.similar(handler)` gets the document id, `.example(handler)` the text."""
