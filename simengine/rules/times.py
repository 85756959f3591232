"""Days of the week, ranges of hours, and "after 40 days", on top of `quantities`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from simengine.rules.quantities import CLOCK, Quantity, quantities

WEEKDAY = "weekday"
"""Dimension of a set of days of the week; `low` and `high` are its bits, Monday the first."""
RANGE = "range"
"""Bound of hours from and to."""

_TIME = "time"
_DAY_MINUTES = 1440.0
_ENGLISH_DAYS = "mon tue wed thu fri sat sun".split()  # noqa: SIM905 - as the other lists of words
_CHINESE_DAYS = "一二三四五六日天"
_ENGLISH_DAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?-i:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b\.?)"
)
_CHINESE_DAY = f"(?:周|星期|礼拜)[{_CHINESE_DAYS}]"
_TO = r"\s*(?:to|through|until|till|-|\u2013|至|到|~)\s*"
_AND = r"(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+(?:on\s+)?|\s*[、和及与]\s*)"
_DAY = re.compile(f"{_ENGLISH_DAY}|{_CHINESE_DAY}", re.IGNORECASE)
_DAY_OF_LIST = re.compile(f"{_DAY.pattern}|(?<=[至到、])[{_CHINESE_DAYS}]", re.IGNORECASE)
_DAYS = re.compile(
    rf"(?<![A-Za-z])(?:(?:{_ENGLISH_DAY}|{_CHINESE_DAY})(?:(?:{_TO}|{_AND})(?:{_ENGLISH_DAY}|{_CHINESE_DAY}|(?<=[至到、])"
    rf"[{_CHINESE_DAYS}](?![天日月年])))*|weekends?|weekdays?|周末|双休日)(?![A-Za-z])",
    re.IGNORECASE,
)
_NAMED = {"weekend": 0b1100000, "weekday": 0b0011111, "周末": 0b1100000, "双休日": 0b1100000}
_MOVED = re.compile(
    r"\b(?:move[sd]?|postponed?|changed?|brought|shift(?:ed)?|reschedule[sd]?)\b|改|调|推迟|提前",
    re.IGNORECASE,
)
"""Of what moves "from Tuesday to Thursday", the days are no range."""
_BETWEEN = re.compile(_TO + r"\Z|\s+and\s+\Z", re.IGNORECASE)
_AFTER = re.compile(r"\b(?:after|beyond|later than)\s+\Z", re.IGNORECASE)
_BEFORE = re.compile(r"\b(?:before|earlier than)\s+\Z", re.IGNORECASE)
_AFTER_CHINESE = re.compile("[之以]?后")
_BEFORE_CHINESE = re.compile("[之以]?前")


def timed_quantities(text: str) -> list[Quantity]:
    """The quantities of a sentence, with days of the week, ranges of hours and durations that have passed.

    A duration after "after" is a lower bound, and a time of day after "after" or "before" a bound of the day.
    """
    found = list(_ranges(text, [_bounded(text, quantity) for quantity in quantities(text)]))
    days = [day for day in _weekdays(text) if all(day.end <= q.start or q.end <= day.start for q in found)]
    return sorted([*found, *days], key=lambda quantity: quantity.start)


def _bounded(text: str, one: Quantity) -> Quantity:
    if one.bound or one.dimension not in (_TIME, CLOCK):
        return one
    before = text[max(0, one.start - 14) : one.start]
    after_word, before_word = _AFTER.search(before), _BEFORE.search(before)
    later, earlier = _AFTER_CHINESE.match(text, one.end), _BEFORE_CHINESE.match(text, one.end)
    word = after_word or before_word
    start = one.start if word is None else one.start - len(word[0])
    end = max(match.end() if match else one.end for match in (later, earlier))
    if after_word or later:
        high = _DAY_MINUTES if one.dimension == CLOCK else float("inf")
        return replace(one, start=start, end=end, high=high, bound="over")
    if one.dimension == CLOCK and (before_word or earlier):
        return replace(one, start=start, end=end, low=0.0, bound="under")
    return one


def _ranges(text: str, found: list[Quantity]) -> Iterator[Quantity]:
    """Two times of day with "to" between them as one."""
    joined = False
    for one, other in pairwise([*found, None]):
        if joined or one is None:
            joined = False
            continue
        if other is not None and one.dimension == CLOCK and other.dimension == CLOCK and one.low < other.high:
            joined = _BETWEEN.fullmatch(text[one.end : other.start]) is not None
        yield (
            replace(one, end=other.end, high=other.high, bound=RANGE) if joined and other is not None else one
        )


def _weekdays(text: str) -> Iterator[Quantity]:
    if _MOVED.search(text):
        return
    for match in _DAYS.finditer(text):
        bits = _NAMED.get(match[0].lower().rstrip("s"), 0)
        last = None
        for day in _DAY_OF_LIST.finditer(match[0]) if not bits else ():
            number = _number(day[0])
            ranged = last is not None and re.fullmatch(_TO, match[0][last[1] : day.start()], re.IGNORECASE)
            days = range(last[0], number + 1) if ranged and last and last[0] <= number else (number,)
            bits |= sum(1 << each for each in days if not bits >> each & 1)
            last = number, day.end()
        if bits:
            yield Quantity(match.start(), match.end(), WEEKDAY, "", float(bits), float(bits))


def _number(day: str) -> int:
    if day[-1] in _CHINESE_DAYS:
        return min(_CHINESE_DAYS.index(day[-1]), 6)
    return _ENGLISH_DAYS.index(day[:3].lower())
