"""English pairs about who did what to whom, from frames and two lists of words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Made, both_ways, capital
from simengine.training.generate.vocabulary import TRAIN_ACTS, TRAIN_PERSONS, TRAIN_THINGS

# What may follow an act; the tense it goes with.
PAST_ADDITIONS: Final = (
    "",
    "",
    " yesterday",
    " last week",
    " on Monday",
    " in the car park",
    " after the meeting",
    " twice",
    " in March",
    " before lunch",
)
HABITS: Final = ("", " every month", " once a week", " on Fridays", " every day", " twice a year")

# X does to Y with a thing; the same told from Y's side; each once more in another order of words.
TRANSFERS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("{a} sold {b} {t}.", "{a} sold {t} to {b}.", "{b} bought {t} from {a}.", "{t} was sold to {b} by {a}."),
    (
        "{a} lent {b} {t}.",
        "{a} lent {t} to {b}.",
        "{b} borrowed {t} from {a}.",
        "{t} was lent to {b} by {a}.",
    ),
    (
        "{a} gave {b} {t}.",
        "{a} gave {t} to {b}.",
        "{b} was given {t} by {a}.",
        "{t} was given to {b} by {a}.",
    ),
    (
        "{a} rented {t} to {b}.",
        "{a} let {b} have {t} for rent.",
        "{b} rented {t} from {a}.",
        "{t} was rented to {b} by {a}.",
    ),
    ("{a} sent {b} {t}.", "{a} sent {t} to {b}.", "{b} was sent {t} by {a}.", "{t} was sent to {b} by {a}."),
    (
        "{a} stole {t} from {b}.",
        "{a} took {t} from {b} without permission.",
        "{b} was robbed of {t} by {a}.",
        "{t} was stolen from {b} by {a}.",
    ),
    (
        "{a} inherited {t} from {b}.",
        "It was from {b} that {a} inherited {t}.",
        "{b} left {t} to {a} in a will.",
        "{t} was left to {a} by {b}.",
    ),
    (
        "{a} showed {b} {t}.",
        "{a} showed {t} to {b}.",
        "{b} was shown {t} by {a}.",
        "{t} was shown to {b} by {a}.",
    ),
)
# A relation and its converse; the relation back is false.
CONVERSES: Final[tuple[tuple[str, str], ...]] = (
    ("{a} is older than {b}.", "{b} is younger than {a}."),
    ("{a} is taller than {b}.", "{b} is shorter than {a}."),
    ("{a} is heavier than {b}.", "{b} is lighter than {a}."),
    ("{a} earns more than {b}.", "{b} earns less than {a}."),
    ("{a} arrived before {b}.", "{b} arrived after {a}."),
    ("{a} ran faster than {b}.", "{b} ran more slowly than {a}."),
    ("{a} is the parent of {b}.", "{b} is the child of {a}."),
    ("{a} is the boss of {b}.", "{b} works under {a}."),
    ("{a} owns the house in which {b} lives as a tenant.", "{b} is a tenant in the house of {a}."),
    ("{a} is taught by {b}.", "{b} teaches {a}."),
    ("{a} is employed by {b}.", "{b} employs {a}."),
    ("{a} stands in front of {b}.", "{b} stands behind {a}."),
    ("{a} finished ahead of {b}.", "{b} finished behind {a}."),
    ("{a} lives above {b}.", "{b} lives below {a}."),
    ("{a} won the match against {b}.", "{b} lost the match to {a}."),
    ("{a} is the grandparent of {b}.", "{b} is a grandchild of {a}."),
    ("{a} owes {b} money.", "{a} is in debt to {b}."),
)
THING_CONVERSES: Final[tuple[tuple[str, str], ...]] = (
    ("The {a} is heavier than the {b}.", "The {b} is lighter than the {a}."),
    ("The {a} costs more than the {b}.", "The {b} costs less than the {a}."),
    ("The {a} is newer than the {b}.", "The {b} is older than the {a}."),
    ("The {a} is more expensive than the {b}.", "The {b} is cheaper than the {a}."),
    ("The {a} stands to the left of the {b}.", "The {b} stands to the right of the {a}."),
    ("The {a} is under the {b}.", "The {b} is on top of the {a}."),
    ("The {a} was delivered before the {b}.", "The {b} was delivered after the {a}."),
    ("The {a} is bigger than the {b}.", "The {b} is smaller than the {a}."),
    ("The {a} was repaired later than the {b}.", "The {b} was repaired earlier than the {a}."),
)
MUTUAL: Final[tuple[tuple[str, str], ...]] = (
    ("{a} is married to {b}.", "{a} is not married to {b}."),
    ("{a} lives next door to {b}.", "{a} does not live next door to {b}."),
    ("{a} shares an office with {b}.", "{a} does not share an office with {b}."),
    ("{a} plays chess with {b}.", "{a} does not play chess with {b}."),
    ("{a} is as tall as {b}.", "{a} is not as tall as {b}."),
    ("{a} is related to {b}.", "{a} is not related to {b}."),
    ("{a} works in the same building as {b}.", "{a} does not work in the same building as {b}."),
    ("{a} has the same birthday as {b}.", "{a} does not have the same birthday as {b}."),
)


# Acts that tell something about each other.
_NEAR: Final = (
    ("hire", "employ", "dismiss", "pay", "reimburse", "replace", "recommend"),
    ("teach", "train"),
    ("blame", "accuse", "forgive", "insult", "sue"),
    ("praise", "thank"),
    ("call", "write_to", "shout_at", "apologise_to"),
    ("visit", "invite"),
    ("photograph", "draw"),
)


def _two(people: Sequence[str], rng: random.Random) -> tuple[str, str]:
    one, other = rng.sample(people, 2)
    return one, other


def acts(rng: random.Random) -> Iterator[Made]:
    """One act of one on another: roles exchanged, the passive, and other acts."""
    a, b = _two(TRAIN_PERSONS, rng)
    c = rng.choice([each for each in TRAIN_PERSONS if each not in (a, b)])
    first = rng.choice(TRAIN_ACTS)
    near = next((group for group in _NEAR if first[0] in group), (first[0],))
    second = rng.choice([each for each in TRAIN_ACTS if each[0] not in near])
    base, present, past, participle = (form.replace("_", " ") for form in first)
    habit = rng.random() < 0.4
    when = rng.choice(HABITS if habit else PAST_ADDITIONS)
    verb, be = (present, "is") if habit else (past, "was")
    do = "does" if habit else "did"
    said = capital(f"{a} {verb} {b}{when}.")
    back = capital(f"{b} {verb} {a}{when}.")
    yield from both_ways(said, back, CONTRADICTION, "roles")
    yield from both_ways(said, capital(f"{b} {be} {participle} by {a}{when}."), ENTAILMENT, "roles")
    yield Made(said, capital(f"{a} {be} {participle} by {b}{when}."), CONTRADICTION, "roles")
    yield Made(capital(f"{b} {be} {participle} by {a}{when}."), back, CONTRADICTION, "roles")
    yield Made(
        said, capital(f"it {be} {a} who {verb} {b}{when}, not the other way round."), ENTAILMENT, "roles"
    )
    yield Made(
        back, capital(f"it {be} {a} who {verb} {b}{when}, not the other way round."), CONTRADICTION, "roles"
    )
    yield Made(said, capital(f"{a} {do} not {base} {b}{when}."), CONTRADICTION, "roles")
    yield Made(
        capital(f"it is not true that {b} {be} not {participle} by {a}{when}."), said, ENTAILMENT, "roles"
    )
    other = (second[1] if habit else second[2]).replace("_", " ")
    base2 = second[0].replace("_", " ")
    yield Made(said, capital(f"{b} {other} {a}{when}."), NEUTRAL, "roles")
    yield Made(said, capital(f"{a} {verb} {c}{when}."), NEUTRAL, "roles")
    yield Made(said, capital(f"{c} {do} not {base} {b}{when}."), NEUTRAL, "roles")
    yield Made(said, capital(f"{b} {do} not {base2} {a}{when}."), NEUTRAL, "roles")
    yield Made(said, capital(f"{c} {be} {participle} by {b}{when}."), NEUTRAL, "roles")


def transfers(rng: random.Random) -> Iterator[Made]:
    """A thing that passes from one to another, told from both sides."""
    a, b = _two(TRAIN_PERSONS, rng)
    one, other = rng.sample(TRAIN_THINGS, 2)
    frame = rng.choice(TRANSFERS)
    right = [capital(form.format(a=a, b=b, t=f"the {one}")) for form in frame]
    wrong = [capital(form.format(a=b, b=a, t=f"the {one}")) for form in frame]
    for left, again in ((0, 1), (0, 2), (2, 1), (1, 3), (3, 2)):
        yield Made(right[left], right[again], ENTAILMENT, "transfer")
        yield Made(right[left], wrong[again], CONTRADICTION, "transfer")
    yield Made(right[0], wrong[0], CONTRADICTION, "transfer")
    different = rng.choice([each for each in TRANSFERS if each is not frame])
    yield Made(
        right[0],
        capital(different[rng.choice((0, 1))].format(a=a, b=b, t=f"the {other}")),
        NEUTRAL,
        "transfer",
    )
    yield Made(right[1], capital(different[0].format(a=b, b=a, t=f"the {other}")), NEUTRAL, "transfer")
    yield Made(right[2], capital(frame[0].format(a=a, b=b, t=f"the {other}")), NEUTRAL, "transfer")
    yield Made(right[0], capital(f"{b} does not like the {one}."), NEUTRAL, "transfer")
    yield Made(right[0], f"The {one} is not new.", NEUTRAL, "transfer")


def converses(rng: random.Random) -> Iterator[Made]:
    """Relations that run one way, with their converses."""
    things = rng.random() < 0.4
    forms = THING_CONVERSES if things else CONVERSES
    a, b = _two(TRAIN_THINGS if things else TRAIN_PERSONS, rng)
    (one, back), other = rng.choice(forms), rng.choice(forms)[0]
    said, turned = capital(one.format(a=a, b=b)), capital(back.format(a=a, b=b))
    yield from both_ways(said, turned, ENTAILMENT, "comparison")
    if "debt" not in back:
        yield from both_ways(said, capital(one.format(a=b, b=a)), CONTRADICTION, "comparison")
        yield from both_ways(said, capital(back.format(a=b, b=a)), CONTRADICTION, "comparison")
        inner = one.format(a=b, b=a)
        inner = inner[0].lower() + inner[1:] if things else inner
        yield Made(said, f"It is not the case that {inner}", ENTAILMENT, "comparison")
        yield Made(capital(inner), f"It is not the case that {inner}", CONTRADICTION, "comparison")
    if _independent(one, other):
        yield Made(said, capital(other.format(a=a, b=b)), NEUTRAL, "comparison")
        yield Made(turned, capital(other.format(a=b, b=a)), NEUTRAL, "comparison")


_INDEPENDENT: Final = (
    "taller",
    "heavier",
    "earns",
    "arrived",
    "lives above",
    "won the match",
    "costs",
    "newer",
    "left of",
    "delivered",
    "repaired",
)


def _independent(one: str, other: str) -> bool:
    """Neither relation tells anything about the other."""
    found = [next((word for word in _INDEPENDENT if word in text), None) for text in (one, other)]
    return None not in found and found[0] != found[1] and {"taller", "heavier"} != set(found)


def mutual(rng: random.Random) -> Iterator[Made]:
    """Relations that hold in both directions."""
    a, b = _two(TRAIN_PERSONS, rng)
    c = rng.choice([each for each in TRAIN_PERSONS if each not in (a, b)])
    holds, fails = rng.choice(MUTUAL)
    said, other = capital(holds.format(a=a, b=b)), capital(fails.format(a=a, b=b))
    yield Made(said, capital(holds.format(a=b, b=a)), ENTAILMENT, "roles")
    yield Made(other, capital(fails.format(a=b, b=a)), ENTAILMENT, "roles")
    yield Made(said, capital(fails.format(a=b, b=a)), CONTRADICTION, "roles")
    yield Made(other, capital(holds.format(a=b, b=a)), CONTRADICTION, "roles")
    if "married" not in holds:
        yield Made(said, capital(holds.format(a=c, b=b)), NEUTRAL, "roles")
        yield Made(said, capital(fails.format(a=b, b=c)), NEUTRAL, "roles")
