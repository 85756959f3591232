"""The claims of a text: which sentences, which clauses, and what their pronouns stand for."""

from __future__ import annotations

import pytest

from simengine.reasoning.check_claims import claims_of_text


def judged(text: str) -> list[str]:
    return [claim.judged for claim in claims_of_text(text)[0]]


def texts(text: str) -> list[str]:
    return [claim.text for claim in claims_of_text(text)[0]]


@pytest.mark.parametrize(
    "text",
    [
        "The museum opens at nine and the café closes at five. It is free!",
        "Sure, the pool is heated; the sauna is closed.",
        "桥全长十一公里；轮渡不会停运。",
        "押金为五百元，租期为一年。",
        "",
    ],
)
def test_offsets_lead_back_to_the_text(text: str) -> None:
    for claim in claims_of_text(text)[0]:
        assert text[claim.span.start : claim.span.end] == claim.text


def test_questions_headings_greetings_and_fragments_are_left_out_and_counted() -> None:
    text = (
        "Hello there!\n\nSure, here is what I found:\n\n- The gym is open on Sundays.\n- Is it heated?\n\n"
        "Hope this helps! Thanks for asking."
    )
    claims, skipped = claims_of_text(text)
    assert [claim.text for claim in claims] == ["The gym is open on Sundays."]
    assert skipped == {"short": 1, "question": 1, "heading": 1, "greeting": 2}


def test_chinese_greetings_are_left_out() -> None:
    assert texts("您好！体育馆周日开放。希望以上信息对您有帮助。如有其他问题，欢迎随时联系。") == [
        "体育馆周日开放。"
    ]


def test_what_only_looks_like_a_greeting_is_a_claim() -> None:
    assert texts("Thanks to the new bridge, traffic fell by a third.") != []
    assert texts("Yes, the shop is open on Mondays.") == ["the shop is open on Mondays."]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("The pool is heated and the sauna is closed.", ["The pool is heated", "the sauna is closed."]),
        ("The fee is 5 euros, but members are exempt.", ["The fee is 5 euros", "members are exempt."]),
        ("押金为五百元，租期为一年。", ["押金为五百元", "租期为一年。"]),
        ("桥全长十一公里；轮渡不会停运。", ["桥全长十一公里；", "轮渡不会停运。"]),
    ],
)
def test_clauses_that_stand_alone_are_taken_apart(text: str, parts: list[str]) -> None:
    assert texts(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "The pool is heated and open to all.",
        "The pool has a bar and a sauna.",
        "If it rains, the pool is closed and the gym is open.",
        "Dogs and cats are allowed.",
        "The tenant who pays rent is free to leave and the landlord is bound.",
        "图书馆周一闭馆，周二开放。",
        "如果下雨，泳池会关闭，体育馆会开放。",
    ],
)
def test_clauses_that_need_each_other_stay_together(text: str) -> None:
    assert texts(text) == [text]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("The Larkmoor museum was founded in 1950. It is free.", "The Larkmoor museum is free."),
        ("The tenants must pay rent. They may keep pets.", "The tenants may keep pets."),
        ("The library of Harlow is new. Its roof is green.", "The library of Harlow's roof is green."),
        ("Ann Lee leads the firm. She joined it in 2001.", "Ann Lee joined it in 2001."),
        ("The gym opens at nine and it closes at five.", "The gym closes at five."),
        ("青屿大桥全长十一公里。它免收通行费。", "青屿大桥免收通行费。"),
    ],
)
def test_a_pronoun_is_replaced_by_a_plain_subject(text: str, last: str) -> None:
    assert judged(text)[-1] == last


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("Dogs are welcome here. It is free.", "Dogs are welcome here. It is free."),
        ("Near the old bridge stands a mill. It is red.", "Near the old bridge stands a mill. It is red."),
        ("The fee was halved. This is why people came.", "The fee was halved. This is why people came."),
        ("租客与房东均可解约。他们应提前通知。", "租客与房东均可解约。他们应提前通知。"),
    ],
)
def test_any_other_pronoun_is_read_after_the_claim_before_it(text: str, last: str) -> None:
    claims, _ = claims_of_text(text)
    assert (claims[-1].judged, claims[-1].context) == (last, 0)


def test_a_first_claim_and_an_empty_subject_stay_as_they_are() -> None:
    assert judged("It is free of charge.") == ["It is free of charge."]
    assert judged("The fee is low. It is important to pay on time.")[-1] == "It is important to pay on time."


def test_context_does_not_pile_up() -> None:
    claims, _ = claims_of_text("Dogs are welcome here. It is free. This is new to us.")
    assert claims[-1].judged == "It is free. This is new to us."
