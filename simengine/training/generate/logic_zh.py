"""Chinese pairs about quantifiers, modality, "only", and joined parts of sentences, from frames."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Made, each_label, judged
from simengine.training.generate.quantities_zh import chinese_number
from simengine.training.generate.vocabulary import TRAIN_PERSONS_ZH, spaced

# Several things, a part of them, their measure word, what they do and its denial.
GROUPS: Final[tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...]] = (
    ("房间", "顶楼的", "间", (("有阳台", "没有阳台"), ("刷过漆", "没有刷过漆"), ("装了空调", "没装空调"))),
    ("班车", "夜间的", "辆", (("是电动的", "不是电动的"), ("在六月检修过", "没有在六月检修过"))),
    (
        "学员",
        "夜校的",
        "名",
        (("会说法语", "不会说法语"), ("通过了考试", "没有通过考试"), ("有自行车", "没有自行车")),
    ),
    ("店铺", "老城区的", "家", (("周日营业", "周日不营业"), ("收现金", "不收现金"))),
    ("菜谱", "第二章的", "份", (("有错误", "没有错误"), ("用到大蒜", "没有用到大蒜"))),
    ("机器", "地下室的", "台", (("还能用", "已经不能用"), ("在五月修过", "没有在五月修过"))),
    ("会员", "去年入会的", "位", (("投了票", "没有投票"), ("交了会费", "没有交会费"))),
    ("产品", "春季新推出的", "件", (("是国产的", "不是国产的"), ("含塑料", "不含塑料"))),
    ("信件", "国外寄来的", "封", (("已归档", "没有归档"), ("是手写的", "不是手写的"))),
    ("办公室", "新楼里的", "间", (("装了地毯", "没有装地毯"), ("朝南", "不朝南"))),
)
ACTORS: Final = (
    "住客",
    "租户",
    "访客",
    "员工",
    "司机",
    "会员",
    "学生",
    "申请人",
    "供应商",
    "乘客",
    "病人",
    "施工人员",
)
ACTIONS: Final = (
    "佩戴胸牌",
    "走侧门",
    "在院内停车",
    "带宠物",
    "刷卡付款",
    "在家办公",
    "拍照",
    "在阅览室吃东西",
    "签到",
    "邮寄表格",
    "把包放在大厅",
    "携带身份证",
    "更改密码",
    "亲自归还钥匙",
    "乘电梯",
    "录音",
    "提前预约",
    "共用账号",
)
FACTS: Final[tuple[tuple[str, str], ...]] = (
    ("通往山口的路封了", "通往山口的路没有封"),
    ("打印机没纸了", "打印机还有纸"),
    ("乐团请到了新团长", "乐团没有请到新团长"),
    ("面粉秋天涨了价", "面粉秋天没有涨价"),
    ("球队赢了第一场比赛", "球队没有赢第一场比赛"),
    ("谷仓的屋顶漏水", "谷仓的屋顶不漏水"),
    ("面包店招了学徒", "面包店没有招学徒"),
    ("周五的渡轮晚点了", "周五的渡轮没有晚点"),
    ("新版软件可以离线使用", "新版软件不能离线使用"),
    ("镇议会通过了预算", "镇议会没有通过预算"),
    ("樱花开了", "樱花还没开"),
    ("押金已全额退还", "押金没有全额退还"),
    ("第二场讲座取消了", "第二场讲座没有取消"),
    ("博物馆商店出售明信片", "博物馆商店不出售明信片"),
    ("保修包括电池", "保修不包括电池"),
    ("暖气修好了", "暖气没有修好"),
    ("证人认出了小偷", "证人没有认出小偷"),
    ("供货商周六送货", "供货商周六不送货"),
    ("学校正在招门卫", "学校没有在招门卫"),
    ("这种药会让人犯困", "这种药不会让人犯困"),
    ("电梯进得去轮椅", "电梯进不去轮椅"),
    ("罢工四月结束了", "罢工四月没有结束"),
    ("作者住在葡萄牙", "作者不住在葡萄牙"),
    ("密码是加密保存的", "密码不是加密保存的"),
)
GOODS: Final = spaced("面包 奶酪 蜂蜜 蜡烛 明信片 邮票 鲜花 茶叶 肥皂 地图 毛线 墨水 钉子 油漆 大蒜 雨伞")
SELLERS: Final = ("街角的小店", "集市上的摊位", "村口的杂货店", "车站的售货亭", "那家供货商", "礼品店")


def quantifiers(rng: random.Random) -> Iterator[Made]:
    """All, some, none, not all, most, and parts of the whole."""
    many, part, measure, predicates = rng.choice(GROUPS)
    do, do_not = rng.choice(predicates)
    every = rng.choice((f"所有{many}都{do}。", f"每{measure}{many}都{do}。", f"全部{many}都{do}。"))
    none = rng.choice((f"没有一{measure}{many}{do}。", f"所有{many}都{do_not}。"))
    some = rng.choice((f"有些{many}{do}。", f"至少有一{measure}{many}{do}。", f"部分{many}{do}。"))
    some_not = rng.choice(
        (f"并非所有{many}都{do}。", f"有些{many}{do_not}。", f"不是每{measure}{many}都{do}。")
    )
    most, half = f"大多数{many}{do}。", f"只有不到一半的{many}{do}。"
    of_part, one_does = f"{part}{many}都{do}。", f"至少有一{measure}{many}{do}。"
    none_without = f"没有一{measure}{many}{do_not}。"
    yield from judged(
        "quantifier",
        every,
        follows=(some.replace("部分", "至少一部分"), of_part, none_without),
        excluded=(none, some_not, half, f"{part}{many}都{do_not}。"),
    )
    yield from judged("quantifier", some, left_open=(most, of_part), excluded=(none,))
    yield from judged("quantifier", one_does, left_open=(every,), excluded=(none,))
    yield from judged(
        "quantifier", none, follows=(f"{part}{many}都{do_not}。",), excluded=(some, every, most, none_without)
    )
    one_not = f"至少有一{measure}{many}{do_not}。"
    yield from judged("quantifier", some_not, follows=(one_not,), left_open=(half,), excluded=(every,))
    yield from judged("quantifier", most, follows=(one_does,), left_open=(of_part,), excluded=(none, half))
    yield from judged("quantifier", of_part, follows=(one_does,), left_open=(every,), excluded=(none,))


def shares(rng: random.Random) -> Iterator[Made]:
    """So many of so many."""
    many, _, measure, predicates = rng.choice(GROUPS)
    do, do_not = rng.choice(predicates)
    total = rng.randint(4, 12)
    share = rng.randint(2, total - 2)
    yield from judged(
        "quantifier",
        f"{_count(total)}{measure}{many}中有{_count(share)}{measure}{do}。",
        follows=(f"并非所有{many}都{do}。", f"有{_count(total - share)}{measure}{many}{do_not}。"),
        excluded=(f"{_count(total)}{measure}{many}都{do}。", f"没有一{measure}{many}{do}。"),
    )


def _count(value: int) -> str:
    return "两" if value == 2 else chinese_number(value)


def modality(rng: random.Random) -> Iterator[Made]:
    """Must, may, must not, need not."""
    who = rng.choice(ACTORS)
    act, other = rng.sample(ACTIONS, 2)
    sides = {
        "must": (f"{who}必须{act}。", f"{who}须{act}。", f"{who}应当{act}。", f"要求{who}{act}。"),
        "may": (f"{who}可以{act}。", f"允许{who}{act}。", f"{who}获准{act}。"),
        "barred": (f"{who}不得{act}。", f"禁止{who}{act}。", f"{who}不准{act}。", f"不允许{who}{act}。"),
        "free": (f"{who}不必{act}。", f"{who}无须{act}。", f"{who}不一定要{act}。", f"{who}用不着{act}。"),
    }
    against = {"must": ("free", "barred"), "may": ("barred",), "barred": ("may", "must"), "free": ("must",)}
    for name, forms in sides.items():
        one, again = rng.sample(forms, 2)
        yield Made(one, again, ENTAILMENT, "modality")
        yield Made(one, rng.choice(sides[rng.choice(against[name])]), CONTRADICTION, "modality")
        rest = [
            text.replace(act, other)
            for text in (*sides["must"][:2], *sides["barred"][:3], *sides["free"][:2])
        ]
        yield Made(one, rng.choice(rest), NEUTRAL, "modality")
    for name, hypothesis, label in (
        ("may", f"{who}并非可以{act}。", CONTRADICTION),
        ("free", f"{who}不能不{act}。", CONTRADICTION),
        ("free", f"没有规定要求{who}{act}。", ENTAILMENT),
    ):
        yield Made(rng.choice(sides[name]), hypothesis, label, "modality")
    yield Made(rng.choice(sides["may"]), f"多数{who}喜欢{act}。", NEUTRAL, "modality")
    yield Made(rng.choice(sides["barred"]), f"{who}并非可以{act}。", ENTAILMENT, "modality")
    yield Made(rng.choice(sides["must"]), f"{who}不能不{act}。", ENTAILMENT, "modality")
    yield Made(rng.choice(sides["must"]), f"没有规定要求{who}{act}。", CONTRADICTION, "modality")


def only(rng: random.Random) -> Iterator[Made]:
    """What 只 and 除……外 shut out."""
    who, act = rng.choice(ACTORS), rng.choice(ACTIONS)
    rule = rng.choice((f"只有{who}可以{act}。", f"除{who}外，任何人都不得{act}。", f"{act}仅限{who}。"))
    yield from each_label(
        rule,
        [
            (ENTAILMENT, f"不是{who}的人不得{act}。"),
            (CONTRADICTION, f"人人都可以{act}。"),
            (CONTRADICTION, f"不是{who}的人也可以{act}。"),
            (CONTRADICTION, f"{who}不得{act}。"),
            (NEUTRAL, f"很少有{who}想{act}。"),
            (NEUTRAL, f"许多{who}都{act}。"),
        ],
        "only",
    )
    shared = f"{who}和其他人都可以{act}。"
    yield Made(shared, f"不是{who}的人也可以{act}。", ENTAILMENT, "only")
    yield Made(shared, f"人人都可以{act}。", ENTAILMENT, "only")
    yield Made(shared, f"不是{who}的人不得{act}。", CONTRADICTION, "only")
    shop = rng.choice(SELLERS)
    one, other, third = rng.sample(GOODS, 3)
    said = rng.choice((f"{shop}只卖{one}和{other}。", f"除了{one}和{other}，{shop}什么都不卖。"))
    yield from each_label(
        said,
        [
            (ENTAILMENT, f"{shop}不卖{third}。"),
            (CONTRADICTION, f"{shop}卖{third}。"),
            (ENTAILMENT, f"{shop}卖{other}。"),
            (CONTRADICTION, f"{shop}不卖{one}。"),
            (NEUTRAL, f"{shop}的{one}比{other}卖得好。"),
            (NEUTRAL, f"{shop}的{one}不贵。"),
        ],
        "only",
    )


def lists(rng: random.Random) -> Iterator[Made]:
    """Parts of a list: dropped, added, denied; 或 and 既不也不."""
    shop = rng.choice(SELLERS)
    a, b, c, d = rng.sample(GOODS, 4)
    yield from each_label(
        f"{shop}卖{a}、{b}和{c}。",
        [
            (ENTAILMENT, f"{shop}卖{b}。"),
            (ENTAILMENT, f"{shop}卖{c}和{a}。"),
            (NEUTRAL, f"{shop}卖{a}、{b}、{c}和{d}。"),
            (NEUTRAL, f"{shop}不卖{d}。"),
            (CONTRADICTION, f"{shop}卖{a}和{b}，但不卖{c}。"),
            (CONTRADICTION, f"{shop}不卖{b}。"),
        ],
        "conjunct",
    )
    yield from each_label(
        f"{shop}既不卖{a}，也不卖{b}。",
        [
            (ENTAILMENT, f"{shop}不卖{a}。"),
            (ENTAILMENT, f"在{shop}买不到{b}。"),
            (CONTRADICTION, f"{shop}卖{b}。"),
            (NEUTRAL, f"{shop}卖{c}。"),
        ],
        "conjunct",
    )
    p, q, r = rng.sample(TRAIN_PERSONS_ZH, 3)
    yield from each_label(
        f"{p}和{q}都参加了会议。",
        [
            (ENTAILMENT, f"{q}参加了会议。"),
            (NEUTRAL, f"{p}、{q}和{r}都参加了会议。"),
            (CONTRADICTION, f"{p}参加了会议，{q}没有参加。"),
            (CONTRADICTION, f"{p}和{q}都没有参加会议。"),
        ],
        "conjunct",
    )
    either = f"钥匙不在{p}手里，就在{q}手里。"
    yield from each_label(
        either,
        [
            (NEUTRAL, f"钥匙在{p}手里。"),
            (NEUTRAL, f"钥匙不在{q}手里。"),
            (CONTRADICTION, f"钥匙既不在{p}手里，也不在{q}手里。"),
            (CONTRADICTION, f"钥匙在{r}手里。"),
        ],
        "conjunct",
    )
    yield Made(f"{either}但钥匙不在{p}手里。", f"钥匙在{q}手里。", ENTAILMENT, "conjunct")


def clauses(rng: random.Random) -> Iterator[Made]:
    """Clauses joined to each other: dropped, added, made a condition, believed, doubted."""
    (one, not_one), (two, not_two) = rng.sample(FACTS, 2)
    x = rng.choice(TRAIN_PERSONS_ZH)
    join = rng.choice(
        (
            "{a}，{b}。",
            "{a}，但是{b}。",
            "虽然{b}，{a}。",
            "{a}；{b}。",
            "因为{b}，所以{a}。",
            "{a}，而且{b}。",
        )
    )
    said = join.format(a=one, b=two)
    yield from each_label(
        said,
        [
            (ENTAILMENT, one + "。"),
            (ENTAILMENT, two + "。"),
            (CONTRADICTION, not_one + "。"),
            (CONTRADICTION, not_two + "。"),
        ],
        "clause",
    )
    yield from each_label(
        join.format(a=not_one, b=two), [(ENTAILMENT, not_one + "。"), (CONTRADICTION, one + "。")], "clause"
    )
    yield from each_label(
        one + "。", [(NEUTRAL, f"{one}，{two}。"), (CONTRADICTION, f"{not_one}，{two}。")], "clause"
    )
    condition = rng.choice((f"如果{one}，那么{two}。", f"要是{one}，{two}。", f"除非{not_one}，否则{two}。"))
    unknown = rng.choice(
        (f"{x}认为{one}。", f"{x}不确定{one}的消息是真是假。", f"{one}一事尚未得到证实。", f"{x}希望{one}。")
    )
    for source in (condition, unknown):
        yield from each_label(source, [(NEUTRAL, one + "。"), (NEUTRAL, not_one + "。")], "clause")
    known = rng.choice((f"{x}知道{one}。", f"{x}发现{one}。", f"{x}并不意外{one}。", f"好在{one}。"))
    yield from each_label(known, [(ENTAILMENT, one + "。"), (CONTRADICTION, not_one + "。")], "clause")
    wrong = rng.choice((f"{x}误以为{one}。", f"{x}谎称{one}。", f"与{x}说的相反，{not_one}。"))
    yield from each_label(wrong, [(CONTRADICTION, one + "。"), (ENTAILMENT, not_one + "。")], "clause")


def denials(rng: random.Random) -> Iterator[Made]:
    """Denied and doubly denied facts on either side."""
    one, not_one = rng.choice(FACTS)
    other, not_other = rng.choice([fact for fact in FACTS if fact[0] != one])
    yes, no = one + "。", not_one + "。"
    not_true = rng.choice(("并非{}。", "说{}，这不是事实。", "“{}”这种说法不对。", "说{}是不对的。"))
    double, single = not_true.format(not_one), not_true.format(one)
    yield from each_label(
        yes,
        [
            (CONTRADICTION, no),
            (CONTRADICTION, single),
            (ENTAILMENT, double),
            (NEUTRAL, not_other + "。"),
            (NEUTRAL, not_true.format(other)),
        ],
        "denial",
    )
    yield from each_label(
        no,
        [(CONTRADICTION, yes), (ENTAILMENT, single), (CONTRADICTION, double), (NEUTRAL, other + "。")],
        "denial",
    )
    yield from each_label(single, [(ENTAILMENT, no), (CONTRADICTION, yes), (CONTRADICTION, double)], "denial")
    yield from each_label(
        double, [(ENTAILMENT, yes), (CONTRADICTION, no), (NEUTRAL, not_true.format(not_other))], "denial"
    )
