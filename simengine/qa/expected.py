"""What kind of thing a question asks for, and whether a text has one. English and Chinese, without a model."""

from __future__ import annotations

import re
from typing import Final

from simengine.qa.cues import names_of
from simengine.rules.quantities import CLOCK, DATE, LABEL, quantities
from simengine.text.scripts import is_chinese

_AMOUNT = re.compile(
    r"\bhow (?:many|much|long|often|old|far|high|big|large|heavy|deep|tall|wide|fast|loud|cold|hot|early|late|soon)\b|"
    r"\bwhat (?:is|are|was|were)? ?(?:the |your )?(?:price|cost|fee|rate|rent|size|weight|length|height|share|"
    r"percentage|age|"
    r"deposit|fare|limit|number|capacity)\b|\b(?:price|cost|fee)s?\b.*\?|"
    r"多少|多久|多长|多長|多大|多高|多重|多远|多遠|多快|几(?!乎)|幾(?!乎)|百分之",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"^(?:(?:and|so|but|until|till|by|since|from) )*when\b|"
    r"\b(?:what time|what date|which day|what day|which month|what year|which year)\b|\bhow (?:late|early|soon)\b|"
    r"什么时候|什麼時候|何时|何時|几点|幾點|几号|幾號|哪天|哪年|哪一天|哪一年|多久|几时|幾時",
    re.IGNORECASE,
)
_WHO = re.compile(r"^(?:\w+ )?(?:who|whom|whose)\b", re.IGNORECASE)
_WHEN_WORDS = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:noon|midnight|morning|afternoon|evening|weekends?|daily|weekly|"
    r"monthly|once|twice|spring|summer|autumn|winter|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|today|tomorrow|yesterday|immediately|half past|o'clock|years?|months?|weeks?|days?|"
    r"hours?|minutes?)\b|"
    r"[一二三四五六七八九十百千两零〇\d]+\s*(?:点|點|时|時|号|號|日|月|年|天|小时|小時|分钟|分鐘|周|週|个月|個月|个工作日|工作日)|"
    r"周[一二三四五六日末]|星期|上午|下午|晚上|早上|凌晨|中午|即时|即時|随时|隨時",
    re.IGNORECASE,
)
_NUMERALS = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|half|hundred|thousand|once|twice|free|"
    r"several|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b|"
    r"[二三四五六七八九十百千两兩半]|一(?=[个個位名元次天年月日点點小分])|免费|免費",
    re.IGNORECASE,
)
UNKNOWN: Final = 0.5


def has_expected(question: str, text: str) -> float:
    """Whether a text has what a question asks for: a number, a time, a person.

    Args:
        question: of any kind.
        text: a sentence or a passage.

    Returns:
        1.0 if it has one that is not in the question, 0.0 if it has none, 0.5 if the kind is not known.
    """
    if _TIME.search(question) is not None:
        new = [q for q in quantities(text) if q.dimension in (DATE, CLOCK, "time")]
        return float(bool(new) or _WHEN_WORDS.search(text) is not None)
    if _AMOUNT.search(question) is not None:
        asked = {match[0] for match in re.finditer(r"\d+", question)}
        told = [q for q in quantities(text) if q.dimension != LABEL and text[q.start : q.end] not in asked]
        return float(bool(told) or _NUMERALS.search(text) is not None)
    if not is_chinese(question) and _WHO.match(question) is not None:
        return float(
            bool(names_of(f"x {text}")) or re.search(r"\b(?:[a-z]+(?:er|or|ist|ian)s?)\b", text) is not None
        )
    return UNKNOWN
