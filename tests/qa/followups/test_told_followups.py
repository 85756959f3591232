"""Follow-ups of questions that tell something first, and of suppositions, people and amounts."""

from __future__ import annotations

import pytest

from simengine.qa.followups.antecedent import antecedent
from simengine.qa.followups.followup import expand, remembered, with_context
from simengine.qa.followups.quantities import another_amount
from simengine.qa.followups.sentences import as_questions, situation_and_question


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (
            "I'm 24. Do I get a seat for six pounds?",
            "Also in a box?",
            "I'm 24. Do I get a seat for six pounds in a box?",
        ),
        (
            "I only want to boulder. Do I need the belay check for that?",
            "And for ropes?",
            "Do I need the belay check for ropes?",
        ),
        (
            "He fell off a balcony. Is that something you'd pay for?",
            "And tartar removal?",
            "Is tartar removal something you'd pay for?",
        ),
        (
            "My dad can't do stairs. Will he be able to see every floor of the museum?",
            "And get on the ship?",
            "My dad can't do stairs. Will my dad be able to get on the ship?",
        ),
        ("Can my cat, who is ten, be taken on?", "And our dog?", "Can our dog, who is ten, be taken on?"),
        (
            "How much water does the Fara need?",
            "And electricity?",
            "How much electricity does the Fara need?",
        ),
    ],
)
def test_a_fragment_is_put_into_what_is_asked_not_into_what_is_told(
    before: str, question: str, expected: str
) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (
            "My daughter is 14 and keen on gadgets. May she operate the mower?",
            "And my 17-year-old?",
            "May my 17-year-old operate the mower?",
        ),
        (
            "My son is 15. Can he come on his own?",
            "His little brother too?",
            "Can my son's little brother come on his own?",
        ),
        (
            "Is my 17-year-old's check-up free?",
            "Do I have to wait while she is treated?",
            "Do I have to wait while my 17-year-old is treated?",
        ),
        (
            "I've broken my wrist. Can I put my membership on hold?",
            "I'm travelling. Can I pause it?",
            "I'm travelling. Can I pause my membership?",
        ),
        (
            "My boyfriend also has Kite. Do I pay for ringing him?",
            "Could I email him?",
            "Could I email my boyfriend?",
        ),
    ],
)
def test_somebody_is_taken_from_what_was_told(before: str, question: str, expected: str) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (
            "I'm on my own. Is one grown-up enough?",
            "What if my niece comes along?",
            "I'm on my own. Is one grown-up enough if my niece comes along?",
        ),
        (
            "I want £14,000 out for a car. Do I have to let you know?",
            "And if it's only £6,000?",
            "Do I have to let you know if I want £6,000 out for a car?",
        ),
        (
            "Our tap water has 3 °dH. Do I still have to fill in salt?",
            "And with 10 °dH?",
            "Do I still have to fill in salt if our tap water has 10 °dH?",
        ),
        ("It says E7. Do I need a technician?", "And for E4?", "Do I need a technician if it says E4?"),
        (
            "i cancelled one minute after that. do i owe anything",
            "and if it had been four minutes",
            "do i owe anything if i cancelled four minutes after that?",
        ),
    ],
)
def test_another_case_is_a_condition(before: str, question: str, expected: str) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("I only want a coffee. Can I go to the café for free?", "My sister is 16. Can she stay?"),
        ("My sister lives on Jersey. Can you send boots to her?", "What about the Isle of Man?"),
        ("Can I take painkillers?", "What if my sister is ill? Can she come?"),
        ("I got fined yesterday. What do I pay?", "I want to contest it. Do I pay?"),
    ],
)
def test_what_nobody_can_tell_stays(before: str, question: str) -> None:
    assert expand(question, before) is None


def test_the_end_of_a_span_is_asked_for() -> None:
    assert (
        expand("And after that?", "Will you bill me for the first year?")
        == "Will you bill me after the first year?"
    )
    assert expand("And after that?", "Will you bill me?") == "After that?"


def test_words_that_begin_a_sentence_are_no_names_to_search_for() -> None:
    before = "We sail tonight. Will there be hot food?"
    assert with_context("Is the café open?", before) == "Is the café open? sail tonight hot food"


def test_what_is_told_is_read_clause_by_clause() -> None:
    told = "My son took the lamp home and it's broken."
    assert as_questions(told) == ["did my son have the lamp home", "is it, broken"]
    assert situation_and_question("It's May. Do I pay?") == ("It's May.", "Do I pay?")
    assert situation_and_question("Do I pay? It's May.") == ("It's May.", "Do I pay?")
    assert antecedent("I took Relax. Do I pay?") == "Relax"


@pytest.mark.parametrize(
    ("fragment", "told"), [("with 3 kg", "I'm 24."), ("with a dog", "I'm 24."), ("if it is £3", "")]
)
def test_an_amount_of_another_kind_is_no_other_case(fragment: str, told: str) -> None:
    assert another_amount(fragment, told, "Do I pay?") is None


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("2号线车上有厕所吧？", "1号线上也有吗", "1号线车上有厕所吧？"),
        ("座套能机洗吗？", "内衬也可以吗？", "内衬能机洗吗？"),
        ("早上可以喝口白开水吗", "咖啡呢，黑咖啡", "早上可以喝黑咖啡吗？"),
        ("周日能去体检吗", "那周六呢，我个人买的", "周六能去体检吗？"),
        ("周六早上打一个钟多少钱", "周三下午两点呢", "周三下午两点打一个钟多少钱？"),
        ("十月一号图书馆开不开", "那大年初一呢", "大年初一图书馆开不开？"),
        ("朋友开车来坐四十分钟就走，要交停车费吗？", "要是停一整天呢", "要是停一整天，要交停车费吗？"),
        ("我儿子五岁，可以上墙爬吗", "他在休息区等我们可以吧？", "我儿子在休息区等我们可以吧？"),
        ("月度会员是自动续费吗？", "年度的也是吗？", "年度的会员是自动续费吗？"),
        ("渐进的镜片今天能拿走吗", "那加三十块急一急呢", "加三十块急一急，渐进的镜片今天能拿走吗？"),
    ],
)
def test_chinese_fragments_with_also_times_conditions_and_people(
    before: str, question: str, expected: str
) -> None:
    assert expand(question, before) == expected


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("凌晨两点还有地方可以看书吗？", "怎么进去"),
        ("买单次票中午出去吃个饭再回来还能爬吗", "有时间限制吗"),
        ("每年签注非得跑窗口吗", "我让老婆用她的脸帮我弄可以吗？"),
        ("高中生，十七岁，买隐形得叫我妈来？", "美瞳是不是也一样"),
    ],
)
def test_a_chinese_question_without_a_thing_to_put_in_stays(before: str, question: str) -> None:
    assert expand(question, before) is None


@pytest.mark.parametrize(
    "question",
    [
        "那么呢？",
        "呢，呢",
        "的呢",
        "也",
        "他？",
        "换成呢",
        "？",
        "And?",
        "What if?",
        "too",
        "if",
        "And if it's £5?",
    ],
)
@pytest.mark.parametrize(
    "before", ["的？", "他也行吗？", "周六可以吗，的", "I'm 24.", "No. 5?", "It's £3. Is it?", "?"]
)
def test_pieces_of_questions_break_nothing(question: str, before: str) -> None:
    found = expand(question, before)
    assert found is None or found.strip()
    assert remembered(found or question, before).strip()
