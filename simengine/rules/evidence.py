"""Evidence for a verdict that is certain by construction, without a network, in English and Chinese.

Every sentence of the premise, and every clause, is compared with the hypothesis: words, articles and auxiliaries aside,
are aligned, and what is left must be a change whose meaning is known. The idea is that of natural logic: edits between
premise and hypothesis, each with a semantic relation.

Reference:
    MacCartney and Manning, Natural Logic for Textual Inference, ACL-PASCAL Workshop 2007.
"""

from __future__ import annotations

from collections.abc import Sequence

from simengine.rules.changes import RuleEvidence, compare
from simengine.rules.limits import limits
from simengine.rules.reading import QUANTITY, Unit, read, sentences
from simengine.rules.roles import roles
from simengine.rules.scope import begins_with_predicate, conditional
from simengine.rules.silence import silent
from simengine.text.words import PREPOSITIONS

RULES = (
    "identity",
    "negation",
    "permission",
    "modality",
    "quantifier",
    "number",
    "limit",
    "opposite",
    "roles",
    "conjunct",
    "unrelated",
)
"""All names of rules, in a fixed order."""
WEAK_RULES = frozenset(("unrelated",))
"""Rules that a text in other words defeats: evidence to weigh, never to go by alone."""
MAX_COMPARED = 4
MIN_SIGNS, BEGINNING_LETTERS = 3, 5


def rule_evidence(premise: str, hypothesis: str) -> tuple[RuleEvidence, ...]:
    """What rules say of a hypothesis, if the premise is true; nothing in most pairs.

    Args:
        premise: one sentence or many, in English or Chinese.
        hypothesis: one sentence; of several, nothing is said.

    Returns:
        At most one piece of evidence of each rule and label, of the sentence or clause of the premise that is nearest;
        one alone if it is for entailment.
    """
    ours, theirs = read(premise), read(hypothesis)
    claims = [unit for unit in theirs if unit.whole]
    if len(claims) != 1:
        return ()
    claim = claims[0]
    if any(unit.whole and unit.plain == claim.plain for unit in ours):
        return (RuleEvidence("identity", "entailment", "the same text"),)
    if not _related(ours, claim):
        return (RuleEvidence("unrelated", "neutral", "no word in common"),)
    found: dict[tuple[str, str], RuleEvidence] = {}
    for unit in _nearest(ours, claim):
        evidence = roles(unit, claim) or compare(unit, claim)
        if evidence is not None and not silent(evidence.rule, premise, hypothesis):
            if evidence.label == "entailment":
                return (evidence,)
            found.setdefault((evidence.rule, evidence.label), evidence)
    if not found and (limit := _limit(premise, hypothesis)) is not None:
        return (limit,)
    return tuple(found.values())


def _limit(premise: str, hypothesis: str) -> RuleEvidence | None:
    """What the first sentence of the premise with a limit for the case says of it."""
    found = (limits(sentence, case) for sentence in sentences(premise) for case in sentences(hypothesis))
    return next((one for one in found if one is not None and not silent("limit", premise, hypothesis)), None)


def _related(units: Sequence[Unit], claim: Unit) -> bool:
    """Whether a word, its beginning, a number or a Chinese character is in both; true where there is little text."""
    ours, theirs = set().union(*map(_signs, units)), _signs(claim)
    return min(len(ours), len(theirs)) < MIN_SIGNS or not ours.isdisjoint(theirs)


def _signs(unit: Unit) -> set[str]:
    numbers = {unit.raw[token.at] for token in unit.tokens if token.kind == QUANTITY}
    return numbers | {word[:BEGINNING_LETTERS] for word in unit.words if word not in PREPOSITIONS}


def _nearest(units: tuple[Unit, ...], claim: Unit) -> list[Unit]:
    """The units that share most words with the claim, without clauses under a condition; all share half of them."""
    shared: list[tuple[int, int, Unit]] = []
    under_condition = False
    wanted = claim.words - PREPOSITIONS
    for place, unit in enumerate(units):
        if unit.whole:
            under_condition = conditional(unit)
        elif begins_with_predicate(unit):
            continue
        n_shared = len(unit.words & claim.words)
        if 2 * len(unit.words & wanted) >= len(wanted) and (unit.whole or not under_condition):
            shared.append((-n_shared, place, unit))
    return [unit for _, _, unit in sorted(shared, key=lambda entry: entry[:2])[:MAX_COMPARED]]
