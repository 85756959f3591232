"""What a question asks for, and the statement that "yes" would make, also in the tone of a chat."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.qa.asked import understand


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Hi, can I bring my bike?", "You can bring your bike."),
        ("hey do u deliver to Malta", "We deliver to Malta."),
        ("You take cheques, right?", "We take cheques."),
        ("It isn't open in August, is it?", "It is open in August."),
        ("You don't repair shoes, do you?", "We do repair shoes."),
        ("Can I pay in cash or not?", "You can pay in cash."),
        ("lunch included?", "Lunch is included."),
        ("cats allowed?", "Cats are allowed."),
        ("Any discount for nurses?", "There is some discount for nurses."),
        ("need a passport?", "You need a passport."),
        ("is it ok if i come late", "You may come late."),
        ("is it okay to bring a pram", "You can bring a pram."),
        ("am i allowed to smoke here", "You are allowed to smoke here."),
        ("Isn't the library open on Fridays?", "The library is open on Fridays."),
        ("Don't I need a helmet?", "You need a helmet."),
        ("Should the paint not be stirred?", "The paint should not be stirred."),
        ("do you know if the pool is heated?", "The pool is heated."),
        ("can you tell me whether parking is free", "Parking is free."),
        ("I was wondering if I could leave later", "You could leave later."),
        ("I lost my key last week. Can I get another one?", "You can get another one."),
        ("Is it true that boats no longer stop here?", "Boats no longer stop here."),
        ("the gym is open on sundays?", "The gym is open on sundays."),
        ("Will the season ticket renew by itself?", "The season ticket will renew by itself."),
        ("Is gift wrapping free?", "Gift wrapping is free."),
        ("Are failed jobs listed?", "Failed jobs are listed."),
        ("Do you have to book?", "You have to book."),
        ("Can you swim in the lake?", "You can swim in the lake."),
        ("Can you send it to me?", "We can send it to you."),
        ("Am I too old if I'm 70?", "You are too old if you are 70."),
        ("你们周末开门吗？", "周末开门。"),
        ("我可以带朋友来吗？", "可以带朋友来。"),
        ("是不是不能带行李？", "不能带行李。"),
        ("不能退吗？", "不能退。"),
        ("可以刷卡的，对吗？", "可以刷卡的。"),
        ("带猫进去，可以吗？", "带猫进去可以。"),
        ("难道要另外付费吗？", "要另外付费。"),
        ("押金退不退？", "押金退。"),
        ("需不需要护照？", "需要护照。"),
        ("允许不允许自带酒水？", "允许自带酒水。"),
        ("请问有没有停车位", "有停车位。"),
        ("它是不是可以折叠？", "它可以折叠。"),
        ("房間裡可以抽菸嗎？", "房間裡可以抽菸。"),
        ("月租包含水费没有？", "月租包含水费。"),
        ("超时会多收几十块钱吗？", "超时会多收几十块钱。"),
    ],
)
def test_a_question_for_yes_or_no_becomes_what_yes_would_say(question: str, statement: str) -> None:
    found = understand(question)
    assert (found.kind, found.statement) == ("yes/no", statement)


@pytest.mark.parametrize(
    "claim",
    ["The library is closed on Mondays.", "The seller shall be liable for delays", "会员卡不可以转让。"],
)
def test_a_statement_is_a_claim(claim: str) -> None:
    assert (understand(claim).kind, understand(claim).statement) == ("claim", claim)


@pytest.mark.parametrize(
    "question",
    [
        "could you tell me how long it takes?",
        "refund policy",
        "lru_cache",
        "What does lru_cache do?",
        "Tell me about the refund policy.",
        "how much is it",
        "Price?",
        "It is open until when?",
        "Is tea or coffee cheaper?",
        "费用是多少？",
        "你知道几点开门吗？",
        "是现金还是刷卡？",
        "收费标准",
    ],
)
def test_anything_else_has_no_statement(question: str) -> None:
    assert (understand(question).kind, understand(question).statement) == ("other", None)


@given(st.text(max_size=60))
def test_any_text_is_understood_somehow(text: str) -> None:
    found = understand(text)
    assert (found.statement is None) == (found.kind == "other")
