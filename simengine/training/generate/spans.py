"""Sets of numbers that a phrase allows, and what one says about another."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from simengine.training.generate.made import CONTRADICTION, ENTAILMENT, NEUTRAL, Label

Bound: TypeAlias = Literal["exactly", "at_least", "more_than", "at_most", "less_than", "between"]
BOUNDS: Final[tuple[Bound, ...]] = ("exactly", "at_least", "more_than", "at_most", "less_than", "between")
_ENDLESS = 10**12


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Whole numbers from `low` to `high`, both included, as a bound and its numbers name them.

    Attributes:
        bound: how the phrase says it.
        number: its number, or the lower of two.
        upper: the higher of two; with "between" only.
    """

    bound: Bound
    number: int
    upper: int = 0

    @property
    def low(self) -> int:
        """The least number allowed."""
        return {"at_most": 0, "less_than": 0, "more_than": self.number + 1}.get(self.bound, self.number)

    @property
    def high(self) -> int:
        """The greatest number allowed."""
        highs = {
            "exactly": self.number,
            "at_most": self.number,
            "less_than": self.number - 1,
            "between": self.upper,
        }
        return highs.get(self.bound, _ENDLESS)


def says(premise: NumberRange, hypothesis: NumberRange) -> Label:
    """What one statement about a number says about another one about the same number."""
    if hypothesis.low <= premise.low and premise.high <= hypothesis.high:
        return ENTAILMENT
    if premise.high < hypothesis.low or hypothesis.high < premise.low:
        return CONTRADICTION
    return NEUTRAL


def draw_span(low: int, high: int, step: int, rng: random.Random, bound: Bound | None = None) -> NumberRange:
    """A span with its numbers in a range, multiples of `step`."""
    chosen = rng.choice(BOUNDS) if bound is None else bound
    one, other = sorted(rng.sample(range(low, high + 1, step), 2))
    return (
        NumberRange(chosen, one, other)
        if chosen == "between"
        else NumberRange(chosen, rng.choice((one, other)))
    )


def draw_two(
    low: int, high: int, step: int, wanted: Label, rng: random.Random
) -> tuple[NumberRange, NumberRange]:
    """Two spans of which the first says `wanted` about the second; no two numbers in them are neighbours."""
    while True:
        one, other = draw_span(low, high, step, rng), draw_span(low, high, step, rng)
        same = {one.number, one.upper} & {other.number, other.upper} - {0}
        if not same and says(one, other) == wanted:
            return one, other
