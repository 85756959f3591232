"""Hits as HTML cards. Everything that comes from documents or from the person is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from simengine.serving.demo.highlight import best_window, marked, matched_spans, shifted
from simengine.serving.demo.strings import FRAME, Language
from simengine.serving.demo.strings.search import SEARCH, STAGE_NAMES, STANCE_NAMES
from simengine.types import Hit, Json, Judgement, Span

SHOWN_CHARS = 420
SHOWN_FIELDS = 5
SHOWN_DUPLICATES = 8
VALUE_CHARS = 60
SECONDS_FROM_MS = 2_000
LEAST_STAGE_SHARE = 0.01
STANCE_SIGNS = {"supports": "✓", "contradicts": "✕", "neutral": "·"}


def cards(hits: Sequence[Hit], query: str, language: Language) -> str:
    """HTML of a list of hits.

    Args:
        hits: best first.
        query: its words are marked.
        language: of the page.
    """
    items = "".join(f"<li>{card(hit, query, language)}</li>" for hit in hits)
    return f'<ol class="se-hits">{items}</ol>'


def card(hit: Hit, query: str, language: Language, *, similar: bool = True) -> str:
    """HTML of a hit.

    Args:
        hit: any hit, judged or not.
        query: its words are marked in title and passage.
        language: of the page.
        similar: with a button that asks for similar documents; it triggers the event "similar" of the `gr.HTML` whose
            `js_on_load` is `ON_SIMILAR`.
    """
    title = hit.title or hit.id
    stance = hit.judgement.stance if hit.judgement is not None else None
    button = ""
    if similar:
        said = SEARCH.similar_to.of(language).format(title=title)
        button = (
            f'<button type="button" class="se-link" data-similar="{escape(hit.id)}" aria-label="{escape(said)}">'
            f"{escape(SEARCH.similar.of(language))}</button>"
        )
    return (
        f'<article class="se-card{f" se-is-{escape(stance)}" if stance else ""}">'
        f'<header><h3><span class="se-rank">{hit.rank}</span>{marked(title, matched_spans(title, query))}</h3>'
        f"{_figure(hit, language)}</header>"
        f"{passage(hit, query, language)}"
        f'<footer>{_stance(hit.judgement, language)}{_metadata(hit)}<span class="se-grow"></span>'
        f"{_parts(hit, language)}{button}</footer>{_duplicates(hit, language)}</article>"
    )


def passage(hit: Hit, query: str, language: Language) -> str:
    """HTML of a hit's passage: its best stretch with words and evidence marked; all of it on a click."""
    text = hit.passage.text
    words = matched_spans(text, query)
    evidence: list[Span] = []
    judgement = hit.judgement
    if judgement is not None and judgement.evidence is not None:
        evidence = shifted([judgement.evidence], hit.passage.start)
    kind = (judgement.stance if judgement is not None else None) or "supports"
    window = best_window(text, words, evidence, SHOWN_CHARS)
    shown = marked(
        text[window.start : window.end], shifted(words, window.start), shifted(evidence, window.start), kind
    )
    before = "… " if window.start > 0 else ""
    after = " …" if window.end < len(text) else ""
    html = f'<p class="se-passage">{before}{shown}{after}</p>'
    if before or after:
        html += (
            f'<details class="se-whole"><summary>{escape(SEARCH.whole.of(language))}</summary>'
            f'<p class="se-passage">{marked(text, words, evidence, kind)}</p></details>'
        )
    return html


def head(
    n: int,
    about: str,
    timings_ms: Mapping[str, float],
    where: str | None,
    notes: Sequence[str],
    language: Language,
) -> str:
    """HTML above the cards: how many, of what, in what time; then what a reader must know."""
    found = SEARCH.found_one.of(language) if n == 1 else SEARCH.found.of(language).format(n=n)
    total = took(timings_ms.get("total", 0.0), language)
    chip = ""
    if where is not None:
        chip = f'<code class="se-filter">{escape(SEARCH.filtered.of(language).format(filter=where))}</code>'
    lines = "".join(f'<p class="se-note">{escape(note)}</p>' for note in notes)
    return (
        f'<div class="se-found"><p role="status"><strong>{escape(found)}</strong> <span>{escape(about)}</span></p>'
        f"{chip}{timing(timings_ms, total, language)}</div>{lines}"
    )


def timing(timings_ms: Mapping[str, float], total: str, language: Language) -> str:
    """HTML of the time of each stage: the total, and on a click a bar with its parts."""
    stages = stage_times(timings_ms)
    whole = sum(stages.values())
    if whole <= 0:
        return ""
    bars, legend = [], []
    for number, (name, ms) in enumerate(stages.items()):
        label = escape(STAGE_NAMES[name].of(language))
        bars.append(f'<span class="se-stage-{number % 8}" style="flex-grow:{ms / whole:.4f}"></span>')
        legend.append(f'<li><i class="se-stage-{number % 8}"></i>{label} <b>{ms:,.1f}</b></li>')
    return (
        f'<details class="se-timing"><summary>{escape(total)}</summary><div>'
        f"<p>{escape(SEARCH.stages.of(language))}, ms</p>"
        f'<div class="se-bar" aria-hidden="true">{"".join(bars)}</div><ul>{"".join(legend)}</ul></div></details>'
    )


def took(ms: float, language: Language) -> str:
    """A time for people."""
    if ms < SECONDS_FROM_MS:
        return SEARCH.in_ms.of(language).format(ms=f"{ms:,.0f}")
    return SEARCH.in_s.of(language).format(s=f"{ms / 1000:,.1f}")


def stage_times(timings_ms: Mapping[str, float]) -> dict[str, float]:
    """Stages that do not overlap, in their order; what no stage accounts for is "rest"."""
    stages = {name: timings_ms[name] for name in STAGE_NAMES if name in timings_ms}
    rest = timings_ms.get("total", 0.0) - sum(stages.values())
    if rest > max(LEAST_STAGE_SHARE * timings_ms.get("total", 0.0), 0.05):
        stages["rest"] = rest
    return stages


def skeleton(label: str, n: int = 3) -> str:
    """HTML shown while results are on their way."""
    one = '<div class="se-card se-ghost"><i></i><i></i><i></i></div>'
    return f'<div role="status" aria-label="{escape(label)}" aria-busy="true">{one * n}</div>'


def _figure(hit: Hit, language: Language) -> str:
    judgement = hit.judgement
    if judgement is None:
        return f'<span class="se-figure"><b>{hit.score:.3f}</b> {escape(SEARCH.score.of(language))}</span>'
    name = FRAME.probability if judgement.calibrated else SEARCH.relevance
    hint = "" if judgement.calibrated else f" · {escape(FRAME.uncalibrated.of(language))}"
    share = min(max(judgement.relevance, 0.0), 1.0)
    return (
        f'<span class="se-figure"><span class="se-meter" aria-hidden="true"><i style="width:{share:.0%}"></i></span>'
        f"<b>{judgement.relevance:.2f}</b> {escape(name.of(language))}{hint}</span>"
    )


def _stance(judgement: Judgement | None, language: Language) -> str:
    if judgement is None or judgement.stance is None:
        return ""
    name = STANCE_NAMES[judgement.stance].of(language)
    share = ""
    if judgement.probabilities is not None:
        kind = {"supports": "entailment", "contradicts": "contradiction", "neutral": "neutral"}
        share = f" {judgement.probabilities[kind[judgement.stance]]:.2f}"
    sign = STANCE_SIGNS[judgement.stance]
    return f'<span class="se-chip se-{escape(judgement.stance)}">{sign} {escape(name)}{share}</span>'


def _metadata(hit: Hit) -> str:
    chips = []
    if hit.title and hit.title != hit.id:
        chips.append(f'<span class="se-chip se-id">{escape(shortened(hit.id))}</span>')
    for name, value in hit.metadata.items():
        if value is None or value == "" or isinstance(value, dict) or len(chips) > SHOWN_FIELDS:
            continue
        chips.append(f'<span class="se-chip"><i>{escape(name)}</i> {escape(shortened(said(value)))}</span>')
    return "".join(chips)


def _parts(hit: Hit, language: Language) -> str:
    if not hit.scores:
        return ""
    rows = "".join(f"<li>{escape(name)} <b>{value:.4g}</b></li>" for name, value in hit.scores.items())
    name = escape(SEARCH.details.of(language))
    return f'<details class="se-parts"><summary>{name}</summary><ul>{rows}</ul></details>'


def _duplicates(hit: Hit, language: Language) -> str:
    n = len(hit.duplicates)
    if not n:
        return ""
    ids = ", ".join(hit.duplicates[:SHOWN_DUPLICATES]) + (" …" if n > SHOWN_DUPLICATES else "")
    text = SEARCH.duplicates_one if n == 1 else SEARCH.duplicates
    return f'<p class="se-duplicates">{escape(text.of(language).format(n=n, ids=ids))}</p>'


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
