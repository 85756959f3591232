"""The Ask tab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from simengine.serving.demo.answers import Turn, conversation, take_turn
from simengine.serving.demo.cards import ON_SIMILAR
from simengine.serving.demo.context import DemoContext
from simengine.serving.demo.examples import example_buttons, example_questions, in_language, sample_documents
from simengine.serving.demo.notices import failure, notice
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import LANGUAGES, Language
from simengine.serving.demo.strings.ask import ASK
from simengine.text.checks import check_text

N_EXAMPLES = 3
MOST_TURNS = 50


class AskTab:
    """The components of the tab, and what they do."""

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        documents = sample_documents(self.served.engine.path)
        self.examples = {
            each: example_questions(in_language(documents, each), N_EXAMPLES) for _, each in LANGUAGES
        }
        with gr.Row(elem_classes="se-ask-row", equal_height=True):
            self.question = context.localise(
                gr.Textbox(lines=1, max_lines=1, elem_id="se-question", scale=5, max_length=20_000),
                {"label": ASK.question, "placeholder": ASK.question_hint},
            )
            self.go = context.localise(
                gr.Button(variant="primary", scale=0, min_width=112, elem_id="se-ask-go"), {"value": ASK.go}
            )
        self.tried = gr.HTML(
            self.examples_html("en"),
            js_on_load=ON_SIMILAR,
            apply_default_css=False,
            elem_id="se-ask-examples",
        )
        self.talk = gr.HTML(start_html("en"), js_on_load=None, apply_default_css=False, elem_id="se-answers")
        self.new = context.localise(
            gr.Button(size="sm", scale=0, min_width=160, visible=False, elem_id="se-new"), {"value": ASK.new}
        )
        self.turns = gr.State([])
        self._events()

    def _events(self) -> None:
        context = self.context
        inputs = [context.language, self.question, self.turns]
        outputs = [self.talk, self.turns, self.question, self.new]
        for listen in (self.go.click, self.question.submit):
            listen(self.ask, inputs, outputs, show_progress="hidden")
        self.tried.example(self.on_example, None, [self.question], show_progress="hidden").then(
            self.ask, inputs, outputs, show_progress="hidden"
        )
        self.new.click(self.forget, [context.language], outputs, show_progress="hidden")
        context.on_language(self.again, [self.turns], [self.talk, self.tried])

    def ask(self, language: Language, question: str, turns: Sequence[Turn]) -> Iterator[Sequence[Any]]:
        """Answer, with a skeleton shown meanwhile; a question that fails stays in its box."""
        question = (question or "").strip()
        earlier = conversation(turns, language) if turns else Markup()
        if not question:
            asked = notice(language, "empty", ASK.blank_title, ASK.blank_body)
            yield asked + earlier, gr.skip(), gr.skip(), gr.skip()
            return
        try:
            check_text(question, "question")
            pending = render("pending", language, {"question": question, "label": ASK.loading, "n": 1})
            yield pending + earlier, gr.skip(), gr.skip(), gr.skip()
            turn = take_turn(self.served, question, turns)
        except Exception as error:
            yield failure(error, language) + earlier, gr.skip(), gr.skip(), gr.skip()
            return
        kept = [*turns, turn][-MOST_TURNS:]
        yield conversation(kept, language), kept, "", gr.update(visible=True)

    def forget(self, language: Language) -> Sequence[Any]:
        """Begin anew."""
        return start_html(language), [], "", gr.update(visible=False)

    def on_example(self, event: gr.EventData) -> str:
        """Put the example into the box."""
        return str(event.text)

    def again(self, language: Language, turns: Sequence[Turn]) -> tuple[Markup, Markup]:
        """What is shown, in the language that was switched to."""
        html = conversation(turns, language) if turns else start_html(language)
        return html, self.examples_html(language)

    def examples_html(self, language: Language) -> Markup:
        """The example questions."""
        return example_buttons(self.examples[language], language)


def build_ask_tab(context: DemoContext) -> None:
    """Build the tab within the page that is being built."""
    AskTab(context)


def start_html(language: Language) -> Markup:
    """What stands where answers will be."""
    return notice(language, "empty", ASK.start_title, ASK.start_body)
