"""Evidence for a verdict that is certain by construction, without a network, in English and Chinese.

Every sentence of the premise, and every clause, is compared with the hypothesis: words, articles and auxiliaries aside,
are aligned, and what is left must be a change whose meaning is known. The idea is that of natural logic: edits between
premise and hypothesis, each with a semantic relation.

Reference:
    MacCartney and Manning, Natural Logic for Textual Inference, ACL-PASCAL Workshop 2007.
"""

from __future__ import annotations

from simengine.rules.changes import RuleEvidence, compare
from simengine.rules.reading import Unit, read
from simengine.rules.scope import conditional

RULES = ("identity", "negation", "permission", "modality", "quantifier", "number", "opposite")
"""All names of rules, in a fixed order."""
MAX_COMPARED = 4


def rule_evidence(premise: str, hypothesis: str) -> tuple[RuleEvidence, ...]:
    """What rules say of a hypothesis, if the premise is true; nothing in most pairs.

    Args:
        premise: one sentence or many, in English or Chinese.
        hypothesis: one sentence; of several, nothing is said.

    Returns:
        At most one piece of evidence of each rule and label; of the sentence of the premise that is nearest.
    """
    ours, theirs = read(premise), read(hypothesis)
    claims = [unit for unit in theirs if unit.whole]
    if len(claims) != 1:
        return ()
    claim = claims[0]
    if any(unit.whole and unit.plain == claim.plain for unit in ours):
        return (RuleEvidence("identity", "entailment", "the same text"),)
    found: dict[tuple[str, str], RuleEvidence] = {}
    for unit in _nearest(ours, claim):
        evidence = compare(unit, claim)
        if evidence is not None:
            if evidence.rule == "identity":
                return (evidence,)
            found.setdefault((evidence.rule, evidence.label), evidence)
    return tuple(found.values())


def _nearest(units: tuple[Unit, ...], claim: Unit) -> list[Unit]:
    """The units that share most words with the claim, without clauses under a condition; all share half of them."""
    shared: list[tuple[int, int, Unit]] = []
    under_condition = False
    for place, unit in enumerate(units):
        if unit.whole:
            under_condition = conditional(unit)
        n_shared = len(unit.words & claim.words)
        if 2 * n_shared >= len(claim.words) and (unit.whole or not under_condition):
            shared.append((-n_shared, place, unit))
    return [unit for _, _, unit in sorted(shared, key=lambda entry: entry[:2])[:MAX_COMPARED]]
