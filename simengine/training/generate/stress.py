"""Benchmark sets of pairs that a judge of texts must get right, of words and frames that no training pair has."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

from simengine.errors import UsageError
from simengine.training.generate import stress_frames as frames
from simengine.training.generate import vocabulary
from simengine.training.generate.kinds import Language
from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Made, capital

StressKind: TypeAlias = Literal["identity", "roles", "unrelated_neutral", "intervals", "premise_negation"]
_MOST_DRAWS: Final = 400  # for each pair wanted
_ACTS_DRAWN: Final = 12


def stress_pairs(
    kind: StressKind, n: int = 200, seed: int = 13, language: Language = "en"
) -> tuple[Made, ...]:
    """Pairs of one kind, all different, the same for the same seed.

    Args:
        kind: "identity": a sentence and itself, or without its full stop. "roles": two persons exchanged
            (contradiction, two in three) or the same told from the other side (entailment). "unrelated_neutral": two
            sentences about different things. "intervals": a limit and a case inside or outside of it.
            "premise_negation": a denial and what it denies (contradiction, three in four) or the denial in other words.
        n: how many.
        seed: of the draws.
        language: "en" or "zh".

    Raises:
        UsageError: an unknown kind or language, or more pairs than there are.
    """
    makers: dict[str, Callable[[Language, int, random.Random], Made | None]] = {
        "identity": _identity,
        "roles": _roles,
        "unrelated_neutral": _unrelated,
        "intervals": _intervals,
        "premise_negation": _premise_negation,
    }
    if kind not in makers:
        raise UsageError(f"kind is {kind!r}; expected one of {', '.join(makers)}")
    if language not in ("en", "zh"):
        raise UsageError(f"language is {language!r}; expected en or zh")
    rng = random.Random(seed)
    maker = makers[kind]
    found: dict[tuple[str, str], Made] = {}
    for _ in range(_MOST_DRAWS * max(n, 1)):
        if len(found) >= n:
            return tuple(found.values())
        made = maker(language, len(found), rng)
        if made is not None:
            found.setdefault((made.premise, made.hypothesis), made)
    raise UsageError(f"n is {n}, more than there are different pairs of {kind} in {language}: {len(found)}")


def _filled(
    language: Language, rng: random.Random, shapes: Sequence[tuple[str, ...]], n: int
) -> list[tuple[str, ...]]:
    """Some of the frames, each with another person and another thing."""
    persons = vocabulary.HELD_OUT_PERSONS if language == "en" else vocabulary.HELD_OUT_PERSONS_ZH
    things = vocabulary.HELD_OUT_THINGS if language == "en" else vocabulary.HELD_OUT_THINGS_ZH
    drawn = zip(rng.sample(shapes, n), rng.sample(persons, n), rng.sample(things, n), strict=True)
    return [
        tuple(capital(text.format(p=person, t=thing)) for text in shape) for shape, person, thing in drawn
    ]


def _statements(language: Language, rng: random.Random, n: int) -> list[tuple[str, ...]]:
    """Statements on different matters, each with its denial."""
    return _filled(language, rng, frames.STATEMENTS_EN if language == "en" else frames.STATEMENTS_ZH, n)


def _identity(language: Language, number: int, rng: random.Random) -> Made:
    sentence = rng.choice(_statements(language, rng, 1)[0])
    return Made(sentence, sentence if number % 2 == 0 else sentence[:-1], ENTAILMENT, "identity")


def _unrelated(language: Language, number: int, rng: random.Random) -> Made:
    one, other = _statements(language, rng, 2)
    return Made(one[number % 2], other[number // 2 % 2], NEUTRAL, "unrelated_neutral")


def _premise_negation(language: Language, number: int, rng: random.Random) -> Made:
    denials = frames.DENIALS_EN if language == "en" else frames.DENIALS_ZH
    yes, no, other = _filled(language, rng, denials, 1)[0]
    if number % 4 != 3:
        return Made(no, yes, CONTRADICTION, "premise_negation")
    return Made(no, other, ENTAILMENT, "premise_negation")


def _roles(language: Language, number: int, rng: random.Random) -> Made:
    said, turned = rng.choice(list(_role_frames(language, rng)))
    persons = vocabulary.HELD_OUT_PERSONS if language == "en" else vocabulary.HELD_OUT_PERSONS_ZH
    things = vocabulary.HELD_OUT_THINGS if language == "en" else vocabulary.HELD_OUT_THINGS_ZH
    (a, b), t = rng.sample(persons, 2), rng.choice(things)
    premise = capital(said.format(a=a, b=b, t=t))
    if number % 3 == 0:
        return Made(premise, capital(turned.format(a=a, b=b, t=t)), ENTAILMENT, "roles")
    shape = said if number % 3 == 1 else turned
    return Made(premise, capital(shape.format(a=b, b=a, t=t)), CONTRADICTION, "roles")


def _role_frames(language: Language, rng: random.Random) -> Iterator[tuple[str, str]]:
    """The relations, and some acts."""
    if language == "en":
        yield from frames.ROLES_EN
        for _, _, past, participle in rng.sample(vocabulary.HELD_OUT_ACTS, _ACTS_DRAWN):
            said, turned = frames.ACT_EN
            yield said.format(past=past), turned.format(participle=participle)
    else:
        yield from frames.ROLES_ZH
        for act in rng.sample(vocabulary.HELD_OUT_ACTS_ZH, _ACTS_DRAWN):
            said, turned = frames.ACT_ZH
            yield said.format(act=act), turned.format(act=act)


def _intervals(language: Language, number: int, rng: random.Random) -> Made:
    shapes: Sequence[tuple[str, str, str, str]] = (
        frames.INTERVALS_EN if language == "en" else frames.INTERVALS_ZH
    )
    rule, inside, outside, bound = rng.choice(shapes)
    limit = rng.choice((14, 16, 18, 20, 24, 25, 30, 35, 40, 45, 50, 60))
    above, below = limit + rng.randint(3, 20), limit - rng.randint(3, 10)
    allowed, refused = (below, above) if bound == "at_most" else (above, below)
    fits, claims = number % 2 == 0, number // 2 % 2 == 0
    hypothesis = (inside if claims else outside).format(m=allowed if fits else refused)
    return Made(
        rule.format(n=limit), hypothesis, ENTAILMENT if fits == claims else CONTRADICTION, "intervals"
    )
