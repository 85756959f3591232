"""Closed lists of English and Chinese words that rules about two texts read: what they deny, allow, count, oppose."""

from __future__ import annotations

import re
from functools import cache

from simengine.rules.cues import stem

FORBID, PERMIT, REQUIRE, FREE = "forbidden", "allowed", "required", "not required"
"""What a modal word says of an act."""
ALL, MOST, SOME, ONLY = "all", "most", "some", "only"
"""What a quantifier says of a set."""

# Words that a comparison leaves out: articles, forms of "be", auxiliaries, fillers.
_DROPPED = """a an the is are was were be been being am do does did done has have had having will would shall to
that there please also then just any you your it its these those this 's 're 've 'll 'd 'm currently both own very
really quite 的 了 是 有 会 将 请 也 还 均 都 皆 一律 地 着 过 就 便 则 而 之 其 该 您 你 你们 个 把 所 呢 啊 吧 吗
为 对 在 于 并 已 已经 里 中 内 进行 凡 这 那 此 才
exactly precisely 正好 恰好 整整 从来 根本 完全 仍 仍然"""
_NEGATIONS = """not no never none nobody nothing neither nor without nowhere 不是 没有 并非 并不 并未 从未 从不 从没
绝不 决不 未 没 不 无 非 不会 不曾 未曾 毫无 绝非"""
_MODALS = {
    FORBID: """prohibited prohibit prohibits forbidden forbid forbids banned bans disallowed disallow
        禁止 严禁 不得 不准 不许 不允许 不能 不可 不可以 谢绝 请勿 勿 切勿 禁 不让 不能够 不宜 别""",
    PERMIT: """may can could allowed allow allows permitted permit permits welcome
        可以 允许 准许 许可 可 能 能够 即可 均可 准予 得以""",
    REQUIRE: """must required requires require mandatory obligatory compulsory obliged
        必须 必需 须 应当 应该 应 需 需要 务必 务须 强制""",
    FREE: "optional voluntary neednot 不必 无需 无须 不用 不需 不需要 毋须 毋需 自愿 不须 不强制",
}
_QUANTIFIERS = {
    ALL: """all every each everyone everybody everything always entire whole
        所有 全部 一切 每 每个 每位 各 全体 任何 总是 始终""",
    MOST: "most majority usually mostly 大多数 大部分 多数 大多 通常",
    SOME: "some somebody someone something several sometimes partly partially 部分 一些 有些 有的 某些 少数 有时",
    ONLY: "only solely exclusively 只有 仅 只 仅仅 唯一 只能 只可 仅限 限",
}
# Words made with characters that mean something else alone.
_PLAIN_CHINESE = """不完全 不都 不一律
非常 未来 无论 不过 不仅 不但 不断 不同 不久 不少 不错 不管 不论 无线 不锈钢 不动产 除非 是否
能否 可能 可是 可靠 可爱 认可 可见 可惜 功能 性能 能源 能力 节能 智能 供应 反应 应用 适应 相应 效应 响应 对应 应急
应聘 需求 必要 别人 特别 别的 区别 级别 性别 类别 分别 个别 告别 别墅 只要 成年 未成年 成年人 未成年人 无理由 一只
两只 各种 各自 每天 每年 每月 每周 每晚 不如 不足 不满 未满 不良 无关 限制 限额 有限 期限 权限 中心 其中 中午 里面
上午 上海 以上 以下 是非 非洲 没收 应付 应收 不便 不安 不等 差不多 对不起 了不起 可口 于是 关于 由于 对于 为了 因为
认为 成为 作为 行为 现在 正在 存在 所在 在线 并且 合并 一并 要求 主要 重要 需要 会议 会员 社会 机会 晚会 协会 会计
大会 就业 就是 就诊 成就 便利 方便 便宜 得到 获得 觉得 取得 记得 地址 地点 地区 地铁 地方 场地 当地 本地 目的 的确
过去 通过 经过 超过 过程 过期 过敏 着急 有效 有限 没什么 有关 所有权 拥有 还款 归还 偿还 退还 将来 即将 内容 国内
室内 市内 境内 将近 将军 规则 原则 否则 其他 其它 其余 该校 应届 本科 成本 文本 版本 样本 基本 日本 课本 本人 把握
邀请 申请 请假 聘请 请求 请问 一起 一定 一样 一直 一般 统一 第一 唯一性 个人 整个 个别 各个 之间 之前 之后 之一 上班
上课 上网 上升 上涨 上市 马上 晚上 早上 网上 线上 楼上 里程 公里 公益 中国 中学 高中 初中 集中 中文 中间 空中 提前
目前 前台 后台 前往 前后 今后 然后 售后 前提 后果 时间 小时 临时 及时 准时 按时 定时 当时 时候 时段 期间 日期 学期
定期 假期 周期 长期 短期 到期 逾期 延期 分期 或者 患者 消费者 作者 记者 参与者"""
# Each line has words of one sense, a bar, and words of the opposite sense, of which one thing can have only one.
_EXCLUSIVE = """
open | close shut
accept approve | reject refuse decline
increase rise grow | decrease fall drop shrink
include inclusive | exclude exclusive extra
free complimentary gratis | charged paid chargeable
before | after
above | below
indoors indoor inside | outdoors outdoor outside
clean | dirty
early earlier | late later
high higher highest | low lower lowest
large big larger bigger largest biggest | small smaller smallest
long longer longest | short shorter shortest
fast faster fastest quick quicker | slow slower slowest
hot hotter warm warmer | cold colder cool cooler
wet | dry
full | empty
older oldest | younger youngest newer newest
alive | dead
married | single unmarried divorced
safe | dangerous unsafe
easy easier | difficult hard harder
cheap cheaper cheapest | expensive costlier
public | private
legal lawful | illegal unlawful
possible | impossible
valid | invalid void
succeed win pass | fail lose
buy | sell
lend | borrow
remember | forget
arrive | leave depart
more | less fewer
maximum | minimum
most | least
best better | worst worse
true correct right | false wrong incorrect
refundable | non-refundable nonrefundable
available | unavailable
enabled enable on | disabled disable off
present | absent
temporary temporarily | permanent permanently
daily | weekly monthly yearly annually
morning | evening afternoon night
strong stronger | weak weaker
profit | loss
import | export
upstairs | downstairs
first | last
with | without
开放 营业 打开 开门 开馆 | 关闭 停业 休业 闭馆 关门 歇业 停用
增加 上升 增长 上涨 提高 增多 上调 | 减少 下降 降低 下跌 下滑 降价 下调
开始 | 结束
同意 接受 赞成 批准 通过 | 拒绝 反对 驳回 否决
免费 免收 | 收费 付费 自费
包括 包含 包 含 | 不含 除外 不包括
有效 | 无效 失效
成功 | 失败
高于 超过 多于 | 低于 不足 少于
合法 | 非法 违法
室内 | 室外 户外
之前 以前 前 | 之后 以后 后
购买 买 | 出售 卖
借入 | 借出
便宜 | 昂贵 贵
安全 | 危险
公开 | 保密
永久 | 临时
上午 早上 | 下午 晚上
最高 | 最低
最多 | 至少 最少
盈利 | 亏损
进口 | 出口
干净 | 肮脏
热 | 冷
大于 | 小于
早于 | 晚于
收入 | 支出
赢 赢了 战胜 胜 | 输 输给 负
上班 | 下班
加班 | 休假
到达 | 离开 出发
快 | 慢
长 | 短
大 | 小
高 | 低 矮
多 | 少
新 | 旧
男 | 女
左 | 右
东 | 西
南 | 北
"""
_COMPLEMENTARY = """open close closed shut free include included exclude excluded valid invalid possible impossible
available unavailable legal illegal alive dead true false present absent refundable non-refundable
开放 关闭 免费 收费 有效 无效 合法 非法"""
_LIMITING = "due deadline limit limited maximum minimum notice period required 期限 限 最迟"
# Endings cannot tell the stem of these.
_IRREGULAR = """pay paid|sell sold|buy bought|give gave given|take took taken|lend lent|teach taught|send sent
hold held|keep kept|leave left|lose lost|win won|beat beaten|choose chose chosen|write wrote written
drive drove driven|see saw seen|know knew known|make made|build built|find found|meet met|tell told|lead led
bring brought|catch caught|feed fed|begin began begun|break broke broken|come came|eat ate eaten|fall fell fallen
get got|go goes went gone|grow grew grown|hide hid hidden|rise rose risen|run ran|say said|speak spoke spoken
spend spent|stand stood|steal stole stolen|think thought|wear wore worn|bear bore born|child children|man men
woman women|person people|foot feet|use used uses using|hire hired hires hiring|owe owed owes"""
_TRADITIONAL = str.maketrans(
    "沒無應當須許開關費專僅減長漲價業額貴險張輸贏進買賣東後請給還這個為對來時間場將會則過該與準禁單錢號點週總統間館課"
    "員學電話車訂郵聯網頁發傳務實驗證續兩萬億雙幾從們裡內種樣項條約協議責權離職門戶設備護檢測試題計劃產品質標認識願",
    "没无应当须许开关费专仅减长涨价业额贵险张输赢进买卖东后请给还这个为对来时间场将会则过该与准禁单钱号点周总统间馆课"
    "员学电话车订邮联网页发传务实验证续两万亿双几从们里内种样项条约协议责权离职门户设备护检测试题计划产品质标认识愿",
)
# 不过 is "but", yet 不过敏 is "not allergic": before these, the denial is a word of its own.
_NOT_AND_WORD = (
    "不(?=过[敏期关时问夜户滤热]|同[意步情]|便宜|安[全装排静心]|断[电网货供]|等待|满[意足员座]|久[留待]|错过"
    "|足[够月]|动[手摇])"
)


def simplified(text: str) -> str:
    """Common traditional characters as simplified ones; as long as the text."""
    return text.translate(_TRADITIONAL)


@cache
def dropped() -> frozenset[str]:
    """Words that a comparison leaves out."""
    return frozenset(_DROPPED.split())


@cache
def markers() -> dict[str, tuple[str, str]]:
    """Word → kind ("negation", "modal", "quantifier") and what it says."""
    table = dict.fromkeys(_NEGATIONS.split(), ("negation", "not"))
    for kind, words in (("modal", _MODALS), ("quantifier", _QUANTIFIERS)):
        table |= {word: (kind, sense) for sense, line in words.items() for word in line.split()}
    return table


@cache
def exclusive() -> dict[str, tuple[tuple[int, int], ...]]:
    """Stem → the lines of exclusive words that it stands in, and the side of the bar."""
    table: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, line in enumerate(filter(None, _EXCLUSIVE.split("\n"))):
        for side, words in enumerate(line.split("|")):
            for word in map(lemma, words.split()):
                table[word] = (*table.get(word, ()), (number, side))
    return table


@cache
def complementary() -> frozenset[str]:
    """Stems of words whose denial says the opposite: "not open" is "closed"."""
    return frozenset(map(lemma, _COMPLEMENTARY.split()))


@cache
def limiting() -> frozenset[str]:
    """Stems of words that make a bound a rule: of two such bounds only one is right."""
    return frozenset(map(lemma, _LIMITING.split()))


def lemma(word: str) -> str:
    """The stem of a word in lower case."""
    return irregular().get(word) or (stem(word) if word[:1].isascii() else word)


@cache
def irregular() -> dict[str, str]:
    """Form of an irregular English word → its stem."""
    entries = (entry.split() for line in _IRREGULAR.split("\n") for entry in line.split("|"))
    return {form: forms[0] for forms in entries for form in forms}


@cache
def chinese_words() -> re.Pattern[str]:
    """Listed Chinese words, the longest first, or one character."""
    listed = {*markers(), *exclusive(), *dropped(), *_PLAIN_CHINESE.split()}
    words = sorted((word for word in listed if len(word) > 1 and word[0] > "\u2e80"), key=len, reverse=True)
    return re.compile("|".join([_NOT_AND_WORD, *words, "."]))


_UNLIKE = re.compile(r"(?:un|in|im|ir|dis|non-?)(?=\w{3})")


def denied_by_prefix(one: str, other: str) -> bool:
    """Whether one of two English words is the other with a prefix that denies it: "paid" and "unpaid"."""
    shorter, longer = sorted((one, other), key=len)
    match = _UNLIKE.match(longer)
    return match is not None and lemma(longer[match.end() :]) == lemma(shorter) and shorter.isascii()
