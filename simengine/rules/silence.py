"""Forms of sentences that the rules misread, and before which they say nothing."""

from __future__ import annotations

import re
from functools import cache

_ANY = (
    # One of two, or none of two: which one is not said, or the negation belongs to both.
    r"\b(?:either|neither|nor)\b|不(?:是|在)[^。；]*[，,]?就(?:是|在)|要么|要不",
    # What somebody holds wrongly, or a quotation that is denied.
    r"\b(?:wrongly|falsely|mistakenly|erroneously)\b|\b(?:wrong|false|untrue) that\b",
    r"误以为|误认为|错误地|(?:不是|并非|不符合)事实|不属实|是假的",
)
_BY_RULE = {
    "number": (
        r"(?:之前|以前|之后|以后|之间)|(?:至少|最少|最多|至多)为",
        r"\bopens?\b.*\bcloses?\b|开门.*关门",
        # What is left of an amount, and what holds no more than needed.
        r"还[欠剩在]|剩[下余]|[装坐放]得下|点.*已经",
    ),
    "roles": (r"\bas \w+ as\b|\brelated\b|一样|亲戚",),
}


def silent(rule: str, premise: str, hypothesis: str) -> bool:
    """Whether a rule says nothing of two texts because of their form.

    Args:
        rule: its name, one of `simengine.rules.evidence.RULES`.
        premise, hypothesis: the texts.
    """
    if any(_pattern(rule).search(text) for text in (premise, hypothesis)):
        return True
    # Two passive sentences with an agent: "was sent to B by C" and "B was sent it by C" are the same.
    return rule == "roles" and all(re.search(r"\bby\b", text) for text in (premise, hypothesis))


@cache
def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile("|".join((*_ANY, *_BY_RULE.get(rule, ()))), re.IGNORECASE)
