"""Numbers, measures, dates and times of day in a sentence, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

NUMBER, MONEY, DATE, CLOCK, LABEL = "number", "money", "date", "clock", "label"
FIRST_YEAR = 1000
ABOUT_SHARE = 0.1  # "about 50" may be anything from 45 to 55

# Unit → (dimension, factor to the base unit). Units of one dimension and one base can be converted; days and months
# cannot, so that they are a dimension ("time") of two bases.
_UNIT_WORDS = """
length metre 0.001 mm millimetre millimetres millimeter millimeters 毫米
length metre 0.01 cm centimetre centimetres centimeter centimeters 厘米
length metre 1 m metre metres meter meters 米
length metre 1000 km kilometre kilometres kilometer kilometers 公里 千米
length metre 0.0254 inch inches
length metre 0.3048 ft foot feet
length metre 0.9144 yard yards
length metre 1609.344 mile miles 英里
mass gram 0.001 mg milligram milligrams 毫克
mass gram 1 g gram grams 克
mass gram 1000 kg kilogram kilograms kilo kilos 千克 公斤
mass gram 1000000 tonne tonnes 吨
time second 1 second seconds 秒 秒钟
time second 60 minute minutes min mins 分钟
time second 3600 hour hours hrs 小时 个小时
time second 86400 day days 天 日
time second 604800 week weeks 周 星期 个星期
time month 1 month months 个月
time month 12 year years 年
percent percent 1 % ％ percent per_cent 百分之
temperature celsius 1 °C ℃ degrees_Celsius degrees_C 摄氏度
data byte 1000 KB kB
data byte 1000000 MB
data byte 1000000000 GB
data byte 1000000000000 TB
money EUR 1 € EUR euro euros 欧元
money USD 1 $ USD US$ 美元
money GBP 1 £ GBP
money CNY 1 CNY RMB 元 元人民币 人民币 yuan
speed km/h 1 km/h kph
"""
_SMALL = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
""".split()  # noqa: SIM905 - a list of strings reads worse
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_MULTIPLIERS = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "万": 1e4,
    "亿": 1e8,
}
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
_HALVES = {
    **dict.fromkeys(("上午", "早上", "早晨", "凌晨", "清晨", "早"), "am"),
    **dict.fromkeys(("下午", "晚上", "傍晚", "夜里", "晚"), "pm"),
    "中午": "",
}
_LABEL_WORDS = (
    "section article clause chapter figure fig table page step room no number version question item part annex "
    "appendix line group phase level class grade gate platform flight bus route schedule exhibit paragraph day week "
    "stage type size channel track season episode act bin box apartment building form size windows model mark"
)
_BOUNDS = {
    "least": r"at least|no less than|not less than|no fewer than|a minimum of|minimum|至少|最少"
    r"|不(?:得|能|可|应)?(?:少于|低于)",
    "most": r"at most|no (?:more|longer|later|greater|higher) than|not (?:more|longer) than|not exceed(?:ing)?|up to"
    r"|a maximum of|maximum|within|至多|最多|不(?:得|能|可|应)?(?:超过|多于|高于)",
    "over": r"more than|longer than|greater than|exceed(?:s|ing)?|over|above|超过|多于|高于|超出",
    "under": r"less than|fewer than|shorter than|under|below|少于|低于|不足|不到|未满",
    "about": r"about|around|approximately|approx\.?|roughly|nearly|almost|some|约|大约|近|将近",
}
_BOUNDS_AFTER = (
    ("least", re.compile(r"\s*(?:or (?:more|longer|older|over|above)\b|and (?:over|above)\b|[及或]?以上)")),
    ("most", re.compile(r"\s*(?:or (?:less|fewer|shorter|under|below)\b|[及或]?以下|[以之]内|内)")),
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity of a sentence.

    Attributes:
        start, end: its characters in the sentence, including words such as "at least".
        dimension: "number", "length", "mass", "time", "percent", "temperature", "data", "money", "speed", "date",
            "clock"; "label" if the number is a name ("section 3").
        base: the unit that `low` and `high` are in; "" without one.
        low, high: the value is between these, inclusive.
        date: year, month, day of a date, None if not given.
        bound: "" or the preceding bound: "least", "most", "over", "under", "about".
    """

    start: int
    end: int
    dimension: str
    base: str = ""
    low: float = 0.0
    high: float = 0.0
    date: tuple[int | None, int | None, int | None] | None = None
    bound: str = ""


def quantities(text: str) -> list[Quantity]:
    """All quantities of a sentence, in order, without overlaps."""
    found: list[Quantity] = []
    taken = 0
    for match in _patterns().finditer(text):
        if match.start() < taken:
            continue
        quantity = _quantity(text, match)
        if quantity is not None:
            found.append(quantity)
            taken = quantity.end
    return found


def _quantity(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    if match["date"] is not None:
        date = _date(match)
        return None if date is None else Quantity(start, end, DATE, date=date)
    if match["clock"] is not None:
        minutes = _minutes(match)
        return None if minutes is None else Quantity(start, end, CLOCK, "minute", minutes, minutes)
    low = _value(match["low"], match["low_times"])
    high = low if match["high"] is None else _value(match["high"], match["high_times"])
    if low is None or high is None or high < low:
        return None
    if match["high"] is not None and match["low_times"] is None and match["high_times"] is not None:
        low *= _MULTIPLIERS[match["high_times"].lower()]  # "5 to 7 million"
    unit = match["unit"] or match["sign"]
    if unit is None and match["low"] in ("one", "一"):
        return None  # more often a pronoun than a number
    if unit is None and _is_label(text, start, low):
        return Quantity(start, end, LABEL)
    alone = unit is None and match["high"] is None and not match["bound"]
    if alone and re.fullmatch(r"(?:1[5-9]|20)\d\d", match["low"]):
        return Quantity(start, end, DATE, date=(int(match["low"]), None, None))
    if unit == "年" and low >= FIRST_YEAR:  # written in Chinese numerals
        return Quantity(start, end, DATE, date=(int(low), None, None))
    dimension, base, factor = (NUMBER, "", 1.0) if unit is None else _units()[_unit_key(unit)]
    bound = next((name for name in _BOUNDS if match[f"bound_{name}"] is not None), "")
    if not bound:
        bound, end = _bound_after(text, end)
    low, high = _bounded(low * factor, high * factor, bound)
    return Quantity(start, end, dimension, base, low, high, bound=bound)


def _bound_after(text: str, end: int) -> tuple[str, int]:
    """The bound that follows a quantity, as in "18 or older", 三天内, and where it ends."""
    for name, pattern in _BOUNDS_AFTER:
        if (match := pattern.match(text, end)) is not None:
            return name, match.end()
    return "", end


def _bounded(low: float, high: float, bound: str) -> tuple[float, float]:
    if bound in ("least", "over"):
        return low, float("inf")
    if bound in ("most", "under"):
        return float("-inf"), high
    if bound == "about":
        return low - abs(low) * ABOUT_SHARE, high + abs(high) * ABOUT_SHARE
    return low, high


def _is_label(text: str, start: int, value: float) -> bool:
    """Whether the preceding word makes the number a name: "section 3", "year 9"."""
    before = re.search(r"([^\W\d_]+)\.?\s*[#\u2116]?\s*\Z", text[max(0, start - 24) : start])
    return before is not None and (
        before[1].lower() in _LABEL_WORDS.split()
        or text[start - 1 : start] in "#\u2116第"
        or (before[1].lower() in ("year", "years") and value < FIRST_YEAR)
    )


def _value(text: str, times: str | None) -> float | None:
    factor = _MULTIPLIERS[times.lower()] if times else 1.0
    if re.fullmatch(r"[-\u2212]?[\d,.]+", text):
        return float(text.replace(",", "").replace("\u2212", "-")) * factor
    value = _spelled(text.lower()) if text.isascii() else _chinese(text)
    return None if value is None else value * factor


def _spelled(text: str) -> float | None:
    """ "twenty-five", "one hundred and three"."""
    total = current = 0.0
    for word in re.split(r"[\s-]+", text):
        if word in _SMALL:
            current += _SMALL.index(word)
        elif word in _TENS:
            current += 10 * (_TENS.index(word) + 2)
        elif word in _MULTIPLIERS and word != "hundred":
            total, current = total + max(current, 1) * _MULTIPLIERS[word], 0.0
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word != "and":
            return None
    return total + current


def _chinese(text: str) -> float | None:
    """Numerals below 10,000, as in 三百二十; or digit by digit, as in 二〇二五."""
    if all(character in _DIGITS for character in text):
        return float(int("".join(str(_DIGITS[character]) for character in text)))
    total, digit = 0, 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _PLACES:
            total += max(digit, 1) * _PLACES[character]
            digit = 0
        else:
            return None
    return float(total + digit)


def _date(match: re.Match[str]) -> tuple[int | None, int | None, int | None] | None:
    def number(*names: str) -> int | None:
        return next((int(match[name]) for name in names if match[name] is not None), None)

    month_name = next((match[name] for name in ("m2", "m3", "m4") if match[name] is not None), None)
    month = number("m1", "m5", "m6")
    if month_name is not None:
        prefix = month_name.lower().rstrip(".")[:3]
        month = next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(prefix))
    year, day = number("y1", "y2", "y3", "y4", "y5"), number("d1", "d2", "d3", "d5", "d6")
    plausible = (month is None or 1 <= month <= 12) and (day is None or 1 <= day <= 31)
    return (year, month, day) if plausible else None


def _minutes(match: re.Match[str]) -> float | None:
    """Minutes since midnight."""
    if match["noon"] is not None:
        return 720.0 if match["noon"].lower() == "noon" else 1440.0
    if match["cn_hour"] is not None:
        hour, minute = _value(match["cn_hour"], None), _value(match["cn_minute"] or "0", None)
        if hour is None or minute is None:
            return None
        minute = 30 if match["cn_30"] else minute
        half = _HALVES.get(match["cn_half"] or "", "")
    else:
        hour, minute = float(match["hour"] or match["hour12"]), float(match["minute"] or 0)
        half = (match["half"] or match["half12"] or "").lower().replace(".", "")
        if half and not 1 <= hour <= 12:
            return None
        hour = hour % 12 if half else hour
    if half == "pm" and hour < 12:
        hour += 12
    return hour * 60 + minute if hour <= 24 and minute < 60 else None


def _unit_key(unit: str) -> str:
    """Word units in any case, signs and short units as written."""
    key = " ".join(unit.split())
    return key if key in _units() else key.lower()


@cache
def _units() -> dict[str, tuple[str, str, float]]:
    table = {}
    for line in _UNIT_WORDS.split("\n"):
        if line:
            dimension, base, factor, *names = line.split()
            for name in names:
                table[name.replace("_", " ")] = (dimension, base, float(factor))
                if len(name) > 3:
                    table[name.replace("_", " ").lower()] = (dimension, base, float(factor))
    return table


def _any(names: Iterator[str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


@cache
def _patterns() -> re.Pattern[str]:
    parts: tuple[Callable[[], str], ...] = (_date_pattern, _clock_pattern, _number_pattern)
    return re.compile("|".join(part() for part in parts), re.IGNORECASE)


def _date_pattern() -> str:
    month = "(?:" + "|".join(
        rf"{name[:3]}(?:{name[3:]})?" if name != "may" else "(?-i:May|MAY)" for name in _MONTHS
    )
    month += r"|sept)\b\.?"
    year, day = r"[12]\d{3}", r"\d{1,2}"
    return (
        r"(?P<date>(?<![A-Za-z\d/-])(?:"
        rf"(?P<y1>{year})-(?P<m1>\d\d)-(?P<d1>\d\d)(?![A-Za-z\d])"
        rf"|(?P<d2>{day})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{month})(?:,?\s+(?P<y2>{year})\b)?"
        rf"|(?P<m3>{month})\s+(?P<d3>{day})(?:st|nd|rd|th)?\b(?!\s*(?:%|:))(?:,?\s+(?P<y3>{year})\b)?"
        rf"|(?P<m4>{month}),?\s+(?P<y4>{year})\b"
        r")|(?P<y5>[12]\d{3})\s*年(?:\s*(?P<m5>\d{1,2})\s*月(?:\s*(?P<d5>\d{1,2})\s*[日号])?)?"
        r"|(?<!\d)(?P<m6>\d{1,2})\s*月\s*(?P<d6>\d{1,2})\s*[日号])"
    )


def _clock_pattern() -> str:
    half = r"[ap]\.?m\b\.?"
    return (
        rf"|(?P<clock>(?<![A-Za-z\d:.])(?:(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?:\s*(?P<half>{half}))?(?![A-Za-z\d:])"
        rf"|(?P<hour12>\d{{1,2}})\s*(?P<half12>{half})|(?P<noon>(?:noon|midnight)\b))"
        rf"|(?P<cn_half>{_any(iter(_HALVES))})?(?P<cn_hour>\d{{1,2}}|[零一二两三四五六七八九十]{{1,3}})"
        r"(?:点钟?|时(?!间|候|期|段))(?:(?P<cn_minute>\d{1,2}|[零一二三四五六七八九十]{1,3})分?|(?P<cn_30>半)|整)?(?!要求|建议|意见|内容|原因|说明|理由|问题|不同|水))"
    ).lstrip("|")


def _number_pattern() -> str:
    words = "|".join([*_SMALL[::-1], *_TENS])
    spelled = rf"(?:{words})(?:[\s-](?:and\s)?(?:{words}|hundred|thousand|million))*\b"
    digits = r"[-\u2212]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    numerals = "[零〇一二两三四五六七八九十百千]+"
    measured = "(?=[个]?(?:[天日周年元米克吨秒万亿人名位件本张次间台辆页岁层块把户项份]|星期|月|小时|分钟|公里|公斤))"
    chinese = f"(?<=百分之){numerals}|{numerals}{measured}"
    value = (
        rf"(?:(?<![\w.,/-]){spelled}|(?<![A-Za-z_\d.,/])(?<![A-Za-z]-){digits}(?![\d/]|[.,:]\d)|{chinese})"
    )
    after = rf"(?:{digits}(?![\d/]|[.,:]\d)|\b{spelled}|{chinese})"
    times = r"(?:hundred|thousand|million|billion|bn)\b|[万亿]"
    bounds = "|".join(rf"(?P<bound_{name}>{words})" for name, words in _BOUNDS.items())
    short, long = (_any(unit for unit in _units() if (len(unit) < 3) == brief) for brief in (True, False))
    return (
        rf"(?P<quantity>(?:(?P<bound>(?<![A-Za-z])(?:{bounds}))\s*)?(?:(?P<sign>[$€£]|EUR|USD|GBP|CNY|百分之)\s?)?"
        rf"(?P<low>{value})(?:\s*(?P<low_times>{times}))?"
        rf"(?:\s*(?:-|–|to|至|到)\s*(?P<high>{after})(?:\s*(?P<high_times>{times}))?)?"
        rf"(?:[\s-]?(?P<unit>(?-i:{short})|{long})(?![A-Za-z]))?(?!-\d))"
    )
