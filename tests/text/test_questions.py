"""Whether a text is a question."""

from __future__ import annotations

import pytest

from simengine.text.questions import is_question


@pytest.mark.parametrize(
    "text",
    [
        "How long is the warranty?",
        "how long is the warranty",
        "what's the price of a day ticket",
        "The invoice is wrong. Who do I write to?",
        "I lost my card, what do I do now",
        "When does the office close",
        "in which year was the bridge built",
        "is parking free on Sundays",
        "Hello, can I bring a dog",
        "warranty period?",
        "does version 3.2 run on old phones",
        "保修期是多长时间",
        "周日停车免费吗",
        "大桥是哪一年建成的",
        "能不能带狗入内",
        "怎么更换电池？",
        "发票是否需要盖章。",
        "办公室几点关门",
    ],
)
def test_questions(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "warranty period",
        "Parts of the U.S. have seen fewer floods.",
        "The warranty lasts two years.",
        "When the office closes, the phone is answered by a machine.",
        "The bridge, which was built in 1931, is closed.",
        "Do not store the battery in the fridge.",
        "battery how-to",
        "保修期 两年",
        "周日停车免费。",
        "任何人都可以入内。",
        "这座桥没什么问题。",
    ],
)
def test_statements_and_keywords(text: str) -> None:
    assert not is_question(text)
