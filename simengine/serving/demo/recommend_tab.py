"""The Recommend tab."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from simengine.errors import UsageError
from simengine.serving.demo.cards import skeleton
from simengine.serving.demo.context import DemoContext
from simengine.serving.demo.notices import failure, notice
from simengine.serving.demo.projection import PerCommit
from simengine.serving.demo.recommend_html import (
    ON_OPINION,
    PageTaste,
    Recommended,
    found_html,
    recommended_html,
    taste_html,
)
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.recommend import RECOMMEND
from simengine.serving.demo.titles import Titled, Titles, find_documents

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

FOUND = 8
DEFAULT_COUNT, MOST_COUNT = 6, 30
MAX_STATEMENTS = 5
MAX_PICKS = 100
READ_CHARS = 400


class RecommendTab:
    """The components of the tab, and what they do. One for each page; a person's taste is in their own session."""

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        self.titles: PerCommit[Titles] = PerCommit(self.served.engine.path, Titles.of)
        localise = context.localise
        self.query = localise(
            gr.Textbox(lines=1, max_lines=1, elem_id="se-title-query", max_length=400),
            {"label": RECOMMEND.find, "placeholder": RECOMMEND.find_hint},
        )
        self.found = self._html("", "se-title-found")
        self.taste_shown = self._html(taste_html(PageTaste(), "en"), "se-taste")
        self._options()
        self.results = self._html(start_html("en"), "se-recommended")
        self.taste = gr.State(PageTaste())
        self.shown = gr.State(None)
        self._events()

    # -- components ------------------------------------------------------------------------------------------

    def _html(self, value: str, elem_id: str) -> gr.HTML:
        return gr.HTML(value, js_on_load=ON_OPINION, apply_default_css=False, elem_id=elem_id)

    def _options(self) -> None:
        localise = self.context.localise
        with gr.Row():
            self.describe = localise(
                gr.Textbox(lines=2, max_lines=4, elem_id="se-describe", min_width=260, max_length=4_000),
                {"label": RECOMMEND.describe, "placeholder": RECOMMEND.describe_hint},
            )
            self.refuse = localise(
                gr.Textbox(lines=2, max_lines=5, elem_id="se-refuse", min_width=260, max_length=2_000),
                {
                    "label": RECOMMEND.refuse,
                    "placeholder": RECOMMEND.refuse_hint,
                    "info": RECOMMEND.refuse_info,
                },
            )
        with gr.Row():
            self.count = localise(
                gr.Slider(1, MOST_COUNT, DEFAULT_COUNT, step=1, elem_id="se-recommend-count", min_width=260),
                {"label": RECOMMEND.count},
            )
            self.diversity = localise(
                gr.Slider(0, 1, 0, step=0.05, elem_id="se-diversity", min_width=260),
                {"label": RECOMMEND.diversity, "info": RECOMMEND.diversity_info},
            )
        with gr.Row():
            self.go = localise(
                gr.Button(variant="primary", scale=0, min_width=140, elem_id="se-recommend-go"),
                {"value": RECOMMEND.go},
            )
            self.clear = localise(
                gr.Button(scale=0, min_width=120, elem_id="se-recommend-clear"), {"value": RECOMMEND.clear}
            )

    # -- events ----------------------------------------------------------------------------------------------

    def _events(self) -> None:
        context, quiet = self.context, {"show_progress": "hidden"}
        language = context.language
        self.query.change(
            self.find,
            [language, self.query, self.taste],
            [self.found],
            trigger_mode="always_last",
            **quiet,
        )
        inputs = [language, self.taste, self.describe, self.refuse, self.count, self.diversity]
        outputs = [self.results, self.shown]
        for shown in (self.found, self.taste_shown, self.results):
            shown.opinion(
                self.on_opinion,
                [language, self.query, self.taste, self.shown],
                [self.taste, self.taste_shown, self.found, self.results],
                **quiet,
            )
        self.results.near(self.on_near, None, [context.near], **quiet)
        for listen in (self.go.click, self.describe.submit):
            listen(self.recommend, inputs, outputs, **quiet)
        self.clear.click(
            self.start_over,
            [language],
            [
                self.taste,
                self.taste_shown,
                self.query,
                self.found,
                self.describe,
                self.refuse,
                *outputs,
            ],
            **quiet,
        )
        context.on_language(
            self.again,
            [self.query, self.taste, self.shown],
            [self.found, self.taste_shown, self.results],
        )

    def find(self, language: Language, query: str, taste: PageTaste) -> str:
        """Documents for the typed part of a title."""
        if not (query or "").strip():
            return ""
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
    ) -> Iterator[tuple[str, Recommended | None]]:
        """Recommend for the taste, with a skeleton shown meanwhile."""
        described = (described or "").strip()
        if not (taste.liked or taste.disliked or described):
            yield start_html(language), None
            return
        yield skeleton(RECOMMEND.loading.of(language)), None
        try:
            shown = run_recommend(self.served, taste, described, statements(refuse), int(count), diversity)
        except Exception as error:
            yield failure(error, language), None
            return
        yield recommended_html(shown, taste, language), shown

    def start_over(self, language: Language) -> Sequence[Any]:
        """Forget what was said."""
        return PageTaste(), taste_html(PageTaste(), language), "", "", "", "", start_html(language), None

    def again(
        self, language: Language, query: str, taste: PageTaste, shown: Recommended | None
    ) -> tuple[str, str, str]:
        """What is shown, in the language that was switched to."""
        results = start_html(language) if shown is None else recommended_html(shown, taste, language)
        return self.find(language, query, taste), taste_html(taste, language), results


def build_recommend_tab(context: DemoContext) -> None:
    """Build the tab within the page that is being built."""
    RecommendTab(context)


def statements(text: str) -> list[str]:
    """The statements of a text, one a line, each once.

    Raises:
        UsageError: more than MAX_STATEMENTS.
    """
    found = list(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))
    if len(found) > MAX_STATEMENTS:
        raise UsageError(f"{len(found)} statements are given; up to {MAX_STATEMENTS} can be judged at once")
    return found


def run_recommend(
    served: ServedIndex, taste: PageTaste, described: str, refuse: Sequence[str], count: int, diversity: float
) -> Recommended:
    """Recommendations with reasons.

    Raises:
        SimengineError: as `ServedIndex.recommend`.
    """
    start = time.perf_counter()
    items = served.recommend(
        [each.id for each in taste.liked],
        [each.id for each in taste.disliked],
        list(refuse),
        liked_texts=[described] if described else [],
        n=count,
        reasons=True,
        diversity=diversity,
    )
    texts = {}
    for item in items:
        if item.reason is None or not item.title:
            document = served.get(item.id)
            texts[item.id] = "" if document is None else document.text[:READ_CHARS]
    return Recommended(
        items,
        texts,
        {each.id: each.title for each in taste.liked},
        1000 * (time.perf_counter() - start),
        bool(described),
        bool(served.notes([], judged=refuse)),
        tuple(refuse),
    )


def start_html(language: Language) -> str:
    """What stands where recommendations will be."""
    return notice("empty", RECOMMEND.start_title.of(language), RECOMMEND.start_body.of(language))
