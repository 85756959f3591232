from __future__ import annotations

import pytest

from simengine.reasoning.conflict_rules import RuleConflict, rule_conflict
from simengine.rules.cues import profile


def found(one: str, other: str, *, same_document: bool = False) -> RuleConflict | None:
    return rule_conflict(one, profile(one), other, profile(other), same_document=same_document)


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("The rent is 850 euros.", "The rent is 900 euros.", "measure"),
        ("The hall is open on Sundays.", "The hall is closed on Sundays.", "opposite"),
        ("Guests may use the kitchen.", "Guests must not use the kitchen.", "permission"),
        ("客人可以使用厨房。", "客人不得使用厨房。", "permission"),
    ],
)
def test_a_rule_names_what_two_claims_disagree_on(one: str, other: str, rule: str) -> None:
    conflict = found(one, other)
    assert conflict is not None
    assert conflict.rule == rule
    assert (conflict.difference is None) == bool(conflict.reason)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The hall is open on Sundays.", "The hall is open on Sundays."),
        ("The hall is open on Sundays.", "The kitchen is closed on Sundays."),
        ("A man is closing the gate.", "A man is opening the gate."),
        ("一个男人打开了门。", "一个男人关闭了门。"),
        ("Bread is sold here.", "Trains leave hourly."),
    ],
)
def test_other_subjects_indefinite_ones_and_equal_claims_are_no_conflict(one: str, other: str) -> None:
    assert found(one, other) is None


def test_a_pronoun_is_one_subject_within_a_document_only() -> None:
    texts = ("It weighs 20 kilos when full.", "It weighs 30 kilos when full.")
    assert found(*texts) is None
    assert found(*texts, same_document=True) is not None
