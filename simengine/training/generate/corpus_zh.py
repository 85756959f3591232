"""Chinese pairs made of one sentence of a corpus: the same in other dress, denied, with another number, in part."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, Made, both_ways

_HANDED: Final = re.compile(
    "^(?P<giver>[\u4e00-\u9fff]{2,3})[把将](?P<thing>[^，。；的给]{1,8})(?P<act>[卖借送租寄交递转还])给了?"
    "(?P<taker>[\u4e00-\u9fff]{2,3})(?P<rest>[，。].*)$"
)
_NO_NAME: Final = re.compile("[他她它这那我你们谁再又已都不没也的了要会能可]")

# A word that can be denied, where it is not part of a longer one; what denies it.
_DENIALS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), denial)
    for pattern, denial in (
        ("(?<![不只也才就都均仍还便亦])可以(?![不没])", "不可以"),
        ("(?<![不只也才就都均])允许", "不允许"),
        ("(?<![不只])必须", "不必"),
        ("(?<![必不无只才])须", "无须"),
        ("(?<![不只])需要", "不需要"),
        (
            "(?<![但还只凡于总不而就都也更又乃若要曾便正可竟仅算或即真似仍先像硬老净则亦将已经])是(?![否非以])",
            "不是",
        ),
        (
            "(?<![所只没具拥享占富含还都也又独持惟唯特原未仅若设现就已经曾则亦含附内尚])有(?![效限关的些人时所利意趣偿序机无害益望待权可没超约近了过着一二三四五六七八九十两几多\\d])",
            "没有",
        ),
        (
            "(?<![不友动联机社协学议国大委工商就都才也还只])会(?=自动|重新|提供|影响|向|给|发送|通知|收到|在|对|被|导致|引起|变|扣|退|显示|删除|保留)",
            "不会",
        ),
        (
            "(?<![不只才功性智可技机职效节电产动热就都也还官潜])能(?=在|用|与|和|够|使|支|连|看|听|退|换|上|下|进|取|自|单|通过|显示|识别|播放)",
            "不能",
        ),
        (
            "(?<![不许认只才就都均还也亦便时])可(?=在|用|与|退|换|免|申|使|通过|续|享|随|同时|乘|由|凭|携|直接|转)",
            "不可",
        ),
        ("(?<![不没])位于", "不位于"),
        ("(?<![不没])属于", "不属于"),
        ("(?<![不没])包括", "不包括"),
        ("(?<![不包])含(?=早|电|税|运|邮|餐|安装|充电)", "不含"),
        ("(?<![不])提供(?!者|商)", "不提供"),
        ("(?<![不])支持(?!者)", "不支持"),
        ("(?<![不])收取", "不收取"),
        ("(?<![不])接受", "不接受"),
    )
)
_REMOVED: Final[tuple[tuple[str, str], ...]] = (
    ("不可以", "可以"),
    ("不允许", "允许"),
    ("不需要", "需要"),
    ("不是", "是"),
    ("没有", "有"),
    ("不会", "会"),
    ("不能", "能"),
    ("不包括", "包括"),
    ("不提供", "提供"),
    ("不支持", "支持"),
    ("不得", "可以"),
    ("无需", "需要"),
    ("不必", "必须"),
    ("无须", "必须"),
)
_UNSAFE: Final = re.compile(
    "[不没未无非勿别莫禁拒否]|如果|若|除|只|才|仅|虽|但|却|因|所以|然而|反而|即使|无论|不论|直到|尚|几乎|差点|可能|也许|大概|或|还是"
    "|说|表示|认为|觉得|希望|称|据|以为|相信|建议|要求|问|想|更|最|比|一样|多|少|些|有的|每|各|凡|任何|所有|全部|都|均|皆|也|又|再|还|仍|就|时候"
    "|者|之后|之前|以前|以后|以来|吗|呢|吧|什么|怎么|谁|哪|[A-Za-z“”：；？！（]"
)
_NEGATIVE: Final = re.compile("[不没未无非勿别莫禁拒否]")
_CLAUSE: Final = re.compile("[，。；、]")


def surface(sentence: str, rng: random.Random) -> Iterator[Made]:
    """The sentence itself, and in other dress: full stop, width of signs, spaces."""
    bare = sentence.removesuffix("。")
    dressed = [
        bare,
        bare + "！",
        bare + " 。",
        bare + ".",
        sentence.replace("，", ","),
        sentence.replace("，", "， "),
        " " + sentence,
    ]
    other = rng.choice([text for text in dressed if text != sentence])
    yield Made(sentence, sentence, ENTAILMENT, "identity")
    yield from both_ways(sentence, other, ENTAILMENT, "identity")


def roles(sentence: str, rng: random.Random) -> Iterator[Made]:
    """Somebody who hands something to somebody: the two exchanged, and the thing as the subject."""
    del rng
    found = _HANDED.match(sentence)
    if not found or _NO_NAME.search(found["giver"] + found["taker"]):
        return
    giver, taker, thing, act = found["giver"], found["taker"], found["thing"], found["act"]
    yield Made(sentence, f"{taker}把{thing}{act}给了{giver}。", CONTRADICTION, "roles")
    yield Made(sentence, f"{thing}被{giver}{act}给了{taker}。", ENTAILMENT, "roles")


def denied(sentence: str) -> str | None:
    """The sentence with one of its verbs denied, or None where that is not safe.

    The verb stands in a clause that has no attributive 的 after it and is not the condition of another one.
    """
    if _UNSAFE.search(sentence) or sentence.count("，") > 1:
        return None
    for pattern, denial in _DENIALS:
        found = list(pattern.finditer(sentence))
        if len(found) == 1 and _is_predicate(sentence, found[0].start(), found[0].end()):
            return sentence[: found[0].start()] + denial + sentence[found[0].end() :]
    return None


def _is_predicate(sentence: str, start: int, end: int) -> bool:
    clause_end = _CLAUSE.search(sentence, end)
    stop = clause_end.start() if clause_end else len(sentence)
    begin = max((found.end() for found in _CLAUSE.finditer(sentence, 0, start)), default=0)
    rest, before = sentence[end:stop], sentence[begin:start]
    attributive = "的" in rest and sentence[end - 1] != "是"
    if sentence[end - 1] == "有" and re.search(r"[\d一二三四五六七八九十百千两几多]", rest):
        return False
    relative = re.search("[可能会有是][^的]*的", before) is not None
    return (
        bool(rest)
        and 1 <= len(before) <= 14
        and not attributive
        and not relative
        and "、" not in sentence[begin:start]
    )


def affirmed(sentence: str) -> str | None:
    """A sentence with one negation without it, or None where that is not safe."""
    negations = _NEGATIVE.findall(sentence)
    if len(negations) != 1 or "，" in sentence:
        return None
    for negative, positive in _REMOVED:
        place = sentence.find(negative)
        if place < 1 or _UNSAFE.search(sentence.replace(negative, "")):
            continue
        if sentence[place - 1] in "并从决毫绝" or not _is_predicate(sentence, place, place + len(negative)):
            return None
        return sentence[:place] + positive + sentence[place + len(negative) :]
    return None


def negation(sentence: str, rng: random.Random) -> Iterator[Made]:
    """The sentence and its denial, with either of them as the premise, and denied twice."""
    no = denied(sentence)
    yes: str | None = sentence
    if no is None:
        yes, no = affirmed(sentence), sentence
    if yes is None:
        return
    yield Made(yes, no, CONTRADICTION, "negation")
    yield Made(no, yes, CONTRADICTION, "premise_negation")
    if "，" in sentence or "、" in sentence or re.search("必须|需要|不必|无[须需]", yes + no):
        return
    shape = rng.choice(("并非{}。", "“{}”，这不是事实。", "说{}是不对的。"))
    single, double = shape.format(yes.removesuffix("。")), shape.format(no.removesuffix("。"))
    yield Made(no, single, ENTAILMENT, "negation")
    yield Made(single, no, ENTAILMENT, "premise_negation")
    yield Made(single, yes, CONTRADICTION, "premise_negation")
    yield Made(yes, double, ENTAILMENT, "double_negation")
    yield Made(double, yes, ENTAILMENT, "double_negation")
    yield Made(no, double, CONTRADICTION, "double_negation")
    yield Made(double, no, CONTRADICTION, "double_negation")


_AMOUNT: Final = re.compile(
    r"(?<![\d.,:第号每满过于足到至约近超内共达前后限零〇一二两三四五六七八九十百千万亿点几数末这那])(?P<number>\d+(?:\.\d+)?|[二两三四五六七八九]|[二三四五六七八九]?十[一二三四五六七八九]?)(?<!\d\d\d(?=年))"
    "(?P<unit>元|天|小时|分钟|公里|公斤|千克|克|米|厘米|毫升|升|人|名|个月|年(?!\\d|代|级|以)|次|间|辆|本|层|吨|枚|张|部|首|座|倍|岁|瓶|斤|%)"
    "(?![以之内左多几或至到左后前]|工作日)"
)
_YEAR: Final = re.compile(
    r"(?P<number>1[5-9]\d\d|20[0-2]\d)年(?=[\d月]*[日]?(?:出生|成立|建成|出版|发行|上映|创立|开业|开通|通车|竣工|毕业|逝世|去世|获|播出|推出|颁布|开幕|当选))"
)
_CONDITION: Final = re.compile(
    "如|若|除|凡|满|超|逾|不足|未满|至少|最多|以上|以下|以内|之内|或|至|到|约|近|每|不|前|后|限|即|未|称|者"
)


def number(sentence: str, rng: random.Random) -> Iterator[Made]:
    """The sentence with another amount, or another year of what happens once."""
    year = _YEAR.search(sentence)
    if year and len(re.findall(r"\d{4}年", sentence)) == 1 and not _NEGATIVE.search(sentence):
        other = str(int(year["number"]) + rng.choice((-12, -5, -3, 2, 3, 4)))
        yield from both_ways(
            sentence,
            sentence[: year.start()] + other + sentence[year.end("number") :],
            CONTRADICTION,
            "corpus_number",
        )
        return
    found = list(_AMOUNT.finditer(sentence))
    if (
        len(found) != 1
        or _CONDITION.search(sentence)
        or len(re.findall(r"\d+", sentence)) > 1
        or found[0].start() < 2
    ):
        return
    if "的" in sentence[found[0].end() : found[0].end() + 6]:
        return
    changed = _other_number(found[0]["number"], found[0]["unit"], rng)
    yield from both_ways(
        sentence,
        sentence[: found[0].start()] + changed + sentence[found[0].end("number") :],
        CONTRADICTION,
        "corpus_number",
    )


_COUNTS: Final = "两三四五六七八九"


def _other_number(text: str, unit: str, rng: random.Random) -> str:
    if not text[0].isdigit():
        if "十" in text:
            return rng.choice(
                [each for each in ("十五", "三十", "二十四", "四十五", "六十", "十八") if each != text]
            )
        place = max(_COUNTS.find(text), 0)
        return rng.choice([each for at, each in enumerate(_COUNTS) if abs(at - place) >= 2])
    value = float(text)
    if unit == "%":
        return f"{value / 2:g}" if value > 50 else f"{value * 1.5:g}"
    changed = value * rng.choice((2, 3)) if value <= 3 else value * rng.choice((0.5, 1.5, 2, 3))
    return f"{changed:.{len(text.split('.')[1])}f}" if "." in text else f"{int(changed)}"
