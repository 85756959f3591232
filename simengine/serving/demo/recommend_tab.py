"""The Recommend tab."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from simengine.errors import UsageError
from simengine.requests.recommend import RecommendRequest
from simengine.serving.demo.cards import shortened, shown_fields
from simengine.serving.demo.context import QUIET, DemoContext, area
from simengine.serving.demo.notices import failure, notice, skeleton
from simengine.serving.demo.projection import PerCommit
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.recommend import RECOMMEND
from simengine.serving.demo.titles import Titled, Titles, find_documents
from simengine.types import Recommendation

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

FOUND = 8
DEFAULT_COUNT, MOST_COUNT = 6, 30
MAX_STATEMENTS = 5
MAX_PICKS = 100
READ_CHARS = 400
SHOWN_CHARS = 320


@dataclass(frozen=True, slots=True)
class PageTaste:
    """What a visitor has liked and disliked so far, in the order of the clicks."""

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
        unknown: the NLI model knows hardly any characters of a statement to refuse.
    """

    items: Sequence[Recommendation]
    texts: Mapping[str, str]
    names: Mapping[str, str]
    ms: float
    by_text: bool = False
    unknown: bool = False


class RecommendTab:
    """The components of the tab, and what they do. One for each page; a person's taste is in their own session."""

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        self.titles: PerCommit[Titles] = PerCommit(self.served.engine.path, Titles.of)
        self.query = context.textbox("se-title-query", RECOMMEND.find, RECOMMEND.find_hint, max_length=400)
        self.found = area("se-title-found", "", ON_OPINION)
        self.taste_shown = area("se-taste", taste_html(PageTaste(), "en"), ON_OPINION)
        self._options()
        self.results = area("se-recommended", start_html("en"), ON_OPINION)
        self.taste = gr.State(PageTaste())
        self.shown = gr.State(None)
        self._events()

    # -- components ------------------------------------------------------------------------------------------

    def _options(self) -> None:
        context = self.context
        with gr.Row():
            self.describe = context.textbox(
                "se-describe",
                RECOMMEND.describe,
                RECOMMEND.describe_hint,
                lines=2,
                max_lines=4,
                min_width=260,
                max_length=4_000,
            )
            self.refuse = context.textbox(
                "se-refuse",
                RECOMMEND.refuse,
                RECOMMEND.refuse_hint,
                RECOMMEND.refuse_info,
                lines=2,
                max_lines=5,
                min_width=260,
                max_length=2_000,
            )
        with gr.Row():
            count = gr.Slider(
                1, MOST_COUNT, DEFAULT_COUNT, step=1, elem_id="se-recommend-count", min_width=260
            )
            self.count = context.localise(count, {"label": RECOMMEND.count})
            self.diversity = context.localise(
                gr.Slider(0, 1, 0, step=0.05, elem_id="se-diversity", min_width=260),
                {"label": RECOMMEND.diversity, "info": RECOMMEND.diversity_info},
            )
        with gr.Row():
            self.go = context.button("se-recommend-go", RECOMMEND.go, min_width=140, variant="primary")
            self.clear = context.button("se-recommend-clear", RECOMMEND.clear)

    # -- events ----------------------------------------------------------------------------------------------

    def _events(self) -> None:
        context = self.context
        language = context.language
        state = [self.query, self.taste, self.shown]
        self.query.change(
            self.find, [language, self.query, self.taste], [self.found], trigger_mode="always_last", **QUIET
        )
        for place in (self.found, self.taste_shown, self.results):
            place.opinion(
                self.on_opinion,
                [language, *state],
                [self.taste, self.taste_shown, self.found, self.results],
                **QUIET,
            )
        self.results.near(self.on_near, None, [context.near], **QUIET)
        inputs = [language, self.taste, self.describe, self.refuse, self.count, self.diversity]
        outputs = [self.results, self.shown]
        for listen in (self.go.click, self.describe.submit):
            listen(self.recommend, inputs, outputs, **QUIET)
        emptied = [self.taste, self.taste_shown, self.query, self.found, self.describe, self.refuse, *outputs]
        self.clear.click(self.start_over, [language], emptied, **QUIET)
        context.on_language(self.again, state, [self.found, self.taste_shown, self.results])

    def find(self, language: Language, query: str, taste: PageTaste) -> Markup:
        """Documents for the typed part of a title."""
        if not (query or "").strip():
            return Markup()
        try:
            found, by_title = find_documents(self.served, self.titles.get(), query, FOUND)
        except Exception as error:
            return failure(error, language)
        return found_html(found, by_title, taste, language)

    def on_opinion(
        self, language: Language, query: str, taste: PageTaste, shown: Recommended | None, event: gr.EventData
    ) -> Sequence[Any]:
        """A document was liked, disliked or neither of both."""
        opinion = str(event.opinion)
        if opinion == "none" or len(taste.liked) + len(taste.disliked) < MAX_PICKS:
            taste = taste.with_opinion(Titled(str(event.id), str(event.title)[:200]), opinion)
        results = gr.skip() if shown is None else recommended_html(shown, taste, language)
        return taste, taste_html(taste, language), self.find(language, query, taste), results

    def on_near(self, event: gr.EventData) -> str:
        """Search near a recommended document."""
        return str(event.id)

    def recommend(
        self,
        language: Language,
        taste: PageTaste,
        described: str,
        refuse: str,
        count: float,
        diversity: float,
    ) -> Iterator[tuple[Markup, Recommended | None]]:
        """Recommend for the taste, with a skeleton shown meanwhile."""
        described = (described or "").strip()
        if not (taste.liked or taste.disliked or described):
            yield start_html(language), None
            return
        yield skeleton(language, RECOMMEND.loading), None
        try:
            shown = run_recommend(self.served, taste, described, statements(refuse), int(count), diversity)
        except Exception as error:
            yield failure(error, language), None
            return
        yield recommended_html(shown, taste, language), shown

    def start_over(self, language: Language) -> Sequence[Any]:
        """Forget likes, dislikes and texts."""
        return PageTaste(), taste_html(PageTaste(), language), "", "", "", "", start_html(language), None

    def again(
        self, language: Language, query: str, taste: PageTaste, shown: Recommended | None
    ) -> tuple[Markup, Markup, Markup]:
        """What is shown, in the language that was switched to."""
        results = start_html(language) if shown is None else recommended_html(shown, taste, language)
        return self.find(language, query, taste), taste_html(taste, language), results


def statements(text: str) -> list[str]:
    """The statements of a text, one a line, each once.

    Raises:
        UsageError: more than MAX_STATEMENTS.
    """
    found = list(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))
    if len(found) > MAX_STATEMENTS:
        raise UsageError(f"{len(found)} statements given; at most {MAX_STATEMENTS} can be checked at once")
    return found


def run_recommend(
    served: ServedIndex, taste: PageTaste, described: str, refuse: Sequence[str], count: int, diversity: float
) -> Recommended:
    """Recommendations with reasons.

    Raises:
        SimengineError: as `Engine.recommend`.
    """
    start = time.perf_counter()
    request = RecommendRequest(
        liked=tuple(each.id for each in taste.liked),
        disliked=tuple(each.id for each in taste.disliked),
        liked_texts=(described,) if described else (),
        refuse=tuple(refuse),
        k=count,
        reasons=True,
        diversity=diversity,
    )
    items = served.engine.run(request)
    texts = {}
    for item in items:
        if item.reason is None or not item.title:
            document = served.engine.get(item.id)
            texts[item.id] = "" if document is None else document.text[:READ_CHARS]
    return Recommended(
        items,
        texts,
        {each.id: each.title for each in taste.liked},
        1000 * (time.perf_counter() - start),
        bool(described),
        any(note.source == "nli" for note in served.engine.notes(request)),
    )


def start_html(language: Language) -> Markup:
    """What stands where recommendations will be."""
    return notice(language, "empty", RECOMMEND.start_title, RECOMMEND.start_body)


def found_html(found: Sequence[Titled], by_title: bool, taste: PageTaste, language: Language) -> Markup:
    """Documents to like or dislike."""
    if not found:
        return notice(language, "none", RECOMMEND.found_none, RECOMMEND.found_none_body)
    return render("found", language, {"found": found, "by_title": by_title, "taste": taste})


def taste_html(taste: PageTaste, language: Language) -> Markup:
    """What is liked and disliked, each with a button that takes it away."""
    return render("taste", language, {"taste": taste})


def recommended_html(shown: Recommended, taste: PageTaste, language: Language) -> Markup:
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
