"""How two quantities of one kind stand to each other: the same, one within the other, or never both."""

from __future__ import annotations

import math
import re
from typing import Literal, TypeAlias

from simengine.rules.quantities import CLOCK, MONEY, Quantity
from simengine.rules.times import RANGE, WEEKDAY

Relation: TypeAlias = Literal["same", "implied", "excluded", ""]
"""Of a second quantity to the first: equal, certain if the first holds, impossible if the first holds, or unknown."""

_HALF_DAY_MINUTES = 720
_HALF_NAMED = re.compile(
    r"[ap]\.?m|上午|下午|早|晚|凌晨|noon|midnight|\b(?:0\d|1[3-9]|2\d):|1[3-9]点|2\d点", re.IGNORECASE
)
_TOLERANCE = 1e-9


def relation(one: Quantity, text1: str, other: Quantity, text2: str) -> Relation:
    """What the first quantity says of the second, if both are of the same thing.

    Args:
        one, other: the quantities.
        text1, text2: as written; they say whether a time of day names its half of the day.
    """
    if one.date is not None and other.date is not None:
        return _of_dates(one.date, other.date)
    if (
        one.dimension != other.dimension
        or one.base != other.base
        or (one.dimension == MONEY and not one.base)
    ):
        return ""
    if one.dimension == WEEKDAY:
        return _of_days(int(one.low), int(other.low))
    if one.dimension == CLOCK and not (_HALF_NAMED.search(text1) and _HALF_NAMED.search(text2)):
        if one.bound or other.bound:
            return "same" if (one.low, one.high) == (other.low, other.high) else ""
        apart = abs(one.low - other.low)
        return "same" if apart == 0 else "excluded" if apart != _HALF_DAY_MINUTES else ""
    if one.dimension == CLOCK and RANGE in (one.bound, other.bound):
        return _of_hours(one, other)
    return _of_intervals(one, other)


def _of_dates(
    one: tuple[int | None, int | None, int | None], other: tuple[int | None, int | None, int | None]
) -> Relation:
    if one == other:
        return "same"
    if any(a is not None and b is not None and a != b for a, b in zip(one, other, strict=True)):
        return "excluded"
    more_said = all(b is None or a == b for a, b in zip(one, other, strict=True))
    return "implied" if more_said else ""


def _of_days(one: int, other: int) -> Relation:
    """What holds on some days holds on each of them, and, of a list of days, on no other."""
    if one == other:
        return "same"
    if one & other:
        return "implied" if one & other == other else ""
    return "excluded" if max(one.bit_count(), other.bit_count()) > 1 else ""


def _of_hours(one: Quantity, other: Quantity) -> Relation:
    """What lasts from one time to another holds at each between; of two ranges only one is right."""
    if one.bound == other.bound:
        return "same" if (one.low, one.high) == (other.low, other.high) else "excluded"
    if one.bound != RANGE or other.bound:
        return ""
    return "implied" if one.low <= other.low < one.high else "excluded"


def _of_intervals(one: Quantity, other: Quantity) -> Relation:
    if _near(one.low, other.low) and _near(one.high, other.high) and _open(one) == _open(other):
        return "same"
    if _below(one, other) or _below(other, one):
        return "excluded"
    if one.bound == other.bound and one.bound in ("most", "under", "over"):
        return ""  # "up to 5 kg" says nothing of "up to 8 kg"
    inside = _at_least(one, other) and _at_most(one, other)
    return "implied" if inside else ""


def _open(quantity: Quantity) -> str:
    return quantity.bound if quantity.bound in ("over", "under", "about") else ""


def _near(one: float, other: float) -> bool:
    return one == other or math.isclose(one, other, rel_tol=_TOLERANCE)


def _below(one: Quantity, other: Quantity) -> bool:
    if _near(one.high, other.low):
        return one.bound == "under" or other.bound == "over"
    return one.high < other.low


def _at_least(one: Quantity, other: Quantity) -> bool:
    """Whether every value of the first is above the lower end of the second."""
    if _near(one.low, other.low):
        return other.bound != "over" or one.bound == "over"
    return one.low > other.low


def _at_most(one: Quantity, other: Quantity) -> bool:
    if _near(one.high, other.high):
        return other.bound != "under" or one.bound == "under"
    return one.high < other.high
