"""What the words of a question and a text have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.qa.cues import cues, denies, names_of


def test_words_count_by_stem_and_question_words_little() -> None:
    found = cues("Who painted the portraits?", "Anna paints one portrait. It hangs here.", "It hangs here.")
    assert found["coverage"] == pytest.approx(2.0 / 2.3)  # paint, portrait; "who" weighs 0.3
    assert found["overlap"] == 0.0


def test_chinese_counts_by_character_without_those_that_only_ask() -> None:
    found = cues("铁塔有多高？", "铁塔高三百米。", "三百米高")
    assert (found["coverage"], found["overlap"]) == (1.0, pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("When did Napoleon invade Russia in 1812?", ["Napoleon", "Russia", "1812"]),
        ("Napoleon did what?", []),
        ("How fast is the B52?", ["B52"]),
        ("what is love", []),
        ("Is Zürich in Baden-Württemberg?", ["Zürich", "Baden-Württemberg"]),
        ("他在Paris住了1,000天吗？", ["Paris", "1,000"]),
        ("2019年的销售额是多少？", ["2019"]),
    ],
)
def test_names_are_capitalised_words_behind_the_first_and_numbers(question: str, names: list[str]) -> None:
    assert names_of(question) == names


def test_the_share_of_names_that_the_passage_holds() -> None:
    assert cues("Did Anna meet Ben in 1999?", "In 1999 Ben was ill.", "")["names"] == pytest.approx(2 / 3)
    assert cues("Is it cold?", "It is.", "")["names"] == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What did he not do?", True),
        ("What isn't sold?", True),
        ("It lives without water", True),
        ("What is known?", False),
        ("哪些商品不支持退货？", True),
        ("是不是支持退货？", False),
        ("哪些支持退货？", False),
    ],
)
def test_a_text_denies_by_its_words(text: str, expected: bool) -> None:
    assert denies(text) is expected


def test_a_question_that_denies_wants_evidence_that_denies() -> None:
    assert cues("What is not sold?", "Bread is sold.", "Bread is sold.")["denied"] == 1.0
    assert cues("What is not sold?", "Wine is not sold.", "Wine is not sold.")["denied"] == 0.0
    assert cues("What is sold?", "Bread is sold.", "Bread is sold.")["denied"] == 0.0


@given(st.text(max_size=30), st.text(max_size=30))
def test_all_are_shares_for_any_text(question: str, text: str) -> None:
    assert all(0.0 <= value <= 1.0 + 1e-9 for value in cues(question, text, text).values())
