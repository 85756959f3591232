"""English pairs about amounts, limits, times and units, from frames."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Final

from simengine.training.generate import templates_en as frames
from simengine.training.generate.made import (
    CONTRADICTION,
    ENTAILMENT,
    NEUTRAL,
    Label,
    Made,
    both_ways,
    capital,
)
from simengine.training.generate.spans import NumberRange, draw_two
from simengine.training.generate.vocabulary import spaced

_HOURS: Final = spaced("one two three four five six seven eight nine ten eleven twelve")
LABELS: Final[tuple[Label, ...]] = (ENTAILMENT, NEUTRAL, CONTRADICTION)


def stated(frame: Sequence[object], span: NumberRange, rng: random.Random) -> str:
    """A statement that a number lies in a span; sometimes as the denial of what lies beyond."""
    positive, negative, counted = str(frame[0]), str(frame[1]), bool(frame[5])
    turned = {"at_most": "more_than", "at_least": "less_than"}.get(span.bound)
    denied = turned is not None and rng.random() < 0.35
    form = rng.choice(frames.FORMS[turned if denied and turned else span.bound])
    fewer = "fewer" if counted else "less"
    phrase = form.format(n=f"{span.number:,}", m=f"{span.upper:,}", fewer=fewer)
    return capital((negative if denied else positive).format(q=phrase))


def numbers(rng: random.Random) -> Iterator[Made]:
    """Two statements about one number, for each label."""
    frame = rng.choice(frames.NUMBERS)
    for label in LABELS:
        one, other = draw_two(frame[2], frame[3], frame[4], label, rng)
        yield Made(stated(frame, one, rng), stated(frame, other, rng), label, "number")


def deadlines(rng: random.Random) -> Iterator[Made]:
    """A time limit, and cases before and after it."""
    rule, allowed, refused, unit = rng.choice(frames.DEADLINES)
    limit = rng.choice(
        {"hours": (12, 24, 48, 72), "months": (6, 12, 18, 24), "weeks": (2, 3, 4, 6, 8)}.get(
            unit, (7, 10, 14, 21, 30, 60, 90)
        )
    )
    early = rng.randint(1, limit - 1)
    late = limit + rng.randint(1, max(2, limit))
    premise = rule.format(
        limit=rng.choice(frames.WITHIN[:2] if re.search(r"must|has to", rule) else frames.WITHIN).format(
            n=limit, unit=unit
        )
    )
    in_time, too_late = (
        rng.choice(frames.CASES).format(n=n, unit=unit if n > 1 else unit[:-1]) for n in (early, late)
    )
    yield Made(premise, allowed.format(case=in_time), ENTAILMENT, "interval")
    yield Made(premise, refused.format(case=too_late), ENTAILMENT, "interval")
    yield Made(premise, allowed.format(case=too_late), CONTRADICTION, "interval")
    yield Made(premise, refused.format(case=in_time), CONTRADICTION, "interval")
    other = rng.choice([each for each in frames.DEADLINES if each[0] != rule])
    case = rng.choice(frames.CASES).format(n=rng.choice((2, 5, 8, 20, 50)), unit=other[3])
    yield Made(premise, other[rng.choice((1, 2))].format(case=case), NEUTRAL, "interval")


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
    """A time of day: "24" 14:30, "12" 2:30 pm, "words" half past two in the afternoon (full and half hours only)."""
    hour, minute = divmod(minutes, 60)
    if style == "24":
        return f"{hour:02}:{minute:02}"
    small = (hour - 1) % 12 + 1
    if style == "12" or hour in (0, 12):
        return f"{small}{f':{minute:02}' if minute else ''} {'am' if hour < 12 else 'pm'}"
    part = "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"
    word = _HOURS[small - 1]
    return f"half past {word} {part}" if minute else f"{word} o'clock {part}"


def opening_hours(rng: random.Random) -> Iterator[Made]:
    """Opening hours, and times inside and outside of them."""
    place = rng.choice(frames.PLACES)
    the = place[0].lower() + place[1:]
    opens, closes = rng.randrange(7 * 60, 11 * 60, 30), rng.randrange(15 * 60, 20 * 60, 30)
    style = rng.choice(("24", "12"))
    inside = rng.randrange(opens + 30, closes, 30)
    outside = rng.choice((opens - 30 * rng.randint(1, 4), closes + 30 * rng.randint(1, 6)))
    names = {"place": place, "the": the}
    premise = rng.choice(frames.OPEN).format(a=clock(opens, style), b=clock(closes, style), **names)

    def case(templates: Sequence[str], minutes: int) -> str:
        at = clock(minutes, rng.choice((style, "24", "12", "words")))
        return rng.choice(templates).format(t=at, **names)

    yield Made(premise, case(frames.OPEN_CASE, inside), ENTAILMENT, "opening_hours")
    yield Made(premise, case(frames.CLOSED_CASE, outside), ENTAILMENT, "opening_hours")
    yield Made(premise, case(frames.OPEN_CASE, outside), CONTRADICTION, "opening_hours")
    yield Made(premise, case(frames.CLOSED_CASE, inside), CONTRADICTION, "opening_hours")
    first, last = sorted(rng.sample(range(7), 2))
    if last - first < 2 or (first, last) == (0, 6):
        return
    week = frames.WEEK
    days = f"{place} is open from {week[first]} to {week[last]} and closed on all other days."
    within, beyond = rng.randint(first, last), rng.choice([d for d in range(7) if not first <= d <= last])
    yield Made(days, f"{place} is open on {week[within]}s.", ENTAILMENT, "opening_hours")
    yield Made(days, f"{place} is not open on {week[beyond]}s.", ENTAILMENT, "opening_hours")
    yield Made(days, f"{place} is open on {week[beyond]}s.", CONTRADICTION, "opening_hours")
    yield Made(days, f"{place} is closed on {week[within]}s.", CONTRADICTION, "opening_hours")
    another = rng.choice([each for each in frames.PLACES if each != place])
    hypothesis = rng.choice(
        (f"{another} is open on {week[within]}s.", f"{another} is closed on {week[within]}s.")
    )
    yield Made(rng.choice((days, premise)), hypothesis, NEUTRAL, "opening_hours")


def clock_times(rng: random.Random) -> Iterator[Made]:
    """One event at a time of day: the same time written otherwise, and another time."""
    event = rng.choice(frames.EVENTS)
    time = rng.randrange(6 * 60, 22 * 60, 30)
    other = (time + rng.choice((12 * 60, 30, 60, 90, 150, 300))) % (24 * 60)
    one, another, third = rng.sample(("24", "12", "words"), 3)
    said = f"{event} at {clock(time, one)}."
    yield from both_ways(said, f"{event} at {clock(time, another)}.", ENTAILMENT, "clock")
    style = rng.choice((one, another, third))
    yield from both_ways(said, f"{event} at {clock(other, style)}.", CONTRADICTION, "clock")
    hours = rng.randint(1, 3)
    if 7 * 60 <= time <= 19 * 60:
        later, earlier = (
            clock((time // 60 + shift) * 60, another if another != "words" else "12")
            for shift in (hours + 1, -hours)
        )
        yield Made(said, f"{event} before {later}.", ENTAILMENT, "clock")
        yield Made(said, f"{event} after {earlier}.", ENTAILMENT, "clock")
        yield Made(said, f"{event} before {earlier}.", CONTRADICTION, "clock")
        yield Made(said, f"{event} after {later}.", CONTRADICTION, "clock")
        yield Made(f"{event} before {later}.", said, NEUTRAL, "clock")
        yield Made(f"{event} after {earlier}.", said, NEUTRAL, "clock")


def dates(rng: random.Random) -> Iterator[Made]:
    """One event on a date: parts of it, times around it, other dates, and dates that it leaves open."""
    event = rng.choice(frames.DATED)
    day, month, year = rng.randint(2, 28), rng.randint(1, 10), rng.randint(1950, 2014)
    name, later = frames.MONTHS[month], frames.MONTHS[month + 1]
    said = f"{event} on " + rng.choice((f"{day} {name} {year}", f"{name} {day}, {year}")) + "."
    for text in (
        f"in {name} {year}",
        f"in {year}",
        f"before {year + rng.randint(1, 9)}",
        f"after {year - 2}",
        f"before {later} {year}",
    ):
        yield Made(said, f"{event} {text}.", ENTAILMENT, "date")
    wrong = year + rng.choice((-11, -3, -1, 1, 2, 10))
    for text in (
        f"on {day} {later} {year}",
        f"in {wrong}",
        f"on {(day + 9) % 28 + 1} {name} {year}",
        f"after {year + 3}",
        f"before {frames.MONTHS[month - 1]} {year}",
    ):
        yield Made(said, f"{event} {text}.", CONTRADICTION, "date")
    yield Made(f"{event} in {year}.", said, NEUTRAL, "date")
    yield Made(f"{event} in {name} {year}.", said, NEUTRAL, "date")
    yield Made(f"{event} before {year + 1}.", f"{event} in {year - 4}.", NEUTRAL, "date")
    one, two = rng.sample(frames.WEEK, 2)
    plan = rng.choice(
        ("The meeting", "The class trip", "The delivery", "The final", "The hearing", "Our appointment")
    )
    yield from both_ways(f"{plan} is on {one}.", f"{plan} is on {two}.", CONTRADICTION, "date")
    yield Made(f"{plan} was moved from {one} to {two}.", f"{plan} is now on {two}.", ENTAILMENT, "date")
    yield Made(f"{plan} was moved from {one} to {two}.", f"{plan} is still on {one}.", CONTRADICTION, "date")


def units(rng: random.Random) -> Iterator[Made]:
    """One amount in two units, rightly and wrongly converted."""
    frame, large, small, factor = rng.choice(frames.UNITS)
    halves = rng.randint(3, 12) if factor % 2 == 0 else 2 * rng.randint(2, 6)
    amount, converted = f"{halves / 2:g}", halves * factor // 2
    other = (
        converted + factor * rng.choice((1, 2))
        if rng.random() < 0.5
        else max(factor // 2, converted - factor)
    )
    wrong = rng.choice((other, halves * factor * 5 if factor >= 100 else other))
    said = frame.format(q=f"{amount} {large}")
    yield from both_ways(said, frame.format(q=f"{converted:,} {small}"), ENTAILMENT, "unit")
    yield from both_ways(said, frame.format(q=f"{wrong:,} {small}"), CONTRADICTION, "unit")
    swapped = frame.format(q=f"{amount} {small}")
    yield from both_ways(said, swapped, CONTRADICTION, "unit")
    wider = frame.format(q=f"more than {converted - factor // 2:,} {small}")
    narrower = frame.format(q=f"less than {converted - factor // 2:,} {small}")
    over = frame.format(q=f"more than {converted + factor:,} {small}")
    under = frame.format(q=f"less than {converted + factor:,} {small}")
    yield Made(said, under, ENTAILMENT, "unit")
    yield Made(said, over, CONTRADICTION, "unit")
    yield Made(under, said, NEUTRAL, "unit")
    yield Made(said, wider, ENTAILMENT, "unit")
    yield Made(said, narrower, CONTRADICTION, "unit")
    yield Made(wider, said, NEUTRAL, "unit")
