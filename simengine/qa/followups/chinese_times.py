"""A time of a Chinese question in place of another: "周日呢？" after "礼拜六下午三点能装修吗？"."""

from __future__ import annotations

import re

_DIGITS = "一二三四五六七八九十两零\\d"
_DAY = (
    "(?P<day>(?:每|上|下|这)?(?:周|星期|礼拜|禮拜)[一二三四五六日天末]|工作日|"
    "平时|平時|平日|今天|今日|明天|后天|後天|昨天|双休日)"
)
_PART = r"(?P<part>凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|深夜|半夜|夜里|夜裡|早高峰|晚高峰)"
_HOUR = rf"(?P<hour>[{_DIGITS}]+[点點](?:半|钟|鐘|[{_DIGITS}]+分?)?)"
_CLOCK = re.compile(f"{_DAY}?{_PART}?{_HOUR}?")
_DATE = re.compile(
    rf"(?:[{_DIGITS}]+月)?[{_DIGITS}]+[号號日](?!线)|大年(?:初[一二三四五六七八九十]|三十)|除夕|元旦|春节|春節|国庆节?|國慶|中秋节?|端午节?|"
    "清明节?|劳动节|五一|十一|寒假|暑假|法定节假日|节假日|国庆假期|春节假期"
)


def another_time(about: str, full: str) -> str:
    """A question with another clock time or date; "" if "about" is none or the question has none.

    A part that is not said again stays: "周五" in place of the day of "周四晚上"; an hour goes with its part of
    the day.

    Args:
        about: the new time.
        full: the question.
    """
    if _DATE.fullmatch(about) and (old := _DATE.search(full)) is not None:
        return f"{full[: old.start()]}{about}{full[old.end() :]}"
    new = _CLOCK.fullmatch(about)
    there = next((found for found in _CLOCK.finditer(full) if found[0]), None)
    if new is None or not new[0] or there is None:
        return ""
    part = new["part"] or ("" if new["hour"] and there["part"] is None else there["part"])
    same_part = new["part"] is None or new["part"] == there["part"]
    hour = new["hour"] or (there["hour"] if same_part else "")
    put = "".join(each or "" for each in (new["day"] or there["day"], part, hour))
    return f"{full[: there.start()]}{put}{full[there.end() :]}"


def is_clock(text: str) -> bool:
    """Whether a text is a time and nothing else."""
    return bool(text) and (_CLOCK.fullmatch(text) is not None or _DATE.fullmatch(text) is not None)
