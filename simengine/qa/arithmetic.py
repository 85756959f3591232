"""Answers that are calculated from quantities of the evidence: prices, opening hours, deadlines. English and Chinese.

Only what is certain is calculated: each number stands in the question or in a quoted sentence, in one unit. In doubt
there is no calculation, and the sentence itself is the answer.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from simengine.cross_encoders.windows import sentence_spans
from simengine.rules.cues import stem
from simengine.rules.quantities import CLOCK, DATE, MONEY, Quantity, quantities
from simengine.text.scripts import is_chinese
from simengine.text.words import content_words
from simengine.types import Answer, Span

DAY_S = 86_400
_MINUTES_OF_DAY = 1_440
_PLAIN_YEAR = 2025  # of dates without a year; a period over the end of February is then not calculated
_PRICE = re.compile(
    r"\bhow much\b|\b(?:cost|price|pay|charge|fee|total|altogether|rent|deposit)\w*\b|多少钱|多少元|费用|价格|"
    r"一共|总共|共计|合计|押金|租金",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\b(?:total|altogether|all together|combined|sum|in all)\b|一共|总共|總共|共计|合计|加起来",
    re.IGNORECASE,
)
_HOW_LONG_OPEN = re.compile(
    r"\bhow (?:long|many hours)\b.*\bopen\b|\bopen\b.*\bhow (?:long|many hours)\b|(?:开|營業|营业|"
    r"開).*(?:多长时间|多少小时|几个小时|多久)",
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"\b(?:until when|by when|latest|deadline|last day|when .*\b(?:end|expire|run out|by|latest|must|"
    r"have to)\b|what date|"
    r"which day|how late)\b|哪天|哪一天|几号|幾號|什么时候|何时|最晚|最迟|截止",
    re.IGNORECASE,
)
_WORKING = re.compile(r"\b(?:working|business|week)\s*days?\b|工作日", re.IGNORECASE)
_PERIOD = re.compile(
    r"\b(?:within|for|after|up to|in)\s*$|^\s*(?:之内|以内|内|內|后|後|of\b|from\b|after\b)", re.IGNORECASE
)
_PER = re.compile(r"^\s*(?:per|a|an|each|every|for each|for every|/)\s*([A-Za-z]+)?", re.IGNORECASE)
_EACH = re.compile(r"\b(?:each|every|per)\s+([A-Za-z]+)", re.IGNORECASE)
_CHINESE_COUNT = re.compile(
    "([一二两三四五六七八九十百\\d]+)\\s*(?:个|個|位|名)?\\s*(人|晚|天|月|年|次|张|張|件|份|套|辆|台|间|間|本|小时|小時|大人|孩子|成人|儿童|学生)"
)
_CHINESE_UNIT = re.compile(
    "[/／每一]\\s*(?:个|個|位|名)?\\s*(人|晚|天|月|年|次|张|張|件|份|套|辆|台|间|間|本|小时|小時|大人|孩子|成人|儿童|学生)"
)
_RENT = re.compile(
    r"months?['\u2019]?s?\s+(?:basic\s+|net\s+)?rent|个月(?:的)?(?:租金|房租|月租)", re.IGNORECASE
)
_MONTHLY = re.compile(
    r"\b(?:a|per|each|every) month\b|\bmonthly\b|/month|每月|每个月|月租|/月", re.IGNORECASE
)
_RENT_WORD = re.compile(r"\brent\b|租金|房租|月租", re.IGNORECASE)
_JOINT = re.compile(r"\b(?:and|plus|with)\b|和|加上|加|与|與|以及|跟|、", re.IGNORECASE)
_HOUR, _MINUTE = ("hour", "hours"), ("minute", "minutes")


@dataclass(frozen=True, slots=True)
class Calculation:
    """A calculated answer.

    Attributes:
        text: the result, such as "135 euros".
        shown: how it was made, such as "3 × 45 = 135".
    """

    text: str
    shown: str


def with_calculation(answer: Answer, passages: Sequence[str]) -> Answer:
    """An answer with its calculation if the question asks for one that the evidence allows, else unchanged.

    Args:
        answer: with evidence.
        passages: of the search; a second quantity, such as the rent that a deposit is a multiple of, may stand in any.
    """
    if answer.evidence is None:
        return answer
    others = [
        passage[span.start : span.end]
        for passage in passages
        for span in sentence_spans(passage, Span(0, len(passage)))
    ]
    found = calculate(answer.question, answer.evidence.text, others)
    if found is None:
        return answer
    return replace(answer, text=found.text, calculation=found.shown, span=None)


def calculate(question: str, evidence: str, others: Sequence[str] = ()) -> Calculation | None:
    """What a question asks to be calculated from quantities.

    Args:
        question: English or Chinese.
        evidence: the sentence that answers it.
        others: further sentences.

    Returns:
        None unless every quantity is certain.
    """
    rules: tuple[Callable[[str, str, Sequence[str]], Calculation | None], ...] = (
        _months_of_rent,
        _sum,
        _times_count,
        _opening_time,
        _deadline,
    )
    return next((found for rule in rules if (found := rule(question, evidence, others)) is not None), None)


def _exact(text: str, dimension: str) -> list[Quantity]:
    return [q for q in quantities(text) if q.dimension == dimension and q.low == q.high and q.bound == ""]


def _price(text: str, money: Quantity, amount: float) -> str:
    """An amount written as a price of a text is."""
    written = text[money.start : money.end].strip()
    number = re.search(r"[\d,.]*\d|[零〇一二两三四五六七八九十百千万]+", written)
    shown = _number(amount)
    return (
        f"{shown} {money.base}"
        if number is None
        else written[: number.start()] + shown + written[number.end() :]
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isclose(value, round(value)) else f"{value:,.2f}"


def _times_count(question: str, evidence: str, _: Sequence[str]) -> Calculation | None:
    """A number of the question times a price for one: "3 nights" at "45 euros a night"."""
    prices = _exact(evidence, MONEY)
    if _PRICE.search(question) is None or len(prices) != 1:
        return None
    counted = (
        _chinese_count(question, evidence, prices[0])
        if is_chinese(question)
        else _count(question, evidence, prices[0])
    )
    if counted is None or counted < 2:
        return None
    price, total = prices[0].low, prices[0].low * counted
    return Calculation(
        _price(evidence, prices[0], total), f"{_number(counted)} × {_number(price)} = {_number(total)}"
    )


def _count(question: str, evidence: str, price: Quantity) -> float | None:
    """The only number of the question that counts what the price is for."""
    per = _PER.match(evidence[price.end :])
    unit = per[1] if per is not None else None
    if unit is None:
        before = _EACH.search(evidence[: price.start])
        unit = before[1] if before is not None else None
    if unit is None:
        return None
    unit = stem(_singular(unit.lower()))
    found = []
    for q in quantities(question):
        if q.low != q.high or q.bound or q.dimension not in ("number", "time"):
            continue
        number = re.match(r"\s*([\d.]+|[a-z-]+)", question[q.start : q.end].lower())
        words = re.findall(r"[a-z]+", question[q.start :].lower())
        noun = next((_singular(word) for word in words[:4] if stem(_singular(word)) == unit), None)
        if noun is not None and number is not None:
            found.append(_amount(q, question))
    return found[0] if len(found) == 1 else None


def _amount(q: Quantity, text: str) -> float:
    """The number of a quantity as written: 3 of "3 days"."""
    if q.dimension == "number":
        return q.low
    digits = re.match(r"\s*([\d.]+)", text[q.start : q.end])
    if digits is not None:
        return float(digits[1])
    spelled = quantities(re.split(r"\s", text[q.start : q.end].strip())[0])
    return spelled[0].low if spelled else math.nan


def _singular(word: str) -> str:
    return {"people": "person", "persons": "person", "children": "child", "men": "man", "women": "woman"}.get(
        word, word
    )


def _chinese_count(question: str, evidence: str, price: Quantity) -> float | None:
    near = evidence[max(0, price.start - 8) : price.start] + evidence[price.start : price.end + 6]
    unit = _CHINESE_UNIT.search(near)
    counts = [
        match for match in _CHINESE_COUNT.finditer(question) if unit is not None and match[2] == unit[1]
    ]
    if len(counts) != 1:
        return None
    parsed = quantities(f"{counts[0][1]}元")
    return parsed[0].low if parsed else None


def _sum(question: str, evidence: str, others: Sequence[str]) -> Calculation | None:
    """Two prices together, each for one of the two things that the question names."""
    if _TOTAL.search(question) is None or _PRICE.search(question) is None:
        return None
    joint = list(_JOINT.finditer(question))
    if len(joint) != 1:
        return None
    sides = (question[: joint[0].start()], question[joint[0].end() :])
    found = [_price_of(side, other, [evidence, *others]) for side, other in (sides, sides[::-1])]
    if found[0] is None or found[1] is None:
        return None
    (text1, one), (text2, two) = found[0], found[1]
    if one.base != two.base or (text1 == text2 and one == two):
        return None
    total = one.low + two.low
    return Calculation(
        _price(text1, one, total), f"{_number(one.low)} + {_number(two.low)} = {_number(total)}"
    )


def _price_of(side: str, other: str, sentences: Sequence[str]) -> tuple[str, Quantity] | None:
    """The price in the clause that names one thing and not the other, if just one amount is so named."""
    wanted, foreign = _things(side), _things(other)
    found: dict[float, tuple[str, Quantity]] = {}
    for sentence in sentences:
        for clause in re.split(r"[,;，；]|(?<!\d)\.(?!\d)|\band\b|\bbut\b|\bplus\b", sentence):
            prices, words = _exact(clause, MONEY), _things(clause)
            if len(prices) == 1 and words & (wanted - foreign) and not words & (foreign - wanted):
                found.setdefault(prices[0].low, (clause, prices[0]))
    return next(iter(found.values())) if len(found) == 1 else None


def _things(text: str) -> set[str]:
    if is_chinese(text):
        bare = _PRICE.sub("", _TOTAL.sub("", text))
        runs = re.findall("[\u4e00-\u9fff]+", bare)
        return {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
    dull = {"much", "cost", "price", "pay", "total", "altogether", "fee", "charge", "euro", "dollar"}
    return {stem(word.lower()) for word in content_words(text)} - dull


def _months_of_rent(question: str, evidence: str, others: Sequence[str]) -> Calculation | None:
    """A deposit of so many months' rent, where another sentence has the rent."""
    named = _RENT.search(evidence)
    if named is None or _PRICE.search(question) is None or _exact(evidence, MONEY):
        return None
    months = [
        q
        for q in quantities(evidence)
        if q.base == "month" and q.bound == "" and q.low == q.high and q.end >= named.start()
    ]
    rents = {
        (q.low, q.base): (text, q)
        for text in others
        if _RENT_WORD.search(text) and _MONTHLY.search(text) and len(_exact(text, MONEY)) == 1
        for q in _exact(text, MONEY)
    }
    if len(months) != 1 or len(rents) != 1:
        return None
    text, rent = next(iter(rents.values()))
    total = months[0].low * rent.low
    return Calculation(
        _price(text, rent, total), f"{_number(months[0].low)} × {_number(rent.low)} = {_number(total)}"
    )


def _opening_time(question: str, evidence: str, _: Sequence[str]) -> Calculation | None:
    """From opening to closing."""
    clocks = [q for q in quantities(evidence) if q.dimension == CLOCK]
    if _HOW_LONG_OPEN.search(question) is None or len(clocks) != 2:
        return None
    minutes = int(clocks[1].low - clocks[0].low) % _MINUTES_OF_DAY
    if minutes == 0:
        return None
    hours, rest = divmod(minutes, 60)
    if is_chinese(question):
        text = f"{hours} 小时" + (f" {rest} 分钟" if rest else "")
    else:
        text = f"{hours} {_HOUR[hours != 1]}" + (f" {rest} {_MINUTE[rest != 1]}" if rest else "")
    start, end = (evidence[q.start : q.end].strip(" .") for q in clocks)
    return Calculation(text, f"{start} – {end} = {text}")


def _deadline(question: str, evidence: str, _: Sequence[str]) -> Calculation | None:
    """A date of the question and a period of the evidence."""
    dates = [q for q in quantities(question) if q.dimension == DATE and q.date and q.date[1] and q.date[2]]
    periods = [q for q in quantities(evidence) if q.dimension == "time"]
    if (
        _DEADLINE.search(question) is None
        or len(dates) != 1
        or len(periods) != 1
        or _WORKING.search(evidence)
    ):
        return None
    period = periods[0]
    around = f"{evidence[: period.start]}", evidence[period.end :]
    said = period.bound == "most" or _PERIOD.search(around[0]) or _PERIOD.match(around[1])
    days = period.high / DAY_S
    if not said or period.base != "second" or not math.isfinite(days) or days != int(days) or days < 1:
        return None
    year, month, day = dates[0].date or (None, None, None)
    try:
        start = datetime.date(year or _PLAIN_YEAR, month or 1, day or 1)
        end = start + datetime.timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    if year is None and start <= datetime.date(end.year, 2, 28) < end:
        return None  # it depends on the year
    text = _date_text(end, year is not None, chinese=is_chinese(question))
    unit = "天" if is_chinese(question) else "days"
    return Calculation(
        text,
        f"{_date_text(start, year is not None, chinese=is_chinese(question))} + {int(days)} {unit} = {text}",
    )


def _date_text(date: datetime.date, with_year: bool, *, chinese: bool) -> str:
    if chinese:
        return (f"{date.year}年" if with_year else "") + f"{date.month}月{date.day}日"
    return f"{date.day} {date:%B}" + (f" {date.year}" if with_year else "")
