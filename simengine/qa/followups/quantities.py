"""Another amount or time in place of one that was told: "And with 10 °dH?", "And if it's only £6,000?"."""

from __future__ import annotations

import re

from simengine.qa.followups.noun_phrase import is_period
from simengine.qa.followups.sentences import full_forms
from simengine.text.words import words_of

_COUNTS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|"
    "a hundred|half a|half an"
)
_NUMBER = rf"(?:\d[\d.,]*\d|\d|\b(?:{_COUNTS})\b)"
_AMOUNT = re.compile(
    rf"(?:[$\u00a3\u20ac]\s?{_NUMBER}|\b[A-Z]\d{{1,3}}\b|{_NUMBER}[\s-]?(?:%|\u00b0\s?\w+|m\u00b2|[a-z]+(?:-old)?\b))",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    r"^(?:(?:what\s+)?if\s+(?:it|that|this|i|we|there)\s*(?:is|are|was|were|has been|had been|would be|am|have|had)|"
    r"with|for|at|in the case of)\s+(?:just\s+|only\s+|about\s+)?(?P<new>.+?)(?:\s+(?:instead|before|later|though))?$",
    re.IGNORECASE,
)
_CURRENCIES = "$\u00a3\u20ac"
_DESCRIBED = words_of("minute hour day week month year")


def another_amount(fragment: str, told: str, question: str) -> str | None:
    """The question under what was told with another amount; None if nothing alike was told.

    Args:
        fragment: "if it is only £6,000", "with 10 °dH", "for E4".
        told: what was told before the question: "I want £14,000 out for a car."
        question: "Do I have to let you know?"
    """
    wrapped = _WRAPPED.match(full_forms(fragment))
    new = None if wrapped is None else _AMOUNT.fullmatch(wrapped["new"])
    if new is None or not told or len(told.split(". ")) > 1:
        return None
    old = next((each for each in _AMOUNT.finditer(told) if _unit(each[0]) == _unit(new[0])), None)
    if old is None:
        return None
    condition = f"{told[: old.start()]}{new[0]}{told[old.end() :]}".rstrip(".!; ")
    first, _, more = condition.partition(" ")
    first = (
        first if first in ("I",) or first.startswith(("I'", "I\u2019")) or first.isupper() else first.lower()
    )
    return f"{question.rstrip('?.! ')} if {first} {more}?"


def _unit(amount: str) -> str:
    """What an amount is an amount of, alike for singular and plural: "minute", "£", "E"."""
    if amount[:1] in _CURRENCIES:
        return amount[:1]
    if re.fullmatch(r"[A-Za-z]\d+", amount):
        return amount[:1].upper()
    unit = re.sub(rf"^{_NUMBER}[\s-]?", "", amount, flags=re.IGNORECASE).lower().strip()
    return unit.removesuffix("s") if is_period(unit) or unit.removesuffix("s") in _DESCRIBED else unit
