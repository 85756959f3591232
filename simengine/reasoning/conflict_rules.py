"""Conflicts that rules find in two claims, whatever a model says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simengine.rules.cues import Profile
from simengine.rules.disagreement import disagreement
from simengine.rules.evidence import rule_evidence

_INDEFINITE = re.compile(
    r"(?:an?|one|some|several|two|three)\b|一[个名位只条件]|有[个人些的]|某", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class RuleConflict:
    """A conflict that a rule has found.

    Attributes:
        rule: "number", "measure", "date", "time of day" or "negation" if the claims differ in nothing else; or another
            of `simengine.rules.evidence.RULES`, such as "permission" or "opposite".
        difference: what they differ in, as written; None if a rule of the latter kind found it.
        reason: of a rule of the latter kind, in a few words; "" otherwise.
    """

    rule: str
    difference: tuple[str, str] | None
    reason: str = ""


def rule_conflict(
    text1: str, first: Profile, text2: str, second: Profile, *, same_document: bool
) -> RuleConflict | None:
    """The conflict that rules find in two claims, None if they find none.

    Args:
        text1, text2: the claims.
        first, second: their profiles.
        same_document: a subject that is a pronoun is the same in both. "One man" or "a dog" is never taken for the
            same.
    """
    differing = disagreement(text1, first, text2, second, same_document=same_document)
    if differing is not None:
        return RuleConflict(differing.rule, (differing.text1, differing.text2))
    if (not same_document and (first.pronoun or second.pronoun)) or _INDEFINITE.match(text1):
        return None
    found = (*rule_evidence(text1, text2), *rule_evidence(text2, text1))
    against = next((each for each in found if each.label == "contradiction"), None)
    if against is None or any(each.label == "entailment" for each in found):
        return None
    return RuleConflict(against.rule, None, against.reason)
