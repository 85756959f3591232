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
