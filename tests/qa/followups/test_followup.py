"""Follow-up questions and what they ask in full."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.qa.followups.followup import expand, remembered, subject_of, with_context

SHIPPING = "How long does shipping to Canada take?"


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (SHIPPING, "How much does it cost?", "How much does shipping to Canada cost?"),
        (SHIPPING, "And to Germany?", "How long does shipping to Germany take?"),
        (SHIPPING, "What about Germany?", "How long does shipping to Germany take?"),
        (SHIPPING, "What about express?", "How long does express to Canada take?"),
        ("Who painted the Mona Lisa?", "When was it painted?", "When was the Mona Lisa painted?"),
        ("What is COVID-19?", "What are its symptoms?", "What are COVID-19's symptoms?"),
        ("Did sales rise in 2019?", "And in 2020?", "Did sales rise in 2020?"),
        ("Can I return an opened item?", "Why?", "Why can I return an opened item?"),
        ("寄到加拿大要多久？", "那德国呢？", "寄到德国要多久？"),
        ("退货需要多少钱？", "它要多久？", "退货要多久？"),
        ("怎么申请退款？", "需要多久？", "申请退款需要多久？"),
        ("怎么申请退款？", "为什么？", "申请退款为什么？"),
    ],
)
def test_what_is_left_out_comes_from_the_question_before(before: str, question: str, expected: str) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (
            "What does the Rosely museum pass cost?",
            "Where can I buy it?",
            "Where can I buy the Rosely museum pass?",
        ),
        ("Do guests get the Marlin bar menu?", "Is it in French?", "Is the Marlin bar menu in French?"),
        ("Can I book a tennis court at Hill Park?", "Is it lit?", "Is the tennis court at Hill Park lit?"),
        ("My Tolva card is cracked, what now?", "Can I fold it?", "Can I fold my Tolva card?"),
        ("When are the exam results out?", "Who signs them?", "Who signs the exam results?"),
        ("Do I need a towel at the Lido?", "Can I rent one there?", "Can I rent one at the Lido?"),
        (
            "How do I get to Port Anning?",
            "How do I get back from there?",
            "How do I get back from Port Anning?",
        ),
    ],
)
def test_a_pronoun_takes_a_whole_noun_phrase_that_agrees_with_it(
    before: str, question: str, expected: str
) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("Does Norvale recycle glass?", "And old paint?", "Does Norvale recycle old paint?"),
        (
            "Does the clinic treat dogs on Sundays?",
            "Even in August?",
            "Does the clinic treat dogs on Sundays in August?",
        ),
        ("Do students pay for the bus?", "And a visitor?", "Does a visitor pay for the bus?"),
        ("What is the day rate at Elm Yard?", "And the weekly one?", "What is the weekly rate at Elm Yard?"),
        ("Am I insured for the first trip?", "And for the second?", "Am I insured for the second trip?"),
        (
            "May I change names on a Fara ticket?",
            "And remove a guest?",
            "May I remove a guest on a Fara ticket?",
        ),
        (
            "How often can I borrow a Fara bike?",
            "And my daughter?",
            "How often can my daughter borrow a Fara bike?",
        ),
        ("Is parking free in zone A?", "And in zone D?", "Is parking free in zone D?"),
        ('Where is "A Day in Rome" shown?', "What does it cost?", 'What does "A Day in Rome" cost?'),
        ("Does the Fara app track rides?", "Every day?", "Does the Fara app track rides every day?"),
        (
            "How long may I park at Elm Yard?",
            "While it snows?",
            "How long may I park at Elm Yard while it snows?",
        ),
        ("What helps against moss?", "And sand?", "For sand, what helps against moss?"),
        ("What does a Fara ride cost?", "And my dog, does she pay?", "Does my dog pay?"),
        ("Is there a pool?", "And towels, do I have to bring them?", "Do I have to bring towels?"),
    ],
)
def test_a_fragment_takes_the_place_of_what_is_most_like_it(
    before: str, question: str, expected: str
) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("How long does the Fara pass last?", "Why?", "Why does the Fara pass last that long?"),
        ("Which island did they sell?", "To whom?", "To whom did they sell the island?"),
        ("Can I stay at Elm Yard?", "How many nights?", "How many nights can I stay at Elm Yard?"),
        ("Does the Hubbard have gears?", "How many?", "How many gears does the Hubbard have?"),
        ("Can I take painkillers?", "Which ones?", "Which painkillers can I take?"),
        ("Can I join the choir at 15?", "Why not?", "Why can I not join the choir at 15?"),
        ("Which rooms are without heating?", "Why is that?", "Why are rooms without heating?"),
    ],
)
def test_a_bare_question_word_asks_the_previous_question(before: str, question: str, expected: str) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("货轮停在几号码头？", "渔船呢？", "渔船停在几号码头？"),
        ("个人账号怎么注销？", "学校的呢？", "学校的账号怎么注销？"),
        ("同一个邮箱一分钟能发几封？", "一天呢？", "同一个邮箱一天能发几封？"),
        ("晚上练钢琴可以吗？", "早上六点呢？", "早上六点练钢琴可以吗？"),
        ("怀孕期间可以喝酒吗？", "抽烟呢？", "怀孕期间可以抽烟吗？"),
        ("检查组走了几个车间？", "仓库呢？", "检查组走了几个仓库？"),
        ("借书的时候没带证，押金要交吗？", "是当天就退吗？", "押金是当天就退吗？"),
        ("展览预算现在是多少？", "原来呢？", "展览预算原来是多少？"),
    ],
)
def test_a_chinese_fragment_takes_the_place_of_what_is_most_like_it(
    before: str, question: str, expected: str
) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question", "searched"),
    [
        ("Is the Fara Trail marked?", "Are there huts in May?", "Are there huts in May? Fara Trail marked"),
        ("Can I pay at the Fara?", "Do I get a receipt?", "Do I get a receipt? Fara pay"),
        (
            "When does the pottery course start?",
            "What should I bring?",
            "What should I bring? pottery course start",
        ),
        ("Is the Fara Trail marked?", "Is Elm Yard open?", "Is Elm Yard open?"),
        ("茶室几点开门？", "有停车位吗？", "有停车位吗？ 茶室 开门"),
        ("茶室可以预约吗？", "茶室有停车位吗？", "茶室有停车位吗？"),
    ],
)
def test_what_only_the_previous_question_names_is_searched_for(
    before: str, question: str, searched: str
) -> None:
    assert with_context(question, before) == searched


def test_what_was_named_outlives_a_question_that_names_nothing() -> None:
    before = remembered("Is there parking?", "Is the Fara Trail marked?")
    assert expand("How much is it?", before) == "How much is parking?"
    assert with_context("Are there huts?", before) == "Are there huts? Fara Trail parking marked"


@pytest.mark.parametrize(
    ("before", "question"),
    [
        (SHIPPING, "How long does delivery to Norway take?"),
        (SHIPPING, "Is it possible to cancel an order?"),
        (SHIPPING, "Which shops sell this card?"),
        ("What is COVID-19?", "How is the flu treated?"),
        ("法国的首都是哪里？", "德国的首都是哪里？"),
        ("How short may a Fara ride be?", "Two minutes works?"),
        ("Who won the Fara marathon?", "Is she from Norvale?"),
        ("How do I get to Port Anning?", "How often do they go in May?"),
        ("Can I adjust the Fara saddle?", "Do children need their own helmet?"),
        ("What does the Fara pass cost?", "What if it rains?"),
        ("What does the Fara pass cost?", "Is it dangerous to swim in the lake?"),
        ("What does the Fara pass cost?", "Does it take long to learn Welsh?"),
        ("Who is the new coach?", "Does Wilma train the team herself?"),
        ("Who is the new coach?", "Did Wilma study before she joined the club?"),
        ("茶室几点开门？", "可以用微波炉给奶瓶消毒和加热吗？"),
        ("停用的车站什么时候恢复？", "东门站还叫这个名字吗？"),
        ("", "How much does it cost?"),
        ("  ", "它呢？"),
    ],
)
def test_a_question_that_stands_by_itself_stays_as_it_is(before: str, question: str) -> None:
    assert expand(question, before) is None


def test_without_a_grammatical_subject_the_content_words_count() -> None:
    assert subject_of("Tell me about your refund policy") == "refund policy"


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_give_a_question_or_none(question: str, before: str) -> None:
    found = expand(question, before)
    assert found is None or found.strip()
