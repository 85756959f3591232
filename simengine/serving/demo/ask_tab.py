"""The Ask tab: a conversation of questions and answers, each with its evidence in its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from simengine.requests.ask import AskRequest
from simengine.serving.demo.cards import ON_SIMILAR, cards
from simengine.serving.demo.context import QUIET, DemoContext, area
from simengine.serving.demo.examples import Examples, example_questions
from simengine.serving.demo.highlight import Excerpt, around, excerpt, marked
from simengine.serving.demo.notices import failure, notice
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.ask import ASK
from simengine.text.checks import check_text
from simengine.types import Answer, Evidence, Span

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

N_EXAMPLES = 3
MOST_TURNS = 50
AROUND_CHARS = 280
WHOLE_CHARS = 20_000
N_NEAREST = 3
CLASSES = {
    "supported": "supports",
    "yes": "supports",
    "answer": "supports",
    "contradicted": "contradicts",
    "no": "contradicts",
    "not found": "neutral",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation with its answer.

    Attributes:
        asked: as typed.
        answer: see `Answer`.
        text: of the document with the evidence; "" without one.
        foreign: the cross-encoder knows hardly any characters of the question.
        parts: the answers to the questions that it consists of, each as a turn.
    """

    asked: str
    answer: Answer
    text: str
    foreign: bool = False
    parts: tuple[Turn, ...] = ()


def take_turn(served: ServedIndex, question: str, turns: Sequence[Turn]) -> Turn:
    """Answer a question with those before it as its history.

    Raises:
        SimengineError: as `Engine.ask`.
    """
    history = (turns[-1].answer.question,) if turns else ()
    request = AskRequest(questions=(question,), history=history)
    (answer,) = served.engine.run(request)
    text = _text_of(served, answer)
    parts = tuple(Turn(part.question, part, _text_of(served, part)) for part in answer.parts)
    foreign = any(note.source == "nli" for note in served.engine.notes(request))
    return Turn(question, answer, text, foreign, parts)


def _text_of(served: ServedIndex, answer: Answer) -> str:
    """The text of the document with the evidence; "" without one."""
    if answer.evidence is None:
        return ""
    document = served.engine.get(answer.evidence.document_id)
    return "" if document is None else document.text


class AskTab:
    """The components of the tab, and what they do."""

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        self.examples = Examples(self.served.engine.path, example_questions, N_EXAMPLES)
        with gr.Row(elem_classes="se-ask-row", equal_height=True):
            self.question = context.textbox(
                "se-question", ASK.question, ASK.question_hint, scale=5, max_length=20_000
            )
            self.go = context.button("se-ask-go", ASK.go, min_width=112, variant="primary")
        self.tried = area("se-ask-examples", self.examples.html("en"), ON_SIMILAR)
        self.talk = area("se-answers", start_html("en"))
        self.new = context.button("se-new", ASK.new, min_width=160, size="sm", visible=False)
        self.turns = gr.State([])
        self._events()

    def _events(self) -> None:
        context = self.context
        inputs = [context.language, self.question, self.turns]
        outputs = [self.talk, self.turns, self.question, self.new]
        for listen in (self.go.click, self.question.submit):
            listen(self.ask, inputs, outputs, **QUIET)
        self.tried.example(self.on_example, None, [self.question], **QUIET).then(
            self.ask, inputs, outputs, **QUIET
        )
        self.new.click(self.forget, [context.language], outputs, **QUIET)
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
        return html, self.examples.html(language)


def start_html(language: Language) -> Markup:
    """What stands where answers will be."""
    return notice(language, "empty", ASK.start_title, ASK.start_body)


def conversation(turns: Sequence[Turn], language: Language) -> Markup:
    """HTML of a conversation, the newest turn first."""
    return render("answers", language, {"turns": [_turn(turn, language) for turn in reversed(turns)]})


def _turn(turn: Turn, language: Language) -> dict[str, Any]:
    told = [_told(part, language) for part in turn.parts or (turn,)]
    return {"turn": turn, "told": told}


def _told(turn: Turn, language: Language) -> dict[str, Any]:
    answer = turn.answer
    if answer.evidence is None:
        return {"answer": answer, "abstention": _abstention(answer, language)}
    kind = CLASSES[answer.verdict] if answer.sure else "neutral"
    return {
        "answer": answer,
        "kind": kind,
        "excerpt": _standing(answer.evidence, turn.text, answer.span, kind),
        "cut": WHOLE_CHARS if len(turn.text) > WHOLE_CHARS else None,
        "against": None if answer.against is None else _all_marked(answer.against, "contradicts"),
    }


def _standing(evidence: Evidence, text: str, span: Span | None, kind: str) -> Excerpt:
    """The evidence with the text around it; alone where the document was changed meanwhile."""
    if text[evidence.span.start : evidence.span.end] != evidence.text:
        return Excerpt(_all_marked(evidence, kind))
    words = [span] if span is not None and span != evidence.span else []
    return excerpt(text, around(text, evidence.span, AROUND_CHARS), words, [evidence.span], kind, WHOLE_CHARS)


def _all_marked(evidence: Evidence, kind: str) -> Markup:
    return marked(evidence.text, [], [Span(0, len(evidence.text))], kind)


def _abstention(answer: Answer, language: Language) -> Markup:
    if not answer.nearest:
        return notice(language, "none", ASK.abstain, ASK.abstain_empty)
    figures = {"probability": f"{answer.probability:.2f}", "threshold": f"{answer.threshold:.2f}"}
    nearest = answer.nearest[:N_NEAREST]
    return notice(language, "none", ASK.abstain, ASK.abstain_body.filled(figures)) + cards(
        nearest, answer.question, language, similar=False, label=ASK.nearest
    )
