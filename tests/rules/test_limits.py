"""A limit and a case inside or outside of it."""

from __future__ import annotations

import random

import pytest

from simengine.rules.evidence import rule_evidence
from simengine.training.generate import quantities_en, quantities_zh


def verdict(premise: str, hypothesis: str) -> str:
    found = [evidence for evidence in rule_evidence(premise, hypothesis) if evidence.rule == "limit"]
    return found[0].label if found else ""


@pytest.mark.parametrize(
    ("premise", "hypothesis", "label"),
    [
        ("Complaints must reach us within 30 days.", "A complaint on day 12 is in time.", "entailment"),
        ("Complaints must reach us within 30 days.", "A complaint on day 45 is too late.", "entailment"),
        ("Complaints must reach us within 30 days.", "A complaint on day 45 is in time.", "contradiction"),
        (
            "Complaints must reach us within 30 days.",
            "A complaint on day 45 is not too late.",
            "contradiction",
        ),
        ("Only guests aged 16 or over may use the pool.", "A 14-year-old may use the pool.", "contradiction"),
        ("Bags over 10 kg are not accepted.", "A bag of 12 kg is refused.", "entailment"),
        ("Bags over 10 kg are not accepted.", "A bag of 12 kg is accepted.", "contradiction"),
        ("The raft carries no more than 8 people.", "The raft can carry 11 people.", "contradiction"),
        ("报名者须年满18岁。", "17岁的人可以报名。", "contradiction"),
        ("报名者须年满18岁。", "20岁的人可以报名。", "entailment"),
        ("Swimming is open to everyone from the age of 12.", "Someone aged 9 may swim.", "contradiction"),
        ("Rowing here is limited to 45 minutes.", "You are free to row here for 30 minutes.", "entailment"),
        (
            "Rowing here is limited to 45 minutes.",
            "Rowing here for 60 minutes breaks the rules.",
            "entailment",
        ),
        ("Novices are rowers of 20 or younger.", "A rower of 25 counts as a novice.", "contradiction"),
        (
            "Loans go to orchards of 8 acres upwards.",
            "An orchard of 5 acres does not get a loan.",
            "entailment",
        ),
        ("押金应于15日内退还。", "第9日退还押金，不算晚。", "entailment"),
        ("押金应于15日内退还。", "第19日退还押金，不算晚。", "contradiction"),
        ("优惠卡自发放起60日有效。", "发放后第70日，优惠卡有效。", "contradiction"),
        ("吊床限重90千克。", "体重95千克的人不能躺吊床。", "entailment"),
        ("货架限高2米。", "高3米的货架违反规定。", "entailment"),
        ("老年组为60岁及以上的会员。", "55岁的会员属于老年组。", "contradiction"),
        ("栽种300棵以上的农户可获贷款。", "200棵的农户得不到贷款。", "entailment"),
        ("从第5次借阅起发放奖品。", "第3次借阅有奖品。", "contradiction"),
        ("发票须在30日内提交。", "第40日提交的发票已经晚了。", "entailment"),
        ("发票须在30日内提交。", "第20日提交的发票已经晚了。", "contradiction"),
    ],
)
def test_a_case_on_one_side_of_a_limit(premise: str, hypothesis: str, label: str) -> None:
    assert verdict(premise, hypothesis) == label


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        ("Complaints must reach us within 30 days.", "Complaints must reach us within 20 days."),
        ("Complaints must reach us within 30 days.", "A refund is paid on day 12."),
        (
            "Complaints must reach us within 30 days, unless they are minor.",
            "A complaint on day 45 is too late.",
        ),
        ("Students under 25 pay half.", "A student of 40 pays half."),
        ("The stew needs at least three hours.", "The stew needs four hours."),
        ("Complaints must reach us within 30 days.", "A complaint after three months is too late."),
        ("The hall holds at most 200 people.", "The hall holds 150 people."),
        ("订单满180元才免运费。", "160元的订单要付运费。"),
        ("The break lasts less than 360 seconds.", "The break lasts 5 minutes."),
        ("Nobody may row more than two hours.", "Everybody rows two hours."),
        ("Rowers can cancel up to 24 hours in advance.", "A rower who cancels two hours before is on time."),
        ("Bags that are over 10 kg or wet are refused.", "A wet bag of 8 kg is refused."),
        ("学生有一半以上来自三年级。", "五年级的学生也有。"),
        ("面包保质期为7天。", "第9天的客人有面包。"),
    ],
)
def test_silent_where_the_case_is_not_told(premise: str, hypothesis: str) -> None:
    assert verdict(premise, hypothesis) == ""


@pytest.mark.parametrize("module", [quantities_en, quantities_zh])
@pytest.mark.parametrize("maker", ["deadlines", "thresholds"])
def test_never_against_generated_labels(module: object, maker: str) -> None:
    rng = random.Random(5)
    pairs = [made for _ in range(40) for made in getattr(module, maker)(rng)]
    found = [(verdict(made.premise, made.hypothesis), made.label) for made in pairs]
    fired = [(said, label) for said, label in found if said]
    assert len(fired) >= len(pairs) // 4
    assert all(said == label for said, label in fired)
