"""The Search tab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from simengine.requests.search import Mode
from simengine.serving.demo.cards import ON_SIMILAR
from simengine.serving.demo.context import QUIET, DemoContext, area
from simengine.serving.demo.examples import Examples, example_queries
from simengine.serving.demo.export import SAVE_FILE, as_csv, as_jsonl
from simengine.serving.demo.facets import Facet, as_number, expression, facets_of
from simengine.serving.demo.notices import failure, notice, skeleton
from simengine.serving.demo.searching import Asked, Shown, run_search, run_similar, shown_html
from simengine.serving.demo.strings import Language, Text
from simengine.serving.demo.strings.search import SEARCH

DEFAULT_COUNT, MOST_COUNT = 10, 50
N_EXAMPLES = 4


class SearchTab:
    """The components of the tab, and what they do. One for each page; holds nothing of a person's session."""

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        self.facets = facets_of(self.served.engine.path)
        self.examples = Examples(self.served.engine.path, example_queries, N_EXAMPLES)
        self._question()
        self._filters()
        self.tried = area("se-search-examples", self.examples.html("en"), ON_SIMILAR)
        self.results = area("se-results", start_html("en"), ON_SIMILAR)
        self._export()
        self.shown = gr.State(None)
        self._events()

    # -- components ------------------------------------------------------------------------------------------

    def _question(self) -> None:
        context = self.context
        with gr.Row(elem_classes="se-ask-row", equal_height=True):
            self.query = context.textbox(
                "se-query", SEARCH.query, SEARCH.query_hint, scale=5, max_length=20_000
            )
            self.go = context.button("se-go", SEARCH.go, min_width=112, variant="primary")
        with gr.Row(elem_classes="se-options"):
            modes = ((SEARCH.hybrid, "hybrid"), (SEARCH.dense, "dense"), (SEARCH.lexical, "lexical"))
            self.mode = context.localise(
                gr.Radio(
                    value="hybrid", elem_id="se-mode", elem_classes="se-segments", scale=0, min_width=330
                ),
                {"label": SEARCH.mode, "choices": modes},
            )
            self.rerank = context.switch("se-rerank", SEARCH.rerank, SEARCH.rerank_info)
            self.claim = context.switch("se-claim", SEARCH.claim, SEARCH.claim_info)

    def _filters(self) -> None:
        context = self.context
        self.choices: list[gr.Dropdown] = []
        self.ranges: list[gr.Textbox] = []
        with context.localise(gr.Accordion(open=False, elem_id="se-filters"), {"label": SEARCH.filters}):
            with gr.Row(elem_classes="se-facets"):
                for facet in self.facets:
                    self._facet(facet)
            self.typed = context.textbox(
                "se-expression", SEARCH.expression, SEARCH.expression_hint, max_length=4_000
            )
            with gr.Row():
                count = gr.Slider(1, MOST_COUNT, DEFAULT_COUNT, step=1, elem_id="se-count")
                self.count = context.localise(count, {"label": SEARCH.count})
                self.fold = context.switch("se-fold", SEARCH.fold, SEARCH.fold_info)

    def _facet(self, facet: Facet) -> None:
        if facet.kind != "range":
            labels = [(f"{value} · {n:,}" if n else str(value)) for value, n in facet.values]
            self.choices.append(
                gr.Dropdown(
                    list(zip(labels, facet.by_key(), strict=True)),
                    value=[],
                    multiselect=True,
                    allow_custom_value=True,
                    label=facet.name,
                    elem_classes="se-facet",
                    min_width=200,
                )
            )
            return
        for text, bound in ((SEARCH.least, f"{facet.least:g}"), (SEARCH.greatest, f"{facet.greatest:g}")):
            label, hint = text.filled({"field": facet.name}), Text(bound, bound)
            self.ranges.append(
                self.context.textbox("", label, hint, elem_classes="se-facet", min_width=140, max_length=40)
            )

    def _export(self) -> None:
        self.file = gr.JSON(visible=False)
        with gr.Row(visible=False, elem_id="se-export") as self.export_row:
            self.csv = self.context.button("se-csv", SEARCH.csv, size="sm")
            self.jsonl = self.context.button("se-jsonl", SEARCH.jsonl, min_width=160, size="sm")

    # -- events ----------------------------------------------------------------------------------------------

    def _events(self) -> None:
        context = self.context
        inputs = [
            context.language,
            self.query,
            self.mode,
            self.rerank,
            self.claim,
            self.count,
            self.fold,
            self.typed,
            *self.choices,
            *self.ranges,
        ]
        outputs = [self.results, self.export_row, self.shown]
        for listen in (self.go.click, self.query.submit, self.typed.submit):
            listen(self.search, inputs, outputs, **QUIET)
        self.results.similar(self.on_similar, [context.language, self.count], outputs, **QUIET)
        self.tried.example(self.on_example, None, [self.query], **QUIET).then(
            self.search, inputs, outputs, **QUIET
        )
        context.near.change(
            self.on_near,
            [context.language, self.count, context.near],
            [context.tabs, context.near, *outputs],
            **QUIET,
        )
        for button, kind in ((self.csv, "csv"), (self.jsonl, "jsonl")):
            button.click(_file_of(kind), [self.shown], [self.file], **QUIET).then(
                None, [self.file], None, js=SAVE_FILE
            )
        context.on_language(self.again, [self.shown], [self.results, self.tried])

    def search(
        self,
        language: Language,
        query: str,
        mode: Mode,
        rerank: bool,
        claim: bool,
        count: float,
        fold: bool,
        typed: str,
        *filters: Any,
    ) -> Iterator[Sequence[Any]]:
        """Search, with a skeleton shown meanwhile."""
        if not (query or "").strip():
            blank = notice(language, "empty", SEARCH.blank_title, SEARCH.blank_body)
            yield blank, gr.update(visible=False), None
            return

        def found() -> Shown:
            where = self.where(typed, filters)
            return run_search(self.served, Asked(query.strip(), mode, rerank, claim, int(count), fold, where))

        yield from self._show(language, found)

    def where(self, typed: str, filters: Sequence[Any]) -> str | None:
        """The filter that the components say."""
        names = [facet.name for facet in self.facets if facet.kind != "range"]
        bounded = [facet.name for facet in self.facets if facet.kind == "range"]
        numbers = filters[len(names) :]
        return expression(
            {name: keys or [] for name, keys in zip(names, filters, strict=False)},
            {
                name: (as_number(name, numbers[2 * i]), as_number(name, numbers[2 * i + 1]))
                for i, name in enumerate(bounded)
            },
            self.facets,
            typed or "",
        )

    def on_similar(self, language: Language, count: float, event: gr.EventData) -> Iterator[Sequence[Any]]:
        """Show documents similar to the one whose button was clicked."""
        yield from self._show(language, lambda: run_similar(self.served, str(event.id), int(count)))

    def on_near(self, language: Language, count: float, near: str) -> Iterator[Sequence[Any]]:
        """Show documents similar to one that was chosen in another tab."""
        if not near:
            yield [gr.skip() for _ in range(5)]
            return
        for shown in self._show(language, lambda: run_similar(self.served, near, int(count))):
            yield [gr.Tabs(selected="search"), "", *shown]

    def _show(self, language: Language, found: Callable[[], Shown]) -> Iterator[Sequence[Any]]:
        yield skeleton(language, SEARCH.loading), gr.update(visible=False), None
        try:
            shown = found()
        except Exception as error:
            yield failure(error, language), gr.update(visible=False), None
            return
        yield shown_html(shown, language), gr.update(visible=bool(shown.hits)), shown

    def on_example(self, event: gr.EventData) -> str:
        """Put the example into the box."""
        return str(event.text)

    def again(self, language: Language, shown: Shown | None) -> tuple[Markup, Markup]:
        """What is shown, in the language that was switched to."""
        html = start_html(language) if shown is None else shown_html(shown, language)
        return html, self.examples.html(language)


def start_html(language: Language) -> Markup:
    """What stands where results will be."""
    return notice(language, "empty", SEARCH.start_title, SEARCH.start_body)


def _file_of(kind: str) -> Any:
    def make(shown: Shown | None) -> dict[str, str]:
        hits = [] if shown is None else shown.hits
        about = "" if shown is None else shown.query or shown.near
        text = as_csv(hits, about) if kind == "csv" else as_jsonl(hits, about)
        return {"name": f"hits.{kind}", "text": text, "type": MEDIA_TYPES[kind]}

    return make


MEDIA_TYPES = {"csv": "text/csv;charset=utf-8", "jsonl": "application/x-ndjson;charset=utf-8"}
