"""Chinese pairs about amounts, limits, times and units, from frames."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from simengine.training.generate import templates_zh as frames
from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Label, Made, both_ways
from simengine.training.generate.spans import NumberRange, draw_two

_LABELS: tuple[Label, ...] = (ENTAILMENT, NEUTRAL, CONTRADICTION)
_DIGITS = "零一二三四五六七八九"


def chinese_number(value: int) -> str:
    """A whole number from 0 to 99 in characters, as in 二十三."""
    tens, ones = divmod(value, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def stated(frame: Sequence[object], span: NumberRange, rng: random.Random) -> str:
    """A statement that a number lies in a span; sometimes as the denial of what lies beyond."""
    positive, negative, unit = str(frame[0]), str(frame[1]), str(frame[5])
    turned = {"at_most": "more_than", "at_least": "less_than"}.get(span.bound)
    if turned is not None and rng.random() < 0.3:
        form = frames.FORMS[turned][0]
        return negative.format(q=form.format(n=span.number, u=unit))
    form = rng.choice(frames.FORMS[span.bound])
    return positive.format(q=form.format(n=span.number, m=span.upper, u=unit))


def numbers(rng: random.Random) -> Iterator[Made]:
    """Two statements about one number, for each label."""
    frame = rng.choice(frames.NUMBERS)
    for label in _LABELS:
        one, other = draw_two(frame[2], frame[3], frame[4], label, rng)
        yield Made(stated(frame, one, rng), stated(frame, other, rng), label, "number")


def deadlines(rng: random.Random) -> Iterator[Made]:
    """A time limit, and cases before and after it."""
    rule, allowed, refused, unit = rng.choice(frames.DEADLINES)
    limit = rng.choice(
        {"小时": (12, 24, 48, 72), "个月": (6, 12, 18, 24), "周": (2, 3, 4, 6, 8)}.get(
            unit, (7, 10, 14, 15, 30, 60, 90)
        )
    )
    in_words = rng.random() < 0.4
    early, late = rng.randint(1, limit - 1), limit + rng.randint(1, max(2, limit))
    said, in_time, too_late = (
        chinese_number(value) if in_words and 2 < value < 100 else str(value)
        for value in (limit, early, late)
    )
    premise = rule.format(n=said, u=unit)
    yield Made(premise, allowed.format(m=in_time, u=unit), ENTAILMENT, "interval")
    yield Made(premise, refused.format(m=too_late, u=unit), ENTAILMENT, "interval")
    yield Made(premise, allowed.format(m=too_late, u=unit), CONTRADICTION, "interval")
    yield Made(premise, refused.format(m=in_time, u=unit), CONTRADICTION, "interval")
    other = rng.choice([each for each in frames.DEADLINES if each[0] != rule])
    yield Made(
        premise,
        other[rng.choice((1, 2))].format(m=rng.choice((3, 5, 8, 20, 50)), u=other[3]),
        NEUTRAL,
        "interval",
    )


def thresholds(rng: random.Random) -> Iterator[Made]:
    """A limit of size, age or number, and cases on its two sides."""
    rule, allowed, refused, least, most, step, upwards = rng.choice(frames.THRESHOLDS)
    limit = rng.randrange(least, most, step)
    above, below = limit + step * rng.randint(1, 4), limit - step * rng.randint(1, 2)
    good, bad = (above, below) if upwards else (below, above)
    premise = rule.format(n=limit)
    yield Made(premise, allowed.format(m=good), ENTAILMENT, "interval")
    yield Made(premise, refused.format(m=bad), ENTAILMENT, "interval")
    yield Made(premise, allowed.format(m=bad), CONTRADICTION, "interval")
    yield Made(premise, refused.format(m=good), CONTRADICTION, "interval")


def clock(minutes: int, style: str) -> str:
    """A time of day: "24" 14:30, "12" 下午2点半, "words" 下午两点半 (full and half hours)."""
    hour, minute = divmod(minutes, 60)
    if style == "24":
        return f"{hour:02}:{minute:02}"
    part = (
        "凌晨"
        if hour < 6
        else "上午"
        if hour < 12
        else "中午"
        if hour == 12
        else "下午"
        if hour < 18
        else "晚上"
    )
    small = (hour - 1) % 12 + 1
    half = "半" if minute else ""
    name = str(small) if style == "12" else "两" if small == 2 else chinese_number(small)
    return f"{part}{name}点{half}"


def opening_hours(rng: random.Random) -> Iterator[Made]:
    """Opening hours, and times inside and outside of them."""
    place = rng.choice(frames.PLACES)
    opens, closes = rng.randrange(7 * 60, 11 * 60, 30), rng.randrange(15 * 60, 20 * 60, 30)
    style = rng.choice(("24", "12", "words"))
    inside = rng.randrange(opens + 30, closes, 30)
    outside = rng.choice((opens - 30 * rng.randint(1, 4), closes + 30 * rng.randint(1, 6)))
    premise = rng.choice(frames.OPEN).format(p=place, a=clock(opens, style), b=clock(closes, style))

    def case(templates: Sequence[str], minutes: int) -> str:
        return rng.choice(templates).format(
            p=place, t=clock(minutes, rng.choice((style, "24", "12", "words")))
        )

    yield Made(premise, case(frames.OPEN_CASE, inside), ENTAILMENT, "opening_hours")
    yield Made(premise, case(frames.CLOSED_CASE, outside), ENTAILMENT, "opening_hours")
    yield Made(premise, case(frames.OPEN_CASE, outside), CONTRADICTION, "opening_hours")
    yield Made(premise, case(frames.CLOSED_CASE, inside), CONTRADICTION, "opening_hours")
    first, last = sorted(rng.sample(range(7), 2))
    if last - first < 2 or (first, last) == (0, 6):
        return
    week = frames.WEEK
    days = f"{place}周{week[first]}至周{week[last]}开放，其余日子不开放。"
    within, beyond = rng.randint(first, last), rng.choice([d for d in range(7) if not first <= d <= last])
    yield Made(days, f"{place}周{week[within]}开放。", ENTAILMENT, "opening_hours")
    yield Made(days, f"{place}周{week[beyond]}不开放。", ENTAILMENT, "opening_hours")
    yield Made(days, f"{place}周{week[beyond]}也开放。", CONTRADICTION, "opening_hours")
    yield Made(days, f"{place}周{week[within]}不开放。", CONTRADICTION, "opening_hours")
    another = rng.choice([each for each in frames.PLACES if each != place])
    hypothesis = rng.choice((f"{another}周{week[within]}开放。", f"{another}周{week[within]}不开放。"))
    yield Made(rng.choice((days, premise)), hypothesis, NEUTRAL, "opening_hours")


def clock_times(rng: random.Random) -> Iterator[Made]:
    """One event at a time of day: the same time written otherwise, and another time."""
    event = rng.choice(frames.EVENTS)
    verb = frames.EVENT_VERBS[event]
    time = rng.randrange(7 * 60, 20 * 60, 30)
    other = time + rng.choice((30, 60, 90, 150, -60, -120))
    one, another, third = rng.sample(("24", "12", "words"), 3)

    def at(minutes: int, style: str, shape: str = "{e}{t}{v}。") -> str:
        return shape.format(e=event, t=clock(minutes, style), v=verb)

    said = at(time, one)
    yield from both_ways(said, at(time, another), ENTAILMENT, "clock")
    yield from both_ways(said, at(other, rng.choice((one, another, third))), CONTRADICTION, "clock")
    later, earlier = (time // 60 + rng.randint(2, 3)) * 60, (time // 60 - rng.randint(1, 2)) * 60
    before, after = "{e}在{t}之前{v}。", "{e}在{t}以后才{v}。"
    yield Made(said, at(later, another, before), ENTAILMENT, "clock")
    yield Made(said, at(earlier, another, after), ENTAILMENT, "clock")
    yield Made(said, at(earlier, another, before), CONTRADICTION, "clock")
    yield Made(said, at(later, another, after), CONTRADICTION, "clock")
    yield Made(at(later, another, before), said, NEUTRAL, "clock")
    yield Made(at(earlier, another, after), said, NEUTRAL, "clock")


def dates(rng: random.Random) -> Iterator[Made]:
    """One event on a date: parts of it, other dates, and dates that it leaves open."""
    event = rng.choice(frames.DATED)
    day, month, year = rng.randint(2, 28), rng.randint(2, 11), rng.randint(1950, 2014)
    said = event.format(d=f"{year}年{month}月{day}日")
    for text in (f"{year}年{month}月", f"{year}年", f"{year + rng.randint(1, 9)}年之前", f"{year - 2}年之后"):
        yield Made(said, event.format(d=text), ENTAILMENT, "date")
    wrong = year + rng.choice((-11, -3, -1, 1, 2, 10))
    changed = (
        f"{year}年{month + 1}月{day}日",
        f"{wrong}年",
        f"{year}年{month}月{(day + 9) % 28 + 1}日",
        f"{year + 3}年之后",
        f"{year}年{month - 1}月",
    )
    for text in changed:
        yield Made(said, event.format(d=text), CONTRADICTION, "date")
    yield Made(event.format(d=f"{year}年"), said, NEUTRAL, "date")
    yield Made(event.format(d=f"{year}年{month}月"), said, NEUTRAL, "date")
    yield Made(event.format(d=f"{year + 1}年之前"), event.format(d=f"{year - 4}年"), NEUTRAL, "date")
    one, two = rng.sample(frames.WEEK, 2)
    plan = rng.choice(("例会", "班级郊游", "送货日期", "决赛", "听证会", "复诊"))
    yield from both_ways(f"{plan}定在周{one}。", f"{plan}定在周{two}。", CONTRADICTION, "date")
    yield Made(f"{plan}由周{one}改到周{two}。", f"{plan}现在定在周{two}。", ENTAILMENT, "date")
    yield Made(f"{plan}由周{one}改到周{two}。", f"{plan}仍然定在周{one}。", CONTRADICTION, "date")


def units(rng: random.Random) -> Iterator[Made]:
    """One amount in two units, rightly and wrongly converted."""
    frame, large, small, factor = rng.choice(frames.UNITS)
    halves = rng.randint(3, 12) if factor % 2 == 0 and factor > 2 else 2 * rng.randint(2, 9)
    amount, converted = f"{halves / 2:g}", halves * factor // 2
    wrong = converted + factor * rng.choice((1, 2)) if rng.random() < 0.6 else converted * 10
    said = frame.format(q=f"{amount}{large}")
    yield from both_ways(said, frame.format(q=f"{converted}{small}"), ENTAILMENT, "unit")
    yield from both_ways(said, frame.format(q=f"{wrong}{small}"), CONTRADICTION, "unit")
    yield from both_ways(said, frame.format(q=f"{amount}{small}"), CONTRADICTION, "unit")
    over, under = (
        frame.format(q=f"{word}{converted + factor}{small}").replace(f"为{word}", word)
        for word in ("超过", "不到")
    )
    yield Made(said, under, ENTAILMENT, "unit")
    yield Made(said, over, CONTRADICTION, "unit")
    yield Made(under, said, NEUTRAL, "unit")
    edge = max(1, converted - factor // 2)
    if edge < converted:
        wider, narrower = frame.format(q=f"超过{edge}{small}"), frame.format(q=f"不到{edge}{small}")
        yield Made(said, wider.replace("为超过", "超过"), ENTAILMENT, "unit")
        yield Made(said, narrower.replace("为不到", "不到"), CONTRADICTION, "unit")
        yield Made(wider.replace("为超过", "超过"), said, NEUTRAL, "unit")
