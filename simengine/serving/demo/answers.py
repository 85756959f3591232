"""Answers as HTML: verdict, answer, the evidence in its document; or that there is none, and what comes nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from simengine.serving.demo.cards import STANCE_SIGNS, card
from simengine.serving.demo.highlight import marked, shifted
from simengine.serving.demo.notices import notice
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.ask import ASK, VERDICT_NAMES
from simengine.serving.demo.strings.unknown import UNKNOWN
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
        text: of the document that the evidence stands in; "" where there is none.
        foreign: whether the judge hardly knows any characters of the question.
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


def conversation(turns: Sequence[Turn], language: Language) -> str:
    """HTML of a conversation, the newest turn first."""
    items = "".join(f"<li>{turn_html(turn, language)}</li>" for turn in reversed(turns))
    return f'<ol class="se-talk" reversed>{items}</ol>'


def turn_html(turn: Turn, language: Language) -> str:
    """HTML of a question and its answer."""
    answer = turn.answer
    lines = [question_html(turn.asked)]
    if answer.asked:
        lines.append(
            f'<p class="se-note">{escape(ASK.understood.of(language).format(question=answer.question))}</p>'
        )
    if answer.evidence is None:
        lines.append(_abstention(answer, language))
    else:
        lines.append(_answered(turn, answer.evidence, language))
    lines += [
        f'<p class="se-note">{escape(ASK.note.of(language).format(note=note))}</p>' for note in answer.notes
    ]
    if turn.foreign:
        lines.append(f'<p class="se-note">{escape(UNKNOWN.judge.of(language))}</p>')
    return f'<section class="se-turn">{"".join(lines)}</section>'


def question_html(question: str) -> str:
    """HTML of a question."""
    return f'<h3 class="se-question">{escape(question)}</h3>'


def _answered(turn: Turn, evidence: Evidence, language: Language) -> str:
    answer, kind = turn.answer, CLASSES[turn.answer.verdict]
    sure = ASK.probability if answer.calibrated else ASK.confidence
    figure = sure.of(language).format(value=f"{answer.probability:.2f}")
    verdict = f"{STANCE_SIGNS[kind]} {VERDICT_NAMES[answer.verdict].of(language)}"
    faq = f'<span class="se-chip">{escape(ASK.faq.of(language))}</span>' if answer.source == "faq" else ""
    return (
        f'<article class="se-card se-answer se-is-{kind}"><header>'
        f'<span class="se-chip se-{kind}">{escape(verdict)}</span>{faq}'
        f'<span class="se-figure">{escape(figure)}</span></header>'
        f'<p class="se-said">{escape(answer.text)}</p>'
        f"{_standing(evidence, turn.text, answer.span, kind, language)}"
        f"{_against(answer.against, language)}</article>"
    )


def _standing(evidence: Evidence, text: str, span: Span | None, kind: str, language: Language) -> str:
    title = evidence.title or evidence.document_id
    place = f'<p class="se-place">{escape(ASK.stands_in.of(language))} <b>{escape(title)}</b>'
    if evidence.title and evidence.title != evidence.document_id:
        place += f' <span class="se-chip se-id">{escape(evidence.document_id)}</span>'
    place += "</p>"
    if text[evidence.span.start : evidence.span.end] != evidence.text:  # the document was changed meanwhile
        return place + _quote(evidence.text, [], Span(0, len(evidence.text)), kind)
    window = around(text, evidence.span)
    words = [span] if span is not None and span != evidence.span else []
    inner = shifted([*words, evidence.span], window.start)
    html = place + _quote(text[window.start : window.end], inner[:-1], inner[-1], kind, (window, len(text)))
    return html if window == Span(0, len(text)) else html + _whole(text, words, evidence.span, kind, language)


def _quote(
    text: str, words: Sequence[Span], evidence: Span, kind: str, cut: tuple[Span, int] | None = None
) -> str:
    before = "… " if cut is not None and cut[0].start else ""
    after = " …" if cut is not None and cut[0].end < cut[1] else ""
    return f'<blockquote class="se-quote">{before}{marked(text, words, [evidence], kind)}{after}</blockquote>'


def _whole(text: str, words: Sequence[Span], evidence: Span, kind: str, language: Language) -> str:
    cut = ""
    if len(text) > WHOLE_CHARS:
        cut = f'<p class="se-note">{escape(ASK.cut.of(language).format(n=f"{WHOLE_CHARS:,}"))}</p>'
    return (
        f'<details class="se-whole"><summary>{escape(ASK.whole.of(language))}</summary>'
        f'<p class="se-passage">{marked(text[:WHOLE_CHARS], words, [evidence], kind)}</p>{cut}</details>'
    )


def _against(evidence: Evidence | None, language: Language) -> str:
    if evidence is None:
        return ""
    title = escape(evidence.title or evidence.document_id)
    quote = _quote(evidence.text, [], Span(0, len(evidence.text)), "contradicts")
    return f'<p class="se-place">{escape(ASK.against.of(language))}: <b>{title}</b></p>{quote}'


def _abstention(answer: Answer, language: Language) -> str:
    if not answer.nearest:
        return notice("none", ASK.abstain.of(language), ASK.abstain_empty.of(language))
    body = ASK.abstain_body.of(language).format(
        probability=f"{answer.probability:.2f}", threshold=f"{answer.threshold:.2f}"
    )
    near = "".join(
        f"<li>{card(hit, answer.question, language, similar=False)}</li>"
        for hit in answer.nearest[:N_NEAREST]
    )
    return (
        notice("none", ASK.abstain.of(language), body)
        + f'<ol class="se-hits" aria-label="{escape(ASK.nearest.of(language))}">{near}</ol>'
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
