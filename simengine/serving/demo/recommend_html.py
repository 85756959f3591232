"""The Recommend tab as HTML: what was found, what is liked, and the cards. All text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from simengine.serving.demo.cards import said, shortened
from simengine.serving.demo.notices import notice
from simengine.serving.demo.strings import Language, Text
from simengine.serving.demo.strings.recommend import RECOMMEND
from simengine.serving.demo.strings.unknown import UNKNOWN
from simengine.serving.demo.titles import Titled
from simengine.types import Recommendation

SHOWN_FIELDS = 5
SHOWN_CHARS = 320


@dataclass(frozen=True, slots=True)
class PageTaste:
    """What a person of the page has said so far; order is that of the clicks."""

    liked: tuple[Titled, ...] = ()
    disliked: tuple[Titled, ...] = ()

    def with_opinion(self, document: Titled, opinion: str) -> PageTaste:
        """With a document liked, disliked, or ("none") without an opinion."""
        liked = tuple(each for each in self.liked if each.id != document.id)
        disliked = tuple(each for each in self.disliked if each.id != document.id)
        if opinion == "like":
            liked = (*liked, document)
        elif opinion == "dislike":
            disliked = (*disliked, document)
        return PageTaste(liked, disliked)

    def opinion(self, document_id: str) -> str:
        """ "like", "dislike" or "none"."""
        if any(each.id == document_id for each in self.liked):
            return "like"
        return "dislike" if any(each.id == document_id for each in self.disliked) else "none"


@dataclass(frozen=True, slots=True)
class Recommended:
    """Recommendations as they are shown; enough to render them again in the other language.

    Attributes:
        items: best first.
        texts: by id the beginning of the text of those that have no reason.
        names: by id the titles of what is liked.
        ms: that it took.
        by_text: something was liked by its description.
        unknown: the judge hardly knows the characters of a statement to refuse.
    """

    items: Sequence[Recommendation]
    texts: Mapping[str, str]
    names: Mapping[str, str]
    ms: float
    by_text: bool = False
    unknown: bool = False
    refused: Sequence[str] = field(default=())


def found_html(found: Sequence[Titled], by_title: bool, taste: PageTaste, language: Language) -> str:
    """Documents to like or dislike."""
    if not found:
        title, body = RECOMMEND.found_none.of(language), RECOMMEND.found_none_body.of(language)
        return notice("none", title, body)
    note = "" if by_title else f'<p class="se-note">{_said(RECOMMEND.by_meaning, language)}</p>'
    rows = "".join(
        f"<li><span>{escape(each.title)}</span>{_opinions(each, taste, language)}</li>" for each in found
    )
    return f'{note}<ul class="se-titles">{rows}</ul>'


def taste_html(taste: PageTaste, language: Language) -> str:
    """What is liked and disliked, each with a button that takes it away."""
    sides = ((RECOMMEND.liked, "like", taste.liked), (RECOMMEND.disliked, "dislike", taste.disliked))
    parts = []
    for name, kind, documents in sides:
        chips = "".join(_chip(each, kind, language) for each in documents)
        if not chips:
            chips = f'<span class="se-note">{_said(RECOMMEND.nothing_yet, language)}</span>'
        parts.append(f'<div class="se-taste-side"><span>{_said(name, language)}</span>{chips}</div>')
    return f'<div class="se-taste" role="status">{"".join(parts)}</div>'


def recommended_html(shown: Recommended, taste: PageTaste, language: Language) -> str:
    """The cards, or that nothing is left."""
    if not shown.items:
        title, body = RECOMMEND.none_title.of(language), RECOMMEND.none_body.of(language)
        return notice("none", title, body)
    n = len(shown.items)
    found = RECOMMEND.found_one.of(language) if n == 1 else RECOMMEND.found.of(language).format(n=n)
    took = RECOMMEND.in_ms.of(language).format(ms=f"{shown.ms:,.0f}")
    head = (
        f'<div class="se-found"><p role="status"><strong>{escape(found)}</strong></p>'
        f"<span>{escape(took)}</span></div>"
    )
    if shown.unknown:
        head += f'<p class="se-note">{_said(UNKNOWN.judge, language)}</p>'
    cards = "".join(f"<li>{_card(item, shown, taste, language)}</li>" for item in shown.items)
    return f'{head}<ol class="se-hits">{cards}</ol>'


def _card(item: Recommendation, shown: Recommended, taste: PageTaste, language: Language) -> str:
    title = item.title or shortened(shown.texts.get(item.id, "")) or item.id
    document = Titled(item.id, shortened(title, 90))
    near = escape(RECOMMEND.similar_to.of(language).format(title=title))
    return (
        f'<article class="se-card"><header><h3><span class="se-rank">{item.rank}</span>{escape(title)}</h3>'
        f'<span class="se-figure"><b>{item.score:.3f}</b> {_said(RECOMMEND.score, language)}</span></header>'
        f"{_because(item, shown, language)}{_reason(item, shown, language)}<footer>{_metadata(item)}"
        f'<span class="se-grow"></span>{_opinions(document, taste, language)}'
        f'<button type="button" class="se-link" data-near="{escape(item.id)}" aria-label="{near}">'
        f"{_said(RECOMMEND.similar, language)}</button></footer></article>"
    )


def _because(item: Recommendation, shown: Recommended, language: Language) -> str:
    if item.liked_id:
        name = escape(shown.names.get(item.liked_id, item.liked_id))
        return f'<p class="se-because">{_said(RECOMMEND.because, language)} <b>{name}</b></p>'
    if shown.by_text:
        return f'<p class="se-because">{_said(RECOMMEND.because_text, language)}</p>'
    return ""


def _reason(item: Recommendation, shown: Recommended, language: Language) -> str:
    if item.reason is not None:
        text = escape(shortened(item.reason.text, SHOWN_CHARS))
        return f'<blockquote class="se-quote" title="{_said(RECOMMEND.reason, language)}">{text}</blockquote>'
    text = shown.texts.get(item.id, "")
    return f'<p class="se-passage">{escape(shortened(text, SHOWN_CHARS))}</p>' if text else ""


def _metadata(item: Recommendation) -> str:
    chips: list[str] = []
    for name, value in item.metadata.items():
        if value is None or value in ("", []) or isinstance(value, dict) or len(chips) == SHOWN_FIELDS:
            continue
        chips.append(f'<span class="se-chip"><i>{escape(name)}</i> {escape(shortened(said(value)))}</span>')
    return "".join(chips)


def _opinions(document: Titled, taste: PageTaste, language: Language) -> str:
    """The two buttons of a document; the one that is down takes the opinion back."""
    now = taste.opinion(document.id)
    buttons = []
    for kind, sign, name, label in (
        ("like", "+", RECOMMEND.like, RECOMMEND.like_this),
        ("dislike", "−", RECOMMEND.dislike, RECOMMEND.dislike_this),
    ):
        full = escape(label.of(language).format(title=document.title))
        buttons.append(
            f'<button type="button" class="se-opinion se-{kind}" data-opinion="{"none" if now == kind else kind}" '
            f'data-id="{escape(document.id)}" data-title="{escape(document.title)}" aria-label="{full}" '
            f'aria-pressed="{str(now == kind).lower()}"><span aria-hidden="true">{sign}</span> '
            f"{_said(name, language)}</button>"
        )
    return f'<span class="se-opinions">{"".join(buttons)}</span>'


def _chip(document: Titled, kind: str, language: Language) -> str:
    label = escape(RECOMMEND.remove_this.of(language).format(title=document.title))
    return (
        f'<button type="button" class="se-pick se-{kind}" data-opinion="none" data-id="{escape(document.id)}" '
        f'data-title="{escape(document.title)}" aria-label="{label}">{escape(document.title)} '
        '<span aria-hidden="true">×</span></button>'
    )


def _said(text: Text, language: Language) -> str:
    return escape(text.of(language))


ON_OPINION = """element.addEventListener('click', (event) => {
    const opinion = event.target.closest('[data-opinion]');
    if (opinion) {
        const {id, title} = opinion.dataset;
        trigger('opinion', {id, title, opinion: opinion.dataset.opinion});
        return;
    }
    const near = event.target.closest('[data-near]');
    if (near) trigger('near', {id: near.dataset.near});
});"""
"""JavaScript of the three `gr.HTML`s: `.opinion(handler)` gets id, title and opinion, `.near(handler)` the id."""
