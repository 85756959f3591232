"""Rules over one sentence: what they change, what they leave alone, and how the label follows."""

from __future__ import annotations

import random
import re

import pytest

from simengine.training.generate import corpus_en, corpus_zh
from simengine.training.generate.made import CONTRADICTION, ENTAILMENT
from simengine.training.generate.sentences import is_plain, split_sentences, stands_alone
from simengine.training.generate.verbs_en import affirmed, contracted, embedded, finite_verb, negated


@pytest.mark.parametrize(
    ("sentence", "denial"),
    [
        ("The shop is open on Sundays.", "The shop is not open on Sundays."),
        ("Guests can use the pool.", "Guests cannot use the pool."),
        ("The house has a balcony.", "The house does not have a balcony."),
        ("The house has been painted.", "The house has not been painted."),
        ("The old mill had two wheels.", "The old mill did not have two wheels."),
        ("The kiosk opens at nine.", "The kiosk does not open at nine."),
        ("The committee took a vote in May.", "The committee did not take a vote in May."),
        ("We offer a discount.", "We do not offer a discount."),
        ("Deliveries must be signed for.", "Deliveries must not be signed for."),
        ("The bakery will close in June.", "The bakery will not close in June."),
    ],
)
def test_english_denials_have_the_right_helper_and_form(sentence: str, denial: str) -> None:
    assert negated(sentence) == denial
    assert affirmed(denial) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "All rooms are heated.",
        "If it rains, the match is cancelled.",
        "The man who is late has to wait.",
        "Nobody is allowed in the yard.",
        "The guests may leave early.",
        "The train was late because snow had fallen.",
        "The tram is faster than the bus.",
        "The upper is leather, the lining felt.",
        "I've had a word with the seller.",
        "She said the door was open.",
        "Nice place, shame about the noise.",
    ],
)
def test_sentences_whose_denial_is_not_certain_are_left_alone(sentence: str) -> None:
    assert negated(sentence) is None


def test_an_absolute_not_is_not_taken_out() -> None:
    assert affirmed("The fee is not only high.") is None
    assert affirmed("The fee is not always charged.") is None
    assert affirmed("The fee is not charged and not shown.") is None


def test_only_sentences_that_stay_certain_are_put_under_a_denial() -> None:
    assert embedded("The shop is open.") == "the shop is open"
    assert embedded("Berlin is large.") is None  # a name may not be written small
    assert embedded("A Thousand Suns is an album.") is None
    assert embedded("The shop is open and sells tea.") is None  # what is denied would be left open
    assert embedded("The form must not be signed.") is None


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("It is not far.", "It isn't far."),
        ("He cannot swim.", "He can't swim."),
        ("It will not do.", "It won't do."),
    ],
)
def test_contractions(full: str, short: str) -> None:
    assert contracted(full) == short
    assert contracted("It is far.") is None


def test_the_finite_verb_is_not_looked_for_behind_a_comma() -> None:
    assert finite_verb("Warm, dry air is good for it.") is None
    found = finite_verb("The old clock on the tower stands still since it was hit and is wrong.")
    assert found is None or found.verb == "was"


def test_a_negated_sentence_gives_both_directions_and_a_double_denial() -> None:
    made = list(corpus_en.negation("The shop is open on Sundays.", random.Random(1)))
    found = {(pair.premise, pair.hypothesis): pair.label for pair in made}
    yes, no = (
        "The shop is open on Sundays.",
        ("The shop is not open on Sundays.", "The shop isn't open on Sundays."),
    )
    assert any(found.get((yes, form)) == CONTRADICTION for form in no)
    assert any(found.get((form, yes)) == CONTRADICTION for form in no)
    doubled = [pair for pair in made if re.match("It is .* not open", pair.hypothesis)]
    assert {pair.label for pair in doubled if pair.premise == yes} == {ENTAILMENT}
    assert {pair.label for pair in doubled if pair.premise in no} == {CONTRADICTION}
    entailed_negations = sum("not" in pair.hypothesis and pair.label == ENTAILMENT for pair in made)
    assert entailed_negations >= 2  # "not" does not give the label away


@pytest.mark.parametrize(
    "sentence",
    [
        "Orders over 50 euros ship free.",
        "Please wait for at least 20 minutes.",
        "Room 12 is closed.",
        "A ticket is valid for 90 minutes.",
        "If you are 5 minutes late, you pay.",
    ],
)
def test_numbers_that_another_would_not_contradict_are_left_alone(sentence: str) -> None:
    assert list(corpus_en.number(sentence, random.Random(1))) == []


@pytest.mark.parametrize("seed", range(20))
def test_another_amount_or_year_is_a_contradiction_both_ways(seed: int) -> None:
    rng = random.Random(seed)
    one, other = corpus_en.number("The ticket costs 12 euros.", rng)
    assert one.label == other.label == CONTRADICTION
    assert (one.premise, one.hypothesis) == (other.hypothesis, other.premise)
    assert re.fullmatch(r"The ticket costs \d+ euros\.", one.hypothesis)
    assert one.hypothesis != one.premise
    (year, _) = corpus_en.number("The bridge was built in 1931.", rng)
    assert re.fullmatch(r"The bridge was built in (?!1931)\d{4}\.", year.hypothesis)


def test_names_of_a_corpus_sentence_are_exchanged() -> None:
    rng = random.Random(0)
    made = {
        (pair.premise, pair.hypothesis): pair.label
        for pair in corpus_en.roles("The nurse thanked Ida for the book.", rng)
    }
    said = "The nurse thanked Ida for the book."
    assert made[said, "Ida thanked the nurse for the book."] == CONTRADICTION
    assert made["Ida was thanked by the nurse for the book.", said] == ENTAILMENT
    assert len(made) == 4
    for unclear in (
        "Critics praised Ida.",
        "She thanked Ida.",
        "Clara visited Ida more often.",
        "Ida pays the return shipping.",
    ):
        assert list(corpus_en.roles(unclear, rng)) == []


def test_giver_and_taker_of_a_chinese_sentence_are_exchanged() -> None:
    said = "小周把伞借给了小吴，自己跑回了家。"
    made = [(pair.hypothesis, pair.label) for pair in corpus_zh.roles(said, random.Random(0))]
    assert made == [("小吴把伞借给了小周。", CONTRADICTION), ("伞被小周借给了小吴。", ENTAILMENT)]
    assert list(corpus_zh.roles("他们把伞借给了小吴。", random.Random(0))) == []


def test_shares_stay_under_a_hundred_per_cent() -> None:
    for seed in range(30):
        for pair in corpus_en.number("The humidity is 70 percent.", random.Random(seed)):
            assert int(re.findall(r"\d+", pair.hypothesis)[0]) <= 100
        assert len(list(corpus_en.number("The humidity is ten percent.", random.Random(seed)))) == 2


def test_halves_stand_for_themselves() -> None:
    made = list(corpus_en.halves("The paint is free of lead; the brushes cost extra here.", random.Random(0)))
    assert {pair.hypothesis for pair in made} <= {
        "The paint is free of lead.",
        "The brushes cost extra here.",
    }
    assert {pair.label for pair in made} == {ENTAILMENT}
    assert list(corpus_en.halves("If it rains, we stay here; the tour is off.", random.Random(0))) == []


@pytest.mark.parametrize(
    ("sentence", "denial"),
    [
        ("门店购买的商品可以退换。", "门店购买的商品不可以退换。"),
        ("这座建筑是一所学校。", "这座建筑不是一所学校。"),
        ("参赛者必须佩戴头盔。", "参赛者必须佩戴头盔。"),
        ("校舍位于大坑径。", "校舍不位于大坑径。"),
        ("机器支持联网功能。", "机器不支持联网功能。"),
    ],
)
def test_chinese_denials(sentence: str, denial: str) -> None:
    found = corpus_zh.denied(sentence)
    assert found == (denial if denial != sentence else None)  # 者 may be a condition


@pytest.mark.parametrize(
    "sentence",
    [
        "凡是会员可以打折。",
        "但是商店位于市中心。",
        "所有商品可以退换。",
        "如果下雨可以退票。",
        "奥林匹克运动会在北京举行。",
        "十个人里有九个人选了它。",
        "我们的社会是多元的社会，也可以这样说。",
    ],
)
def test_chinese_sentences_whose_denial_is_not_certain_are_left_alone(sentence: str) -> None:
    assert corpus_zh.denied(sentence) is None


def test_chinese_pairs_of_a_denial() -> None:
    made = list(corpus_zh.negation("校舍位于大坑径。", random.Random(1)))
    found = {(pair.premise, pair.hypothesis): pair.label for pair in made}
    assert found["校舍位于大坑径。", "校舍不位于大坑径。"] == CONTRADICTION
    assert found["校舍不位于大坑径。", "校舍位于大坑径。"] == CONTRADICTION
    assert sum(label == ENTAILMENT for label in found.values()) == 4


@pytest.mark.parametrize(
    "sentence", ["订单满299元包邮。", "请在7天内付款。", "县里投资八百万元修建大桥。", "房间内约有30人。"]
)
def test_chinese_numbers_that_another_would_not_contradict_are_left_alone(sentence: str) -> None:
    assert list(corpus_zh.number(sentence, random.Random(1))) == []


@pytest.mark.parametrize("seed", range(20))
def test_another_chinese_amount_is_a_contradiction(seed: int) -> None:
    one, other = corpus_zh.number("洞穴全长2846米。", random.Random(seed))
    assert one.label == other.label == CONTRADICTION
    assert re.fullmatch("洞穴全长(?!2846米)\\d+米。", one.hypothesis)


@pytest.mark.parametrize("rules", [corpus_en, corpus_zh])
def test_a_sentence_entails_itself_in_any_dress(rules) -> None:
    sentence = "The shop is not open, sadly." if rules is corpus_en else "商店不开门，很遗憾。"
    for seed in range(20):
        made = list(rules.surface(sentence, random.Random(seed)))
        assert {pair.label for pair in made} == {ENTAILMENT}
        assert made[0].premise == made[0].hypothesis == sentence


def test_which_sentences_rules_may_use() -> None:
    assert is_plain("The shop is open on Sundays.")
    assert is_plain("商店周日开门营业。")
    for odd in (
        "Opening hours",
        "Is it open on Sundays?",
        'He said "no" to that.',
        "The Road to El Dorado.",
        "See http://a.b.",
    ):
        assert not is_plain(odd)
    assert split_sentences("It is open. Dr. Lind is in.") == ["It is open.", "Dr. Lind is in."]
    assert stands_alone("The shop is open.")
    assert not stands_alone("It is open.")
    assert not stands_alone("但是商店开门。")
