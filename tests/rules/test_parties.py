"""The same said from the other side, and the parties exchanged."""

from __future__ import annotations

import pytest

from simengine.rules.evidence import rule_evidence

ENTAILMENT, CONTRADICTION = "entailment", "contradiction"


def verdict(premise: str, hypothesis: str) -> str:
    found = [evidence for evidence in rule_evidence(premise, hypothesis) if evidence.rule == "roles"]
    return found[0].label if found else ""


@pytest.mark.parametrize(
    ("premise", "kept", "exchanged"),
    [
        ("Ada sent a parcel to Ivo.", "Ivo received a parcel from Ada.", "Ada received a parcel from Ivo."),
        ("Ada sent Ivo a parcel.", "A parcel was sent to Ivo by Ada.", "Ivo sent Ada a parcel."),
        ("The club lent the tent to the school.", "The school borrowed the tent from the club.", ""),
        ("Ada rents the barn to Ivo.", "Ivo rents the barn from Ada.", "Ada rents the barn from Ivo."),
        ("Ada is the aunt of Ivo.", "Ivo is the nephew of Ada.", "Ada is the nephew of Ivo."),
        ("Ada is the teacher of Ivo.", "Ada teaches Ivo.", "Ivo teaches Ada."),
        ("Kofi trained Elena.", "Elena was taught by Kofi.", ""),
        ("Ivo manages Ada.", "Ada reports to Ivo.", "Ivo reports to Ada."),
        (
            "The mill lies to the west of the inn.",
            "The inn lies to the east of the mill.",
            "The mill lies to the east of the inn.",
        ),
        ("The cart is heavier than the sled.", "The sled is lighter than the cart.", ""),
        ("Ada works more carefully than Ivo.", "Ivo works less carefully than Ada.", ""),
        ("Ada ran faster than Ivo in May.", "Ivo ran more slowly than Ada in May.", ""),
        ("小王把地图寄给了小李。", "小李收到了小王寄来的地图。", "小王收到了小李寄来的地图。"),
        ("小王借给小李一把伞。", "小李从小王那里借到一把伞。", "小王从小李那里借到一把伞。"),
        ("公司将礼堂租给了学校。", "礼堂被公司租给了学校。", "学校将礼堂租给了公司。"),
        ("小李从小王手里买下了铺子。", "小王把铺子卖给了小李。", "小李把铺子卖给了小王。"),
        ("老张是小周的岳父。", "小周是老张的女婿。", "老张是小周的女婿。"),
        ("小周的导师是老张。", "小周是老张的学生。", "小周是老张的导师。"),
        ("甲队的得分高于乙队。", "乙队的得分低于甲队。", "乙队的得分高于甲队。"),
        ("小王比小李勤快。", "小李没有小王勤快。", "小李比小王勤快。"),
        ("小王跑步比小李快。", "小李跑步比小王慢。", "小王跑步比小李慢。"),
        ("运费由买方承担。", "买方承担运费。", ""),
        ("这片林子归村委会管理。", "村委会管理这片林子。", ""),
    ],
)
def test_told_from_the_other_side(premise: str, kept: str, exchanged: str) -> None:
    assert verdict(premise, kept) == ENTAILMENT
    assert verdict(kept, premise) == ENTAILMENT
    if exchanged:
        assert CONTRADICTION in {said.label for said in rule_evidence(premise, exchanged)}


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        ("The courier gave the nurse the keys before lunch.", "The nurse gave the courier the keys."),
        ("The vet warned the farmer of the risk.", "The farmer warned the vet."),
        ("甲公司起诉了乙公司，要求赔偿损失。", "乙公司起诉了甲公司。"),
        ("司机提醒乘客系好安全带，有人没有系。", "乘客提醒司机系好安全带。"),
    ],
)
def test_parties_exchanged_in_a_longer_sentence(premise: str, hypothesis: str) -> None:
    assert verdict(premise, hypothesis) == CONTRADICTION


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        # Another party, another act, or no longer the same thing.
        ("Ada is richer than Ivo's sister.", "Ivo is poorer than Ada."),
        ("Ada is taller than Ivo.", "Ivo is poorer than Ada."),
        ("Ada lent the boat to Ivo.", "Ivo rented the boat from Ada."),
        ("Ada lent the boat to Ivo.", "Ivo borrowed the cart from Ada."),
        ("The doctor of Ivo is kind.", "The patient of Ivo is kind."),
        ("The museum is free for parents.", "The museum is free for children."),
        ("小王把地图寄给了小李。", "小李收到了小王寄来的相机。"),
        ("小王把房子租给了小李。", "小李从小王那里买了房子。"),
        ("套餐由三道菜组成。", "三道菜组成套餐。"),
        # Denied, asked of many, or under a condition.
        ("Ada is no richer than Ivo.", "Ivo is poorer than Ada."),
        ("小王不比小李高。", "小李比小王高。"),
        ("小王没有把地图寄给小李。", "小李收到了小王寄来的地图。"),
        ("If Ada pays Ivo, he leaves.", "Ivo pays Ada."),
        ("如果小王骗了小李，小李会报警。", "小李骗了小王。"),
        ("小王说小李骗了他。", "小李骗了小王。"),
        ("Ada would lend the boat to Ivo.", "Ivo borrowed the boat from Ada."),
        # Both hold.
        ("他说他明天来，不来就请大家吃饭。", "他说他明天来。"),
        ("Ada gave Ivo a book and Ivo gave Ada a pen.", "Ivo gave Ada a book."),
        ("Rosa covers for Dev on Mondays and Dev for Rosa on Fridays.", "Dev covers for Rosa."),
        ("Ada works with Ivo in London.", "Ivo works with Ada."),
        ("Ada talked to Ivo about the boat.", "Ivo talked to Ada."),
        ("小王是小李的同学。", "小李是小王的同学。"),
        ("妹妹和姐姐去了学校。", "姐姐和妹妹去了学校。"),
    ],
)
def test_silent_where_the_parties_are_not_the_same_or_both_hold(premise: str, hypothesis: str) -> None:
    assert verdict(premise, hypothesis) == ""
