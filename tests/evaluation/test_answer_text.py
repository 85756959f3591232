"""Answers compared: worked by hand from the published definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.errors import UsageError
from simengine.evaluation.answer_text import (
    answer_match,
    cmrc_f1,
    cmrc_normalise,
    cmrc_tokens,
    score_answer,
    squad_f1,
    squad_normalise,
)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The Denver Broncos!", "denver broncos"),
        ("  a  man,\tan apple\nand the  rest ", "man apple and rest"),
        ("Theatre another", "theatre another"),
        ("U.S.", "us"),
        ("$1,000", "1000"),
        ("the", ""),
        ("—", "—"),  # only ASCII punctuation is dropped
    ],
)
def test_squad_normalisation(text: str, normalised: str) -> None:
    assert squad_normalise(text) == normalised


@pytest.mark.parametrize(
    ("prediction", "gold", "f1"),
    [
        ("Denver Broncos", "The Denver Broncos", 1.0),
        ("Broncos", "Denver Broncos", 2 / 3),
        # 2 of 5 words said are right, 2 of 2 found.
        ("Denver Broncos of the American league", "Denver Broncos", 2 * (2 / 5) * 1 / (2 / 5 + 1)),
        ("to be or not to be", "to be", 2 * (2 / 6) * 1 / (2 / 6 + 1)),
        ("Panthers", "Denver Broncos", 0.0),
        ("", "Denver", 0.0),
        ("Denver", "", 0.0),
        ("", "", 1.0),
        ("the", "", 1.0),
    ],
)
def test_squad_f1_is_that_of_bags_of_words(prediction: str, gold: str, f1: float) -> None:
    assert squad_f1(prediction, gold) == pytest.approx(f1)


def test_the_gold_answer_that_fits_best_counts() -> None:
    rule = answer_match("squad")
    golds = ["Santa Clara, California", "Levi's Stadium", "Levi's Stadium in Santa Clara"]
    assert score_answer("levis stadium", golds, rule) == (1.0, 1.0)
    assert score_answer("stadium in Santa Clara", golds, rule) == (
        0.0,
        pytest.approx(2 * 1 * (4 / 5) / (1 + 4 / 5)),
    )


def test_without_gold_answers_silence_is_right() -> None:
    rule = answer_match("squad")
    assert score_answer("", [], rule) == (1.0, 1.0)
    assert score_answer("Denver", [], rule) == (0.0, 0.0)
    assert score_answer("", ["the"], rule) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("《战国无双3》", ["战", "国", "无", "双", "3"]),
        ("光荣和ω-force开发", ["光", "荣", "和", "ωforce", "开", "发"]),
        ("2018年3.5万人。", ["2018", "年", "3.5", "万", "人"]),
        ("Bo Diddley", ["bo", "diddley"]),
        ("一…二", ["一", "…", "二"]),
    ],
)
def test_cmrc_takes_chinese_characters_one_by_one(text: str, tokens: list[str]) -> None:
    assert cmrc_tokens(text) == tokens


def test_cmrc_exact_match_passes_over_chinese_punctuation() -> None:
    assert cmrc_normalise("“光荣”。") == cmrc_normalise("光荣")
    assert score_answer("光荣。", ["光荣"], answer_match("cmrc")) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("prediction", "gold", "f1"),
    [
        ("光荣", "光荣和开发", 2 * 1 * (2 / 5) / (1 + 2 / 5)),
        # The longest shared run is two characters, though four of them occur in both.
        ("甲乙丙丁", "丙丁甲乙", 0.5),
        ("甲", "乙", 0.0),
        ("", "乙", 0.0),
    ],
)
def test_cmrc_f1_is_that_of_the_longest_shared_run(prediction: str, gold: str, f1: float) -> None:
    assert cmrc_f1(prediction, gold) == pytest.approx(f1)


texts = st.text(alphabet="ab the,.甲乙丙。 ", max_size=20)


@given(texts, texts, st.sampled_from(["squad", "cmrc"]))
def test_f1_is_symmetric_within_0_and_1_and_1_for_equal_texts(first: str, second: str, name) -> None:
    rule = answer_match(name)
    assert rule.f1(first, second) == pytest.approx(rule.f1(second, first))
    assert 0 <= rule.f1(first, second) <= 1
    assert rule.f1(first, first) == 1.0
    if rule.normalise(first) == rule.normalise(second):
        assert rule.f1(first, second) == 1.0


def test_an_unknown_comparison_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown comparison of answers 'drop'; expected one of squad, cmrc"):
        answer_match("drop")  # type: ignore[arg-type]
