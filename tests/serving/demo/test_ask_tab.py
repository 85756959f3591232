"""Answers as HTML: the evidence in its document, abstention with the nearest, nothing of a document as HTML."""

from __future__ import annotations

from simengine.serving.demo.ask_tab import Turn, conversation
from simengine.serving.demo.strings import Language
from simengine.types import Answer, Evidence, Hit, Judgement, Passage, Span
from tests.serving.demo.test_cards import EVIL, Reader

TEXT = "The tower was built in 1889. It is 300 metres high."


def turn_html(turn: Turn, language: Language) -> str:
    return conversation([turn], language)


def answer(**changes: object) -> Answer:
    fields: dict = {
        "question": "When was the tower built?",
        "verdict": "answer",
        "text": "The tower was built in 1889.",
        "evidence": Evidence("tower", "The tower", Span(0, 28), TEXT[:28]),
        "probability": 0.912,
        "calibrated": False,
        "threshold": 0.5,
        "source": "passage",
        "nearest": [],
        "scores": {},
    }
    return Answer(**{**fields, **changes})


def test_the_evidence_is_marked_within_its_document():
    html = turn_html(Turn("When?", answer(), TEXT), "en")
    assert '<span class="se-evidence se-supports">The tower was built in 1889.</span> It is 300' in html
    for part in ("✓ answer", "confidence 0.91, uncalibrated", "Found in The tower"):
        assert part in Reader(html).text


def test_words_that_answer_are_marked_within_the_evidence():
    html = turn_html(Turn("When?", answer(text="1889", span=Span(23, 27)), TEXT), "en")
    assert "built in <mark>1889</mark>.</span>" in html


def test_a_calibrated_answer_has_a_probability():
    assert "probability 0.91" in turn_html(Turn("When?", answer(calibrated=True), TEXT), "en")
    assert "概率 0.91" in turn_html(Turn("When?", answer(calibrated=True), TEXT), "zh")


def test_a_document_that_changed_meanwhile_shows_the_evidence_alone():
    html = turn_html(Turn("When?", answer(), "another text"), "en")
    assert "another" not in html
    assert '<span class="se-evidence se-supports">The tower was built in 1889.</span>' in html


def test_a_long_document_is_cut_around_the_evidence_and_shown_whole_on_a_click():
    long = "Before. " * 200 + TEXT + " After." * 200
    at = long.index("The tower")
    evidence = Evidence("tower", "", Span(at, at + 28), TEXT[:28])
    html = turn_html(Turn("When?", answer(evidence=evidence), long), "en")
    quote, whole = html.split("<details")
    assert len(quote) < 1_500
    assert "Full document" in whole
    assert "… Before. " in quote


def test_what_speaks_against_an_answer_is_shown():
    against = Evidence("other", "Other", Span(0, 5), "Never")
    html = turn_html(Turn("When?", answer(verdict="no", against=against, sure=False), TEXT), "en")
    assert "not sure: no" in Reader(html).text
    assert "Another passage disagrees: Other" in Reader(html).text
    assert '<span class="se-evidence se-contradicts">Never</span>' in html


def test_an_abstention_names_the_threshold_and_the_nearest():
    hit = Hit("a", 0.5, 1, "", Passage(0, 4, "Near"), {}, {}, Judgement(0.1))
    nothing = answer(verdict="not found", text="", evidence=None, probability=0.031, nearest=[hit])
    read = Reader(turn_html(Turn("What?", nothing, ""), "en"))
    assert "Not found in the index" in read.text
    assert "scored 0.03; an answer needs 0.50" in read.text
    assert "Near" in read.text
    assert not any("data-similar" in attributes for _, attributes in read.tags)


def test_an_empty_index_has_nothing_near():
    nothing = answer(verdict="not found", text="", evidence=None, probability=0.0)
    assert "No passage comes close" in turn_html(Turn("What?", nothing, ""), "en")


def test_a_follow_up_says_how_it_was_understood_and_the_newest_comes_first():
    turns = [
        Turn("one?", answer(), TEXT),
        Turn("two?", answer(asked="two?", question="two in full?"), TEXT, True),
    ]
    read = Reader(conversation(turns, "en"))
    assert "Understood as: two in full?" in read.text
    assert "The cross-encoder does not know these characters" in read.text
    assert read.text.index("two?") < read.text.index("one?")


def test_nothing_of_a_document_or_a_question_becomes_html():
    evil = answer(
        question=EVIL,
        asked=EVIL,
        text=EVIL,
        evidence=Evidence(EVIL, EVIL, Span(0, len(EVIL)), EVIL),
        against=Evidence(EVIL, EVIL, Span(0, 3), EVIL),
        notes=(EVIL,),
    )
    read = Reader(turn_html(Turn(EVIL, evil, EVIL), "en"))
    assert not {tag for tag, _ in read.tags} & {"img", "script"}
    assert read.text.count(EVIL) >= 6


def test_an_answer_that_was_calculated_shows_how():
    html = turn_html(Turn("How much?", answer(text="135 euros", calculation="3 × 45 = 135"), TEXT), "en")
    assert "Calculated: 3 × 45 = 135" in Reader(html).text
    assert "计算：3 × 45 = 135" in turn_html(Turn("?", answer(calculation="3 × 45 = 135"), TEXT), "zh")


def test_the_questions_of_one_are_answered_one_by_one():
    yes = answer(question="Is it high?", verdict="yes")
    nothing = answer(question="Is it red?", verdict="not found", text="", evidence=None)
    whole = answer(question="Is it high and is it red?", parts=(yes, nothing))
    parts = (Turn("Is it high?", yes, TEXT), Turn("Is it red?", nothing, ""))
    read = Reader(turn_html(Turn("Is it high and is it red?", whole, TEXT, parts=parts), "en"))
    for told in ("Is it high?", "✓ yes", "Is it red?", "Not found in the index"):
        assert told in read.text
