from __future__ import annotations

import pytest

from simengine.rules.evidence import rule_evidence


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        ("The stall sells neither honey nor wool.", "The stall does not sell honey."),
        ("Either Ann or Tom has the key, but not both.", "Tom does not have the key."),
        ("Ann is as tall as Tom.", "Tom is as tall as Ann."),
        ("The hat was sent to Tom by Ann.", "Tom was sent the hat by Ann."),
        ("The cafe opens at 8:30 and closes at 17:00.", "The cafe is open at 12 pm."),
        ("Ann wrongly believes that the roof leaks.", "The roof does not leak."),
        ("票不在小王手里，就在小李手里。", "票在小王手里。"),
        ("小王误以为屋顶漏水。", "屋顶不漏水。"),
        ("“屋顶漏水”，这不是事实。", "屋顶漏水。"),
        ("桥建成于1951年之前。", "桥建成于1946年。"),
        ("甲方欠乙方五万元，已还两万元。", "甲方还欠乙方三万元。"),
        ("这只碗装得下700毫升水。", "这只碗装得下600毫升水。"),
        ("页数至少为240页。", "页数至少为80页。"),
    ],
)
def test_forms_that_are_easily_misread_get_no_evidence(premise: str, hypothesis: str) -> None:
    assert rule_evidence(premise, hypothesis) == ()


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        ("The stall sells honey.", "The stall does not sell honey."),
        ("The cafe opens at 8:30.", "The cafe opens at 9:30."),
        ("票在小王手里。", "票不在小王手里。"),
        ("桥建成于1951年。", "桥建成于1946年。"),
    ],
)
def test_the_plain_forms_are_read(premise: str, hypothesis: str) -> None:
    assert [each.label for each in rule_evidence(premise, hypothesis)] == ["contradiction"]
