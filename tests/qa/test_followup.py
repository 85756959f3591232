"""Follow-up questions and what they ask in full."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.qa.followup import expand, subject_of

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
    ("before", "question"),
    [
        (SHIPPING, "How long does delivery to Norway take?"),
        (SHIPPING, "Is it possible to cancel an order?"),
        (SHIPPING, "Which shops sell this card?"),
        ("What is COVID-19?", "How is the flu treated?"),
        ("法国的首都是哪里？", "德国的首都是哪里？"),
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
