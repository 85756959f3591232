"""Answers as HTML: verdict, answer and its evidence; or that nothing was found, and the closest passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from simengine.serving.demo.cards import cards
from simengine.serving.demo.highlight import Excerpt, excerpt, marked
from simengine.serving.demo.notices import notice
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.ask import ASK
from simengine.types import Answer, Evidence, Span

if TYPE_CHECKING:
    from simengine.serving.served import ServedIndex

AROUND_CHARS = 280
WHOLE_CHARS = 20_000
N_NEAREST = 3
CLASSES = {"supported": "supports", "contradicted": "contradicts", "not found": "neutral"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation with its answer.

    Attributes:
        asked: as typed.
        answer: see `Answer`.
        text: of the document with the evidence; "" without one.
        foreign: the cross-encoder knows hardly any characters of the question.
    """

    asked: str
    answer: Answer
    text: str
    foreign: bool = False


def take_turn(served: ServedIndex, question: str, turns: Sequence[Turn]) -> Turn:
    """Answer a question with those before it as its history.

    Raises:
        SimengineError: as `ServedIndex.ask`.
    """
    answer = served.ask(question, [turns[-1].answer.question] if turns else [])
    text = ""
    if answer.evidence is not None:
        document = served.get(answer.evidence.document_id)
        text = "" if document is None else document.text
    foreign = bool(served.notes([], judged=[question]))
    return Turn(question, answer, text, foreign)


def conversation(turns: Sequence[Turn], language: Language) -> Markup:
    """HTML of a conversation, the newest turn first."""
    return render("answers", language, {"turns": [_turn(turn, language) for turn in reversed(turns)]})


def _turn(turn: Turn, language: Language) -> dict[str, Any]:
    answer, kind = turn.answer, CLASSES[turn.answer.verdict]
    if answer.evidence is None:
        return {"turn": turn, "abstention": _abstention(answer, language)}
    return {
        "turn": turn,
        "kind": kind,
        "excerpt": _standing(answer.evidence, turn.text, answer.span, kind),
        "cut": WHOLE_CHARS if len(turn.text) > WHOLE_CHARS else None,
        "against": answer.against
        and marked(answer.against.text, [], [_all_of(answer.against)], "contradicts"),
    }


def _standing(evidence: Evidence, text: str, span: Span | None, kind: str) -> Excerpt:
    """The evidence with the text around it; alone where the document was changed meanwhile."""
    if text[evidence.span.start : evidence.span.end] != evidence.text:
        return Excerpt(marked(evidence.text, [], [_all_of(evidence)], kind))
    words = [span] if span is not None and span != evidence.span else []
    return excerpt(text, around(text, evidence.span), words, [evidence.span], kind, WHOLE_CHARS)


def _all_of(evidence: Evidence) -> Span:
    return Span(0, len(evidence.text))


def _abstention(answer: Answer, language: Language) -> Markup:
    if not answer.nearest:
        return notice(language, "none", ASK.abstain, ASK.abstain_empty)
    figures = {"probability": f"{answer.probability:.2f}", "threshold": f"{answer.threshold:.2f}"}
    nearest = answer.nearest[:N_NEAREST]
    return notice(language, "none", ASK.abstain, ASK.abstain_body.filled(figures)) + cards(
        nearest, answer.question, language, similar=False, label=ASK.nearest
    )


def around(text: str, span: Span) -> Span:
    """The span with some text on both sides, cut at white space where there is some nearby."""
    start, end = max(span.start - AROUND_CHARS, 0), min(span.end + AROUND_CHARS, len(text))
    if start > 0:
        space = text.find(" ", start, min(start + 40, span.start))
        start = start if space < 0 else space + 1
    if end < len(text):
        space = text.rfind(" ", max(end - 40, span.end), end)
        end = end if space < 0 else space
    return Span(start, end)
