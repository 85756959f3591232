"""Finds sentences that differ only in one number, measure, date or negation, which small models overlook.

The rules are narrow on purpose. They find "Pets are allowed" and "Pets are not allowed", or "The fee is 20 euros"
and "The fee is 25 euros", and do not fire if both may be true: "Sales fell in 2019" and "Sales fell in 2020",
"at least 5" and "at least 7" in a description, 30 days and one month, prices in two currencies, "section 3"
and "section 4".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from simengine.rules.cues import Profile, stem
from simengine.rules.quantities import CLOCK, DATE, LABEL, MONEY, Quantity
from simengine.text.scripts import HAN

_WORD = re.compile(rf"[{HAN}]|[^\W{HAN}]+(?:['\u2019.-][^\W{HAN}]+)*|\uffff")
_PLACE = "\uffff"  # represents a quantity in a frame
_NEGATION = re.compile(
    r"(?<![a-z])(?:not(?! only| just| necessarily)|no(?![.\w]))(?![a-z])|(?:不是|没有|不|没|未|勿)(?![过仅但断同])"
)
_CONTRACTED = re.compile(r"(?:(?<![a-z])(ca|wo|sha))?(n't|n\u2019t)(?![a-z])|cannot")
_WHOLE = {"ca": "can", "wo": "will", "sha": "shall"}
_ARTICLES = frozenset(("a", "an", "the"))
_UNSTRESSED = _ARTICLES | {"do", "does", "did", "any", "是", "有"}
# Events that happen once: of two dates only one can be right.
_ONCE_WORDS = (
    "born founded established incorporated died begins began starts started commences commenced ends ended expires "
    "expired expire terminates terminated due deadline effective signed released opened opens closes built completed "
    "scheduled launched expiry end start"
)
_ONCE = frozenset(map(stem, _ONCE_WORDS.split()))
_ONCE_CHINESE = re.compile("成立|出生|生效|到期|截止|签订|签署|发布|去世|开始|结束|终止|届满|竣工|失效")
_PRESCRIBING_WORDS = "must shall required requires require minimum maximum limit limited need needs"
_PRESCRIBES = frozenset(map(stem, _PRESCRIBING_WORDS.split()))
_PRESCRIBES_CHINESE = re.compile("必须|应当|应该|不得|须|限")
_HALF_DAY_MINUTES = 720
MIN_FRAME_WORDS = 2


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The difference between two sentences.

    Attributes:
        rule: "number", "measure", "date", "time of day" or "negation".
        text1, text2: the two quantities, or the negation and "", as written.
    """

    rule: str
    text1: str
    text2: str


def disagreement(
    text1: str, first: Profile, text2: str, second: Profile, *, same_document: bool
) -> Disagreement | None:
    """What two sentences disagree on, if they differ only in one quantity that can have only one value.

    Args:
        text1, text2: the sentences.
        first, second: their profiles.
        same_document: a subject that is a pronoun is the same in both.
    """
    if len(first.quantities) != len(second.quantities) or (first.pronoun and not same_document):
        return None
    if first.negated != second.negated:
        return _negation(text1, first, text2, second)
    frame = _frame(text1, first.quantities)
    words = [word for word in frame if word[0] != _PLACE]
    if not first.quantities or len(words) < MIN_FRAME_WORDS or frame != _frame(text2, second.quantities):
        return None
    differing = _differing(first, second)
    if len(differing) != 1:
        return None
    one, other = differing[0]
    excluded = _excludes(one, other) or (_bounds_of_a_rule(one, other) and _prescribes(words, text1))
    if not excluded or not _asserted(one, frame, words, first, text1):
        return None
    rule = {DATE: "date", CLOCK: "time of day", "number": "number"}.get(one.dimension, "measure")
    return Disagreement(rule, text1[one.start : one.end].strip(), text2[other.start : other.end].strip())


def _differing(first: Profile, second: Profile) -> list[tuple[Quantity, Quantity]]:
    return [
        (one, other)
        for one, other in zip(first.quantities, second.quantities, strict=True)
        if (one.low, one.high, one.date) != (other.low, other.high, other.date)
    ]


def _negation(text1: str, first: Profile, text2: str, second: Profile) -> Disagreement | None:
    """One of the sentences is the other with a "not" (不, 没, 未) in it."""
    texts = [_expanded(text) for text in (text1, text2)]
    negations = [_NEGATION.findall(text) for text in texts]
    if sorted(map(len, negations)) != [0, 1] or _differing(first, second):
        return None
    frames = [
        [stem(word) for word in _WORD.findall(_NEGATION.sub(" ", text)) if word not in _UNSTRESSED]
        for text in texts
    ]
    if frames[0] != frames[1] or len(frames[0]) < MIN_FRAME_WORDS:
        return None
    return Disagreement("negation", *("".join(found) for found in negations))


def _expanded(text: str) -> str:
    """In lower case, "isn't" as "is not"."""

    def whole(match: re.Match[str]) -> str:
        return "can not" if match[0] == "cannot" else f"{_WHOLE.get(match[1] or '', '')} not"

    return _CONTRACTED.sub(whole, text.lower())


def _frame(text: str, found: tuple[Quantity, ...]) -> list[str]:
    """Stems of a sentence without articles, its quantities replaced by their dimensions; labels are kept."""
    pieces, at = [], 0
    dimensions = []
    for quantity in found:
        if quantity.dimension != LABEL:
            pieces += [text[at : quantity.start], f" {_PLACE} "]
            dimensions.append(quantity.dimension)
            at = quantity.end
    words = _WORD.findall("".join([*pieces, text[at:]]).lower())
    names = iter(dimensions)
    return [
        f"{_PLACE}{next(names)}" if word == _PLACE else stem(word) for word in words if word not in _ARTICLES
    ]


def _excludes(one: Quantity, other: Quantity) -> bool:
    """Whether no value can be both."""
    if one.date is not None and other.date is not None:
        return any(
            a is not None and b is not None and a != b for a, b in zip(one.date, other.date, strict=True)
        )
    if one.base != other.base or one.dimension != other.dimension:
        return False
    if one.dimension == MONEY and not one.base:
        return False
    if one.dimension == CLOCK:
        return abs(one.low - other.low) not in (0, _HALF_DAY_MINUTES)
    return one.high < other.low or other.high < one.low


def _bounds_of_a_rule(one: Quantity, other: Quantity) -> bool:
    """Two limits of the same kind: "at least 5" and "at least 7"."""
    return one.bound == other.bound != "" and one.bound != "about" and one.base == other.base


def _prescribes(words: list[str], text: str) -> bool:
    return not _PRESCRIBES.isdisjoint(words) or _PRESCRIBES_CHINESE.search(text) is not None


def _asserted(one: Quantity, frame: list[str], words: list[str], claim: Profile, text: str) -> bool:
    """Whether the sentence states the quantity, rather than being about what the quantity names."""
    if frame[0][0] == _PLACE and one is claim.quantities[0]:
        return False  # "2019 was a good year", "two dogs run"
    if one.dimension != DATE:
        return True
    alone = len(claim.quantities) == 1
    return alone and (not _ONCE.isdisjoint(words) or _ONCE_CHINESE.search(text) is not None)
