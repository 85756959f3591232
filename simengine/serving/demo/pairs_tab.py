"""The Pair scoring tab."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from simengine.errors import SimengineError
from simengine.requests.pairs import ExplainRequest, NLIRequest
from simengine.serving.demo.context import QUIET, DemoContext, area
from simengine.serving.demo.export import SAVE_FILE
from simengine.serving.demo.notices import failure, notice, shown, skeleton
from simengine.serving.demo.pairs_batch import (
    SUFFIXES,
    Columns,
    PairRow,
    as_csv,
    columns_of,
    progress_html,
    read_rows,
    score_rows,
    summary_html,
)
from simengine.serving.demo.pairs_html import ON_WORDS, Compared, compared_html
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language, Text
from simengine.serving.demo.strings.pairs import PAIRS
from simengine.text.checks import check_text

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

MAX_CHARS = 20_000
DRAWS = 8
"""Random orders of words that an explanation is compared with."""
EXAMPLES: tuple[tuple[Text, str, str], ...] = (
    (
        PAIRS.example_same,
        "The central bank raised its interest rate to slow inflation.",
        "To keep prices from rising, borrowing was made more expensive.",
    ),
    (PAIRS.example_against, "A man is playing a guitar on stage.", "Nobody is playing a guitar."),
    (PAIRS.example_apart, "Cats purr when they are content.", "A dog barks at the stranger."),
    (PAIRS.example_chinese, "猫喜欢在阳光下睡觉。", "小猫正在太阳下面睡觉。"),
)


class PairsTab:
    """The components of the tab, and what they do.

    Args:
        context: of the page.
    """

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        self._texts()
        self.result = area("se-pair-result", start_html("en"), ON_WORDS)
        self._file()
        self.shown = gr.State(None)
        self.rows = gr.State(None)
        self._events()

    # -- components ------------------------------------------------------------------------------------------

    def _texts(self) -> None:
        context = self.context
        with gr.Row(elem_id="se-pair-texts", equal_height=True):
            texts = (("se-text1", PAIRS.text1, PAIRS.hint1), ("se-text2", PAIRS.text2, PAIRS.hint2))
            self.boxes = [
                context.textbox(elem_id, label, hint, lines=3, max_lines=12, min_width=280)
                for elem_id, label, hint in texts
            ]
        with gr.Row(elem_id="se-pair-row"):
            self.go = context.button("se-pair-go", PAIRS.go, min_width=130, variant="primary")
            self.swap = context.button("se-pair-swap", PAIRS.swap, min_width=100)
            self.tried = area("se-pair-examples", examples_html("en"), ON_EXAMPLE)

    def _file(self) -> None:
        context = self.context
        with context.localise(gr.Accordion(open=False, elem_id="se-batch"), {"label": PAIRS.batch}):
            file = gr.File(
                file_types=list(SUFFIXES), file_count="single", height=130, elem_id="se-batch-file"
            )
            self.file = context.localise(file, {"label": PAIRS.file})
            with gr.Row():
                self.columns = [
                    context.localise(
                        gr.Dropdown([], value=None, allow_custom_value=True, elem_id=elem_id),
                        {"label": label, "info": PAIRS.column_info},
                    )
                    for elem_id, label in (
                        ("se-batch-column1", PAIRS.column1),
                        ("se-batch-column2", PAIRS.column2),
                    )
                ]
                self.inference = context.switch(
                    "se-batch-nli", PAIRS.with_inference, PAIRS.with_inference_info
                )
            with gr.Row():
                self.run = context.button("se-batch-go", PAIRS.run, min_width=150, variant="primary")
                self.stop = context.button("se-batch-stop", PAIRS.stop, min_width=90, visible=False)
            self.outcome = area("se-batch-result")
            self.download = gr.JSON(visible=False)
            self.save = context.button(
                "se-batch-csv", PAIRS.download, min_width=150, size="sm", visible=False
            )

    # -- events ----------------------------------------------------------------------------------------------

    def _events(self) -> None:
        context = self.context
        language = context.language
        inputs, outputs = [language, *self.boxes], [self.result, self.shown]
        self.go.click(self.compare, inputs, outputs, **QUIET)
        self.swap.click(lambda one, two: (two, one), self.boxes, self.boxes, **QUIET)
        self.tried.example(self.on_example, None, self.boxes, **QUIET).then(
            self.compare, inputs, outputs, **QUIET
        )
        context.on_language(self.again, [self.shown], [self.result, self.tried])
        inputs = [language, self.file, *self.columns, self.inference]
        outputs = [self.outcome, self.rows, self.stop, self.save]
        running = self.run.click(self.score_file, inputs, outputs, concurrency_limit=2, **QUIET)
        self.file.change(self.offer_columns, [self.file], self.columns, **QUIET)
        self.stop.click(self.stopped, [language], outputs, cancels=[running], **QUIET)
        self.save.click(self.csv_file, [self.rows], [self.download], **QUIET).then(
            None, [self.download], None, js=SAVE_FILE
        )

    def compare(self, language: Language, text1: str, text2: str) -> Iterator[tuple[Markup, Compared | None]]:
        """Score and explain the two texts, with a skeleton shown meanwhile."""
        one, two = (text1 or "").strip(), (text2 or "").strip()
        if not one or not two:
            yield notice(language, "empty", PAIRS.blank_title, PAIRS.blank_body), None
            return
        longest = max(len(one), len(two))
        if longest > MAX_CHARS:
            body = PAIRS.too_long.filled({"n": f"{longest:,}", "most": f"{MAX_CHARS:,}"})
            yield notice(language, "error", PAIRS.too_long_title, body), None
            return
        yield skeleton(language, PAIRS.loading, 2), None
        try:
            check_text(one, "first text")
            check_text(two, "second text")
            pair = compare_texts(self.served, one, two)
        except Exception as error:
            yield failure(error, language), None
            return
        yield compared_html(pair, language), pair

    def on_example(self, event: gr.EventData) -> tuple[str, str]:
        """Put an example into the boxes."""
        place = int(event.place)
        _, one, two = EXAMPLES[place if 0 <= place < len(EXAMPLES) else 0]
        return one, two

    def again(self, language: Language, pair: Compared | None) -> tuple[Markup, Markup]:
        """What is shown, in the language that was switched to."""
        html = start_html(language) if pair is None else compared_html(pair, language)
        return html, examples_html(language)

    def offer_columns(self, path: str | None) -> Sequence[Any]:
        """The columns of the file to pick from, those with usual names picked already."""
        found = columns_of(path) if path else Columns()
        first, second = found.texts or (None, None)
        return [gr.update(choices=list(found.names), value=value) for value in (first, second)]

    def score_file(
        self, language: Language, path: str | None, column1: str | None, column2: str | None, inference: bool
    ) -> Iterator[Sequence[Any]]:
        """Score a file's pairs, with a progress bar shown meanwhile."""
        hidden = gr.update(visible=False)
        if not path:
            yield notice(language, "empty", PAIRS.no_file_title, PAIRS.no_file_body), None, hidden, hidden
            return
        start = time.perf_counter()
        try:
            rows = read_rows(path, (column1, column2))
            n = sum(not row.problem for row in rows)
            yield progress_html(0, n, language), None, gr.update(visible=True), hidden
            done: list[PairRow] = []
            for count, scored in score_rows(self.served, rows, inference=inference):
                done = scored
                yield progress_html(count, n, language), None, gr.update(visible=True), hidden
        except Exception as error:
            yield failure(error, language), None, hidden, hidden
            return
        html = summary_html(done, time.perf_counter() - start, language)
        yield html, done, hidden, gr.update(visible=True)

    def stopped(self, language: Language) -> Sequence[Any]:
        """The person stopped it."""
        hidden = gr.update(visible=False)
        return notice(language, "note", PAIRS.stopped), None, hidden, hidden

    def csv_file(self, rows: list[PairRow] | None) -> dict[str, str]:
        """The result as a file for the browser to save."""
        return {"name": "pairs.csv", "text": as_csv(rows or []), "type": "text/csv;charset=utf-8"}


def compare_texts(served: ServedIndex, text1: str, text2: str) -> Compared:
    """Score and explain two texts.

    Args:
        served: the index: its encoder, its NLI model, and its cross-encoder for graded similarity, if there is one.
        text1, text2: not blank.

    Raises:
        SimengineError: the encoder cannot be loaded. A cross-encoder that cannot is the result's `problem`.
    """
    explanation = served.engine.run(ExplainRequest(text1, text2, draws=DRAWS))
    pair, score = (text1, text2), None
    told_apart = served.engine.score(text1, text2).told_apart
    try:
        graded, reranker = served.models.similarity(), served.models.judge()
        if graded is None and reranker.kind != "nli":
            graded = reranker
        if graded is not None:
            score = graded.name, float(graded.judge([pair]).relevance[0])
        request = NLIRequest((pair, pair[::-1]), evidence=False)
        verdicts, notes = served.engine.run(request), served.engine.notes(request)
    except SimengineError as error:  # the similarity and the words are there all the same
        return Compared(explanation, graded=score, problem=shown(error), told_apart=told_apart)
    return Compared(
        explanation,
        verdicts[0],
        verdicts[1],
        score,
        unknown=bool(notes),
        told_apart=told_apart,
    )


def start_html(language: Language) -> Markup:
    """What stands where the result will be."""
    return notice(language, "empty", PAIRS.start_title, PAIRS.start_body)


def examples_html(language: Language) -> Markup:
    """Buttons that fill both boxes."""
    examples = [("place", place, name) for place, (name, _, _) in enumerate(EXAMPLES)]
    return render("examples", language, {"examples": examples})


ON_EXAMPLE = """element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-place]');
    if (button) trigger('example', {place: Number(button.dataset.place)});
});"""
