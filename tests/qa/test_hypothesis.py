"""Questions and answers as statements, in English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.qa.hypothesis import question_and_answer, statement, subject, yes_statement


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Who painted the Mona Lisa?", "Leonardo da Vinci", "Leonardo da Vinci painted the Mona Lisa."),
        ("What is the capital of France?", "Paris", "The capital of France is Paris."),
        ("Who was the Norse leader?", "Rollo", "The Norse leader was Rollo."),
        ("When did World War II end?", "1945", "World War II did end in 1945."),
        ("When did World War II end?", "in 1945", "World War II did end in 1945."),
        ("When does the shop open?", "on Monday", "The shop opens on Monday."),
        ("In what country is Normandy located?", "France", "Normandy is located in France."),
        ("Normandy is in which country?", "France", "Normandy is in France."),
        ("How many moons does Mars have?", "two", "Mars has two moons."),
        ("How many moons does Mars have?", "two moons", "Mars has two moons."),
        ("How many people died in the flood?", "300", "300 people died in the flood."),
        ("How old is the universe?", "13.8 billion years", "The universe is 13.8 billion years old."),
        ("How long does shipping to Canada take?", "five days", "Shipping to Canada takes five days."),
        ("What year was Einstein born?", "1879", "Einstein was born in 1879."),
        (
            "Why did the Roman Empire fall?",
            "it was attacked",
            "The Roman Empire did fall because it was attacked.",
        ),
        ("To whom did Rollo swear fealty?", "Charles", "Rollo did swear fealty to Charles."),
        ("What is aspirin used for?", "pain", "Aspirin is used for pain."),
        ("Who was killed in Dallas?", "Kennedy", "Kennedy was killed in Dallas."),
        ("Which country won the cup?", "Brazil", "Brazil won the cup."),
        (
            "Which European country did Napoleon invade in 1812?",
            "Russia",
            "Napoleon did invade Russia in 1812.",
        ),
        (
            "According to the report, who won the cup?",
            "Brazil",
            "According to the report, Brazil won the cup.",
        ),
        ("Where was the treaty signed?", "Versailles", "The treaty was signed in Versailles."),
    ],
)
def test_english_question_and_answer_become_a_statement(question: str, answer: str, expected: str) -> None:
    assert statement(question, answer) == expected


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("法国的首都是哪里？", "巴黎", "法国的首都是巴黎。"),
        ("谁画了蒙娜丽莎？", "达芬奇", "达芬奇画了蒙娜丽莎。"),
        ("火星有多少颗卫星？", "两颗", "火星有两颗卫星。"),
        ("他有几个孩子？", "三个孩子", "他有三个孩子。"),
        ("他来自哪个国家？", "法国", "他来自法国。"),
        ("什么时候开门？", "早上九点", "早上九点开门。"),
        ("为什么天空是蓝色的？", "因为散射", "天空是蓝色的，因为散射。"),
        ("这座桥有多长？", "三公里", "这座桥有三公里。"),
    ],
)
def test_in_chinese_the_answer_takes_the_place_of_the_question_word(
    question: str, answer: str, expected: str
) -> None:
    assert statement(question, answer) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is the moon made of cheese?", "The moon is made of cheese."),
        ("Does aspirin thin the blood?", "Aspirin thins the blood."),
        ("Do cats purr?", "Cats purr."),
        ("Did Einstein win the Nobel Prize?", "Einstein did win the Nobel Prize."),
        ("Can I return an opened item?", "I can return an opened item."),
        ("Was Napoleon Bonaparte born in Corsica?", "Napoleon Bonaparte was born in Corsica."),
        ("Isn't the old man happy?", "The old man is happy."),
        ("Are there side effects?", "There are side effects."),
        ("Has the Prime Minister of Japan resigned?", "The Prime Minister of Japan has resigned."),
        ("Is New York City bigger than Rome?", "New York City is bigger than Rome."),
        ("Can the virus be transmitted through food?", "The virus can be transmitted through food."),
        ("你们周末开门吗？", "你们周末开门。"),
        ("他是不是医生？", "他是医生。"),
        ("有没有折扣？", "有折扣。"),
        ("能不能刷卡", "能刷卡。"),
        ("是否支持退款？", "支持退款。"),
        ("地球是圆的吧？", "地球是圆的。"),
    ],
)
def test_yes_or_no_questions_become_what_yes_would_say(question: str, expected: str) -> None:
    assert yes_statement(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Who painted the Mona Lisa?",
        "Is tea or coffee better?",
        "这是什么？",
        "为什么呢？",
        "多少钱呢？",
        "",
        "?",
        "cats",
    ],
)
def test_other_questions_ask_for_no_yes_or_no(question: str) -> None:
    assert yes_statement(question) is None


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Tell me about cats", "they purr"), ("日本の首都はどこですか", "東京"), ("猫", "喵")],
)
def test_where_no_rule_fits_the_two_stand_one_behind_the_other(question: str, answer: str) -> None:
    assert statement(question, answer) == question_and_answer(question, answer) == f"{question} {answer}"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How long does shipping to Canada take?", "shipping to Canada"),
        ("Who painted the Mona Lisa?", "the Mona Lisa"),
        ("What is COVID-19?", "COVID-19"),
        ("Is it open?", ""),
        ("法国的首都是哪里？", "法国的首都"),
        ("退货需要多少钱？", "退货"),
        ("它要多久？", ""),
    ],
)
def test_the_subject_is_what_the_question_is_about(question: str, expected: str) -> None:
    assert subject(question) == expected or (expected.startswith(subject(question)) and subject(question))


PIECES = "what who when is did the of Paris how many 's made ? , 什么 吗 是 有"


@given(st.lists(st.sampled_from(PIECES.split()), max_size=12).map(" ".join), st.text(max_size=20))
def test_any_question_gives_a_statement_or_none_and_never_fails(question: str, answer: str) -> None:
    assert isinstance(statement(question, answer), str)
    assert yes_statement(question) is None or yes_statement(question)
    assert isinstance(subject(question), str)
