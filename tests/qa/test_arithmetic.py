"""Answers calculated from quantities of the evidence, and none where one is not certain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.qa.answerer import Answerer
from simengine.qa.arithmetic import calculate
from simengine.requests.ask import AnswerOptions
from simengine.types import Document
from tests.qa.fakes import Library, table

RENTS = ("Rent is 900 euros a month.", "租金每月1800元。")


@pytest.mark.parametrize(
    ("question", "evidence", "text", "shown"),
    [
        ("How much do 3 nights cost?", "A double room is 45 euros a night.", "135 euros", "3 × 45 = 135"),
        ("What would four people pay?", "Entry costs £12 per person.", "£48", "4 × 12 = 48"),
        ("How much is it for two children?", "Each child pays $5.50.", "$11", "2 × 5.50 = 11"),
        (
            "How long is the shop open on Fridays?",
            "On Fridays we open from 9:00 to 17:30.",
            "8 hours 30 minutes",
            "9:00 – 17:30 = 8 hours 30 minutes",
        ),
        (
            "I bought it on 3 May, until when can I return it?",
            "Items can be returned within 30 days.",
            "2 June",
            "3 May + 30 days = 2 June",
        ),
        ("How much is the deposit?", "The deposit is two months' rent.", "1,800 euros", "2 × 900 = 1,800"),
        (
            "What do the bike and the helmet cost in total?",
            "A bike costs 20 euros, a helmet costs 5 euros.",
            "25 euros",
            "20 + 5 = 25",
        ),
        ("住3晚要多少钱？", "房价每晚三百二十元。", "960元", "3 × 320 = 960"),
        ("四个人一共多少钱？", "门票每人35元。", "140元", "4 × 35 = 140"),
        ("一天营业多长时间？", "营业时间8:30至17:00。", "8 小时 30 分钟", "8:30 – 17:00 = 8 小时 30 分钟"),
        ("我5月3日买的，最晚哪天能退？", "三十天内可以退货。", "6月2日", "5月3日 + 30 天 = 6月2日"),
        ("押金是多少钱？", "押金为两个月租金。", "3,600元", "2 × 1,800 = 3,600"),
        ("雨伞和雨衣一共多少钱？", "雨伞二十元，雨衣三十五元。", "55元", "20 + 35 = 55"),
    ],
)
def test_what_the_evidence_allows_is_calculated(question: str, evidence: str, text: str, shown: str) -> None:
    found = calculate(question, evidence, RENTS[:1] if question.isascii() else RENTS[1:])
    assert found is not None
    assert (found.text, found.shown) == (text, shown)


@pytest.mark.parametrize(
    ("question", "evidence"),
    [
        ("How much does it cost?", "Entry costs £12 per person."),
        ("How much do 3 nights cost?", "A room is 45 euros a week."),
        ("How much do 3 nights cost?", "A room is 45 to 60 euros a night."),
        ("How much do 3 nights cost?", "A room is at least 45 euros a night."),
        ("What do 3 people pay for 2 nights?", "Rooms cost 45 euros, breakfast 5 euros a night."),
        ("I bought it on 3 May, until when can I return it?", "Returns are taken within 14 working days."),
        ("I bought it on 20 February, by when must I return it?", "Return it within 30 days."),
        ("How much is the deposit?", "The deposit is 300 euros."),
        ("How long is it open?", "It opens at 9:00."),
        ("How much is the parking?", "The deposit is at least two months' rent."),
    ],
)
def test_in_doubt_nothing_is_calculated(question: str, evidence: str) -> None:
    assert calculate(question, evidence) is None


@given(st.text(max_size=50), st.text(max_size=50))
def test_any_two_texts_give_a_calculation_or_none(question: str, evidence: str) -> None:
    found = calculate(question, evidence, [evidence])
    assert found is None or (found.text and found.shown)


def test_the_answer_shows_the_calculation_beside_its_evidence() -> None:
    question = "How much do 3 nights cost?"
    library = Library(Document("room", "The house is old. Rooms cost 45 euros per night."))
    options = AnswerOptions(threshold=0.2)
    answer = Answerer(library, table(("45", question, "entailment")), options=options).ask(question)
    assert (answer.verdict, answer.text, answer.span) == ("answer", "135 euros", None)
    assert answer.calculation == "3 × 45 = 135"
    assert answer.evidence is not None
    assert answer.evidence.text == "Rooms cost 45 euros per night."
