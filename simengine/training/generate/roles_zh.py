"""Chinese pairs about who did what to whom, from frames and two lists of words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Made, both_ways
from simengine.training.generate.vocabulary import TRAIN_ACTS_ZH, TRAIN_PERSONS_ZH, TRAIN_THINGS_ZH

WHEN: Final = ("", "", "昨天", "上周", "星期一", "开会后", "三月份", "午饭前", "在停车场", "又一次")
TRANSFERS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("{a}把{t}卖给了{b}。", "{a}卖给{b}的是{t}。", "{b}从{a}那里买了{t}。", "{t}被{a}卖给了{b}。"),
    ("{a}把{t}借给了{b}。", "{a}将{t}借给了{b}。", "{b}向{a}借了{t}。", "{t}被{a}借给了{b}。"),
    ("{a}把{t}送给了{b}。", "{a}送给{b}的是{t}。", "{b}收到了{a}送的{t}。", "{t}被{a}送给了{b}。"),
    ("{a}把{t}租给了{b}。", "{a}将{t}租给了{b}。", "{b}向{a}租了{t}。", "{t}被{a}租给了{b}。"),
    ("{a}把{t}寄给了{b}。", "{a}将{t}寄给了{b}。", "{b}收到了{a}寄来的{t}。", "{t}被{a}寄给了{b}。"),
    ("{a}偷了{b}的{t}。", "{a}把{b}的{t}偷走了。", "{b}的{t}被{a}偷了。", "偷{b}的{t}的人是{a}。"),
    ("{a}把{t}还给了{b}。", "{a}将{t}还给了{b}。", "{b}收到了{a}还回来的{t}。", "{t}被{a}还给了{b}。"),
)
CONVERSES: Final[tuple[tuple[str, str], ...]] = (
    ("{a}比{b}年纪大。", "{b}比{a}年纪小。"),
    ("{a}比{b}高。", "{b}比{a}矮。"),
    ("{a}比{b}重。", "{b}比{a}轻。"),
    ("{a}的收入比{b}高。", "{b}的收入比{a}低。"),
    ("{a}比{b}先到。", "{b}比{a}晚到。"),
    ("{a}跑得比{b}快。", "{b}跑得比{a}慢。"),
    ("{a}是{b}的上司。", "{b}是{a}的下属。"),
    ("{a}是{b}的学生。", "{b}是{a}的老师。"),
    ("{a}排在{b}前面。", "{b}排在{a}后面。"),
    ("{a}住在{b}楼上。", "{b}住在{a}楼下。"),
    ("{a}赢了{b}。", "{b}输给了{a}。"),
    ("{a}欠{b}钱。", "{b}是{a}的债主。"),
)
THING_CONVERSES: Final[tuple[tuple[str, str], ...]] = (
    ("{a}比{b}重。", "{b}比{a}轻。"),
    ("{a}比{b}贵。", "{b}比{a}便宜。"),
    ("{a}比{b}新。", "{b}比{a}旧。"),
    ("{a}放在{b}的左边。", "{b}放在{a}的右边。"),
    ("{a}压在{b}上面。", "{b}压在{a}下面。"),
    ("{a}比{b}先送到。", "{b}比{a}晚送到。"),
    ("{a}比{b}大。", "{b}比{a}小。"),
)
MUTUAL: Final[tuple[tuple[str, str], ...]] = (
    ("{a}和{b}结婚了。", "{a}没有和{b}结婚。"),
    ("{a}和{b}住在同一层楼。", "{a}和{b}不住在同一层楼。"),
    ("{a}和{b}在同一间办公室上班。", "{a}和{b}不在同一间办公室上班。"),
    ("{a}跟{b}一样高。", "{a}跟{b}不一样高。"),
    ("{a}跟{b}是亲戚。", "{a}跟{b}不是亲戚。"),
    ("{a}跟{b}同一天生日。", "{a}跟{b}的生日不在同一天。"),
)
_NEAR: Final = (
    "雇用 辞退 培训 推荐 接替 监督",
    "批评 责备 埋怨 投诉 起诉",
    "感谢 表扬",
    "帮助 救 送走",
    "提醒 劝阻",
    "等 叫醒",
)


def _two(people: Sequence[str], rng: random.Random) -> tuple[str, str]:
    one, other = rng.sample(people, 2)
    return one, other


def acts(rng: random.Random) -> Iterator[Made]:
    """One act of one on another: roles exchanged, the passive, and other acts."""
    a, b = _two(TRAIN_PERSONS_ZH, rng)
    c = rng.choice([each for each in TRAIN_PERSONS_ZH if each not in (a, b)])
    act, when = rng.choice(TRAIN_ACTS_ZH), rng.choice(WHEN)
    near = next((group.split() for group in _NEAR if act in group.split()), [act])
    other = rng.choice([each for each in TRAIN_ACTS_ZH if each not in near])
    said, back = f"{a}{when}{act}了{b}。", f"{b}{when}{act}了{a}。"
    passive = f"{b}{when}被{a}{act}了。"
    yield from both_ways(said, back, CONTRADICTION, "roles")
    yield from both_ways(said, passive, ENTAILMENT, "roles")
    yield Made(said, f"{a}{when}被{b}{act}了。", CONTRADICTION, "roles")
    yield Made(passive, back, CONTRADICTION, "roles")
    yield Made(said, f"是{a}{when}{act}了{b}，而不是{b}{act}了{a}。", ENTAILMENT, "roles")
    yield Made(back, f"是{a}{when}{act}了{b}，而不是{b}{act}了{a}。", CONTRADICTION, "roles")
    if when != "又一次":
        yield Made(said, f"{a}{when}没有{act}{b}。", CONTRADICTION, "roles")
        yield Made(f"{a}{when}并不是没有{act}{b}。", said, ENTAILMENT, "roles")
        yield Made(said, f"{c}{when}没有{act}{b}。", NEUTRAL, "roles")
        yield Made(said, f"{b}{when}没有{other}{a}。", NEUTRAL, "roles")
    yield Made(said, f"{b}{when}{other}了{a}。", NEUTRAL, "roles")
    yield Made(said, f"{a}{when}{act}了{c}。", NEUTRAL, "roles")
    yield Made(said, f"{c}{when}被{b}{act}了。", NEUTRAL, "roles")


def transfers(rng: random.Random) -> Iterator[Made]:
    """A thing that passes from one to another, told from both sides."""
    a, b = _two(TRAIN_PERSONS_ZH, rng)
    one, other = rng.sample(TRAIN_THINGS_ZH, 2)
    frame = rng.choice(TRANSFERS)
    mine = "" if "偷" in frame[0] else "那件" if one == "大衣" else "那"
    right = [form.format(a=a, b=b, t=mine + _counted(one, mine)) for form in frame]
    wrong = [form.format(a=b, b=a, t=mine + _counted(one, mine)) for form in frame]
    for left, again in ((0, 1), (0, 2), (2, 1), (1, 3), (3, 2)):
        yield Made(right[left], right[again], ENTAILMENT, "transfer")
        yield Made(right[left], wrong[again], CONTRADICTION, "transfer")
    yield Made(right[0], wrong[0], CONTRADICTION, "transfer")
    different = rng.choice([each for each in TRANSFERS if each is not frame and "偷" not in each[0]])
    yield Made(right[0], different[rng.choice((0, 1))].format(a=a, b=b, t=other), NEUTRAL, "transfer")
    yield Made(right[1], different[0].format(a=b, b=a, t=other), NEUTRAL, "transfer")
    yield Made(right[2], f"{b}不喜欢这件东西。", NEUTRAL, "transfer")
    yield Made(right[0], f"{one}不是新的。", NEUTRAL, "transfer")


def _counted(thing: str, before: str) -> str:
    """A thing with its measure word after 那."""
    if before != "那":
        return thing
    measures = {
        "自行车": "辆",
        "货车": "辆",
        "小说": "本",
        "词典": "本",
        "雨伞": "把",
        "吉他": "把",
        "画": "幅",
        "地图": "张",
        "帐篷": "顶",
        "梯子": "架",
        "钢琴": "架",
    }
    return measures.get(thing, "台" if thing in ("相机", "笔记本电脑", "打印机", "投影仪") else "个") + thing


def converses(rng: random.Random) -> Iterator[Made]:
    """Relations that run one way, with their converses."""
    things = rng.random() < 0.4
    forms = THING_CONVERSES if things else CONVERSES
    a, b = _two(TRAIN_THINGS_ZH if things else TRAIN_PERSONS_ZH, rng)
    (one, back), (other, _) = rng.sample(forms, 2)
    said, turned = one.format(a=a, b=b), back.format(a=a, b=b)
    yield from both_ways(said, turned, ENTAILMENT, "comparison")
    if "欠" not in one:
        yield from both_ways(said, one.format(a=b, b=a), CONTRADICTION, "comparison")
        yield from both_ways(said, back.format(a=b, b=a), CONTRADICTION, "comparison")
        yield Made(said, f"并非{one.format(a=b, b=a)}", ENTAILMENT, "comparison")
        yield Made(said, f"并非{one.format(a=a, b=b)}", CONTRADICTION, "comparison")
    if not {one, other} & _TELLING:
        yield Made(said, other.format(a=a, b=b), NEUTRAL, "comparison")
        yield Made(turned, other.format(a=b, b=a), NEUTRAL, "comparison")
        yield Made(said, f"并非{other.format(a=a, b=b)}", NEUTRAL, "comparison")


# Relations that make another one likely or unlikely.
_TELLING: Final = frozenset(
    {
        "{a}是{b}的上司。",
        "{a}是{b}的学生。",
        "{a}比{b}重。",
        "{a}比{b}大。",
        "{a}压在{b}上面。",
        "{a}放在{b}的左边。",
        "{a}比{b}年纪大。",
        "{a}排在{b}前面。",
        "{a}比{b}先到。",
        "{a}跑得比{b}快。",
        "{a}赢了{b}。",
    }
)


def mutual(rng: random.Random) -> Iterator[Made]:
    """Relations that hold in both directions."""
    a, b = _two(TRAIN_PERSONS_ZH, rng)
    c = rng.choice([each for each in TRAIN_PERSONS_ZH if each not in (a, b)])
    holds, fails = rng.choice(MUTUAL)
    said, other = holds.format(a=a, b=b), fails.format(a=a, b=b)
    yield Made(said, holds.format(a=b, b=a), ENTAILMENT, "roles")
    yield Made(other, fails.format(a=b, b=a), ENTAILMENT, "roles")
    yield Made(said, fails.format(a=b, b=a), CONTRADICTION, "roles")
    yield Made(other, holds.format(a=b, b=a), CONTRADICTION, "roles")
    if "结婚" not in holds:
        yield Made(said, holds.format(a=c, b=b), NEUTRAL, "roles")
        yield Made(said, fails.format(a=b, b=c), NEUTRAL, "roles")
