"""Two questions in one get two answers, each with its own verdict and evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.qa.answerer import Answerer
from simengine.qa.two_parts import split_parts
from simengine.requests.ask import AnswerOptions
from simengine.types import Document
from tests.qa.fakes import Library, table


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How much is the tour and can I pay by card?",
            ["How much is the tour?", "Can I pay by card?"],
        ),
        (
            "How much does the tour cost? Is it in English?",
            ["How much does the tour cost?", "Is the tour in English?"],
        ),
        (
            "Is lunch served on Sundays, and is parking free?",
            ["Is lunch served on Sundays?", "Is parking free?"],
        ),
        ("门票多少钱，可以刷卡吗？", ["门票多少钱？", "门票可以刷卡吗？"]),
        ("周末开门吗？学生有没有优惠？", ["周末开门吗？", "学生有没有优惠？"]),
    ],
)
def test_each_part_is_a_question_of_its_own(question: str, parts: list[str]) -> None:
    assert split_parts(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "Can I bring a dog and a cat?",
        "Is it open on Saturdays and Sundays?",
        "When and where does the tour start?",
        "Who wrote it?",
        "带狗进去，可以吗？",
        "可以刷卡的，对吗？",
        "六岁以下的孩子，门票多少钱？",
        "",
    ],
)
def test_one_question_stays_whole(question: str) -> None:
    assert split_parts(question) == [question]


@given(st.text(max_size=60))
def test_any_text_has_at_least_one_part(text: str) -> None:
    assert all(isinstance(part, str) for part in split_parts(text))
    assert len(split_parts(text)) >= 1


def test_both_parts_are_answered_each_with_its_evidence() -> None:
    price, card = "How much is the tour?", "Can I pay by card?"
    documents = Document("price", "The tour is 12 euros."), Document("card", "We take cash only.")
    rules = (
        ("12 euros", price, "entailment"),
        ("cash only", card, "entailment"),
        ("cash only", "You can pay by card.", "contradiction"),
    )
    options = AnswerOptions(threshold=0.2)
    answerer = Answerer(Library(*documents), table(*rules), options=options)
    answer = answerer.ask("How much is the tour and can I pay by card?")
    assert [(part.question, part.verdict) for part in answer.parts] == [(price, "answer"), (card, "no")]
    assert [part.evidence.document_id for part in answer.parts if part.evidence] == ["price", "card"]
    assert answer.verdict == "answer"
    assert answer.text == "The tour is 12 euros. We take cash only."
    assert answer.probability == min(part.probability for part in answer.parts)


def test_a_part_that_nothing_answers_is_said_to_be_not_found() -> None:
    price = "How much is the tour?"
    library = Library(Document("price", "The tour is 12 euros."))
    answer = Answerer(library, table(("12", price, "entailment"))).ask(
        "How much is the tour? Is there a lift?"
    )
    assert [part.verdict for part in answer.parts] == ["answer", "not found"]
    nothing = Answerer(library, table()).ask("Is there a lift? Are there stairs?")
    assert (nothing.verdict, nothing.text, nothing.evidence) == ("not found", "", None)
