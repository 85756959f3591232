"""The Recommend tab as HTML: what was found, what is liked, and the cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from simengine.serving.demo.cards import shortened, shown_fields
from simengine.serving.demo.notices import notice
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.recommend import RECOMMEND
from simengine.serving.demo.titles import Titled
from simengine.types import Recommendation

SHOWN_CHARS = 320


@dataclass(frozen=True, slots=True)
class Taste:
    """What a visitor has liked and disliked so far, in the order of the clicks."""

    liked: tuple[Titled, ...] = ()
    disliked: tuple[Titled, ...] = ()

    def with_opinion(self, document: Titled, opinion: str) -> Taste:
        """With a document liked, disliked, or ("none") without an opinion."""
        liked = tuple(each for each in self.liked if each.id != document.id)
        disliked = tuple(each for each in self.disliked if each.id != document.id)
        if opinion == "like":
            liked = (*liked, document)
        elif opinion == "dislike":
            disliked = (*disliked, document)
        return Taste(liked, disliked)

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
        unknown: the NLI model knows hardly any characters of a statement to refuse.
    """

    items: Sequence[Recommendation]
    texts: Mapping[str, str]
    names: Mapping[str, str]
    ms: float
    by_text: bool = False
    unknown: bool = False
    refused: Sequence[str] = field(default=())


def found_html(found: Sequence[Titled], by_title: bool, taste: Taste, language: Language) -> Markup:
    """Documents to like or dislike."""
    if not found:
        return notice(language, "none", RECOMMEND.found_none, RECOMMEND.found_none_body)
    return render("found", language, {"found": found, "by_title": by_title, "taste": taste})


def taste_html(taste: Taste, language: Language) -> Markup:
    """What is liked and disliked, each with a button that takes it away."""
    return render("taste", language, {"taste": taste})


def recommended_html(shown: Recommended, taste: Taste, language: Language) -> Markup:
    """The cards, or that nothing is left."""
    if not shown.items:
        return notice(language, "none", RECOMMEND.none_title, RECOMMEND.none_body)
    cards = [_card(item, shown.texts.get(item.id, "")) for item in shown.items]
    return render("recommended", language, {"shown": shown, "cards": cards, "taste": taste})


def _card(item: Recommendation, text: str) -> dict[str, Any]:
    title = item.title or shortened(text) or item.id
    return {
        "item": item,
        "title": title,
        "document": Titled(item.id, shortened(title, 90)),
        "text": shortened(text if item.reason is None else item.reason.text, SHOWN_CHARS),
        "fields": shown_fields(item.metadata),
    }


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
