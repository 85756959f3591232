from __future__ import annotations

import pytest

from simengine.rules.evidence import RULES, WEAK_RULES, rule_evidence

ENTAILMENT, CONTRADICTION = "entailment", "contradiction"


def said(premise: str, hypothesis: str) -> list[tuple[str, str]]:
    found = rule_evidence(premise, hypothesis)
    assert all(evidence.rule in RULES and evidence.reason for evidence in found)
    return [(evidence.rule, evidence.label) for evidence in found]


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        ("The garden shed has a green door.", "the garden shed has a green door"),
        ("The lift isn't working.", "The lift is not working."),
        ("We close early. Dogs must stay outside! Thank you.", "Dogs must stay outside."),
        ("ＡＢＣ路的书店周一休息。", "ABC路的书店周一休息"),
        ("水杯容量很大，杯盖可以拆下来洗。", "杯盖可以拆下来洗。"),
        ("The lift is not working.", "Indeed, the lift is not working."),
        ("电梯没有修好。", "实际上，电梯没有修好。"),
    ],
)
def test_the_same_text_follows(premise: str, hypothesis: str) -> None:
    assert said(premise, hypothesis) == [("identity", ENTAILMENT)]


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("The landlord is not liable for lost keys.", "The landlord is liable for lost keys.", "negation"),
        ("The cellar floods every winter.", "The cellar never floods in winter.", ""),
        ("The guide doesn't speak Italian.", "The guide speaks Italian.", "negation"),
        ("This ferry carries no lorries.", "This ferry carries lorries.", "negation"),
        ("这个房间没有阳台。", "这个房间有阳台。", "negation"),
        ("出租人未收到押金。", "出租人收到押金。", "negation"),
        ("Visitors must not feed the goats.", "Visitors may feed the goats.", "permission"),
        ("Campfires are prohibited on the beach.", "Campfires are allowed on the beach.", "permission"),
        ("阳台上禁止晾晒衣物。", "阳台上可以晾晒衣物。", "permission"),
        ("学员不得携带食物。", "学员可以携带食物。", "permission"),
        ("Guests must sign the register.", "Guests need not sign the register.", "modality"),
        ("报名者必须提交照片。", "报名者不必提交照片。", "modality"),
        ("The pool is open in March.", "The pool is closed in March.", "opposite"),
        ("这个停车场免费。", "这个停车场收费。", "opposite"),
        ("The locker costs 2 euros.", "The locker costs 3 euros.", "number"),
        ("Guests must leave the room by 10 am.", "Guests must leave the room by 11 am.", "number"),
        ("The parcel weighs 2 kg.", "The parcel weighs 900 g.", "number"),
        ("这箱苹果重五公斤。", "这箱苹果重8公斤。", "number"),
        ("Claims are accepted within 20 days.", "Claims are accepted after 25 days.", "number"),
        ("The desk is staffed from 8 am to 4 pm.", "The desk is staffed from 9 am to 4 pm.", "number"),
        ("Bags may weigh up to 8 kg.", "Bags may weigh 11 kg.", "number"),
        ("Entrants must be at least 16.", "Entrants must be at least 18.", "number"),
        ("申请须在20天内提交。", "申请须在25天后提交。", "number"),
        ("每人最多可以借五本书。", "每人最多可以借八本书。", "number"),
        ("All members voted.", "No members voted.", "quantifier"),
        ("Nobody answered the phone.", "Somebody answered the phone.", "quantifier"),
        ("The bill is unpaid.", "The bill is paid.", "opposite"),
        ("Payment is due within 14 days.", "Payment is due within 30 days.", "number"),
        ("他从来没去过北京。", "他去过北京。", "negation"),
        ("收到货后7天内可以退货。", "收到货后10天仍可退货。", "number"),
        ("定金不退。", "定金可以退。", "permission"),
        ("所有会员都投了票。", "没有会员投票。", "quantifier"),
        ("The baker owes the miller money.", "The miller owes the baker money.", "roles"),
        ("Ivo is older than Ada.", "Ada is older than Ivo.", "roles"),
        ("买方向卖方支付定金。", "卖方向买方支付定金。", "roles"),
        ("Ada was hired by Ivo.", "Ada hired Ivo.", "roles"),
        ("Ada thanked Ivo.", "Ivo thanked Ada.", "roles"),
        ("小王邀请小李。", "小李邀请小王。", "roles"),
        ("他看得清路牌。", "他看不清路牌。", "permission"),
        ("猫对花粉过敏。", "猫对花粉不过敏。", "negation"),
        ("他们不同意这个价格。", "他们同意这个价格。", "negation"),
        ("楼道里没有贴着物业的通知。", "楼道里贴着物业的通知。", "negation"),
        ("In fact, the ferry is not running.", "The ferry is running.", "negation"),
        ("其实，这条路不通。", "这条路通。", "negation"),
    ],
)
def test_one_change_contradicts_in_both_directions(one: str, other: str, rule: str) -> None:
    expected = [(rule, CONTRADICTION)] if rule else []
    assert said(one, other) == expected
    assert said(other, one) == expected


@pytest.mark.parametrize(
    ("premise", "hypothesis", "rule"),
    [
        ("The bag weighs 0.5 kg.", "The bag weighs 500 g.", "identity"),
        ("The hall seats exactly 70 people.", "The hall seats at least 50 people.", "number"),
        ("The hall seats 70 people.", "The hall seats at least 50 people.", "number"),
        ("大厅可以容纳七十人。", "大厅可以容纳至少五十人。", "number"),
        ("All rooms have a balcony.", "Some rooms have a balcony.", "quantifier"),
        ("The gate is not open at night.", "The gate is closed at night.", "opposite"),
        ("The desk is staffed from 8 am to 4 pm.", "The desk is staffed at 10 am.", "number"),
        ("诊所周一至周五开门。", "诊所周三开门。", "number"),
        ("Bags may weigh up to 8 kg.", "Bags may weigh 5 kg.", "number"),
        ("Ada was hired by Ivo.", "Ivo hired Ada.", "roles"),
        ("Ada sold the boat to Ivo.", "Ivo bought the boat from Ada.", "roles"),
        ("It is not true that the bridge isn't safe.", "The bridge is safe.", "negation"),
        ("Ivo is older than Ada.", "Ada is younger than Ivo.", "roles"),
        ("小狗被大猫抓伤了。", "大猫抓伤了小狗。", "roles"),
        ("Towels and soap are provided.", "Towels are provided.", "conjunct"),
        ("酒店提供毛巾和拖鞋。", "酒店提供毛巾。", "conjunct"),
    ],
)
def test_what_is_implied_follows(premise: str, hypothesis: str, rule: str) -> None:
    assert said(premise, hypothesis) == ([(rule, ENTAILMENT)] if rule else [])


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        ("If you do not pay, the contract ends.", "If you pay, the contract ends."),
        ("Members who do not vote lose their seat.", "Members who vote lose their seat."),
        ("Some of the guests did not stay.", "Some of the guests stayed."),
        ("Anna said the train was not late.", "The train was late."),
        ("不参加培训的员工可以回家。", "参加培训的员工可以回家。"),
        ("如果不下雨，比赛照常进行。", "如果下雨，比赛照常进行。"),
        ("If it snows, the pass is closed.", "The pass is open."),
        ("Twelve pupils from year 9 took part.", "Twelve pupils from year 10 took part."),
        ("单笔超过五千元的采购须经两人签字。", "单笔超过三千元的采购须经两人签字。"),
        ("The tour lasts at least two hours.", "The tour lasts three hours."),
        ("Guests do not have to pay.", "Guests pay."),
        ("The market is held on Mondays.", "The market is held on Tuesdays."),
        ("The talk has moved from Monday to Friday.", "The talk has moved from Friday to Monday."),
        ("The clinic is not open on Mondays.", "The clinic is not open on Tuesdays."),
        ("The lift carries up to 8 people.", "The lift carries up to 12 people."),
        ("Soap or shampoo is provided.", "Soap is provided."),
        ("Salt and water are mixed together.", "Salt is mixed together."),
        ("Ada met Ivo.", "Ivo met Ada."),
        ("The owner denied that he had sold the boat.", "The owner did not sell the boat."),
        ("The bakery in Mill Lane sells fresh bread.", "The bakery in Mill Lane sells old books."),
        ("店里没有卖完的面包会送人。", "店里卖完的面包会送人。"),
        ("I lent my neighbour my car, and she lent me her ladder.", "My neighbour borrowed my car."),
        ("他们不完全同意这个价格。", "他们完全不同意这个价格。"),
        ("他说他明天来，后天走。", "他说他明天来不了。"),
        ("据说电梯没有修好。", "电梯修好了。"),
        ("他觉得起点太远。", "他觉不起点太远。"),
        ("", "The library lends books."),
        ("The library lends books.", ""),
        ("The shop is open.", "The shop is open. It is closed on Sunday."),
    ],
)
def test_nothing_is_said_where_both_may_hold(premise: str, hypothesis: str) -> None:
    assert said(premise, hypothesis) == []


def test_the_nearest_sentence_of_a_page_speaks() -> None:
    page = "The archive holds maps. Bags are not allowed in the reading room. Coats are. " * 3
    (evidence,) = rule_evidence(page, "Bags are allowed in the reading room.")
    assert evidence.reason == 'permission: "not allowed" against "allowed"'
    assert evidence.label == CONTRADICTION


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [("Ada trusts Ivo.", "Ivo trusts Ada."), ("小王喜欢小李。", "小李喜欢小王。")],
)
def test_what_both_may_feel_is_left_open(premise: str, hypothesis: str) -> None:
    assert said(premise, hypothesis) == [("roles", "neutral")]


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        ("The orchard sells pears in autumn.", "Our train reached Lisbon late."),
        ("果园秋天卖梨。", "列车晚点抵达站台。"),
    ],
)
def test_texts_without_a_common_word_are_weak_evidence_of_nothing_said(premise: str, hypothesis: str) -> None:
    assert said(premise, hypothesis) == [("unrelated", "neutral")]
    assert {rule for rule, _ in said(premise, hypothesis)} <= WEAK_RULES
