"""Chooses the candidate to give, its verdict, and the evidence against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simengine.qa.candidates import Candidate
from simengine.qa.decision import Decides
from simengine.qa.judging import VerdictCache
from simengine.types import Evidence

SUPPORTED, CONTRADICTED, NOT_FOUND = "supported", "contradicted", "not found"


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome for one question.

    Attributes:
        verdict: "supported", "contradicted" or "not found".
        candidate: the best one, even if it is not good enough; None if there is none.
        probability: of the candidate; 0 without one.
        against: contradicting evidence of another passage.
    """

    verdict: str
    candidate: Candidate | None
    probability: float
    against: Evidence | None = None


def decide(candidates: Sequence[Candidate], judged: VerdictCache, rule: Decides, threshold: float) -> Decided:
    """The answer with the highest probability, if that reaches the threshold.

    For a yes/no question the verdict is the answer: "supported" is yes, "contradicted" no; a passage
    that says neither does not answer. Any other answer is "contradicted" if a passage that would itself have been
    an answer contradicts it with a higher probability than its own evidence entails it.

    Args:
        candidates: of one question, in the order of the search, which breaks ties.
        judged: the NLI model's verdicts.
        rule: computes probabilities.
        threshold: the lowest probability of an answer.
    """
    rated = sorted(
        ((rule.probability(each.features), each) for each in candidates), key=lambda pair: -pair[0]
    )
    if not rated:
        return Decided(NOT_FOUND, None, 0.0)
    good = [(value, each) for value, each in rated if value >= threshold and _says_something(each)]
    if not good:
        return Decided(NOT_FOUND, rated[0][1], rated[0][0])
    probability, best = good[0]
    others = [each for _, each in good[1:] if each.hit.id != best.hit.id]
    if best.says_yes is not None:
        return _yes_or_no(best, probability, good)
    against = _surest_against(best, others, judged)
    return Decided(SUPPORTED if against is None else CONTRADICTED, best, probability, against)


def _says_something(candidate: Candidate) -> bool:
    """Whether evidence for a yes or no says one of them rather than neither."""
    if candidate.says_yes is None:
        return True
    said, denied = candidate.features["entailment"], candidate.features["contradiction"]
    return said >= 1.0 - said - denied


def _yes_or_no(best: Candidate, probability: float, good: Sequence[tuple[float, Candidate]]) -> Decided:
    """Of the evidence for yes and for no the more certain one, and the other."""
    other = next(
        (
            (value, each)
            for value, each in good
            if each.says_yes is not None and each.says_yes != best.says_yes
        ),
        None,
    )
    if other is not None and other[1].features["entailment"] > best.features["entailment"]:
        (probability, best), other = other, (probability, best)
    against = None if other is None else other[1].as_evidence()
    return Decided(SUPPORTED if best.says_yes else CONTRADICTED, best, probability, against)


def _surest_against(best: Candidate, others: Sequence[Candidate], judged: VerdictCache) -> Evidence | None:
    """The evidence of another answer that contradicts this one with more certainty than its own evidence supports it.

    Two sentences must contradict each other in both directions, as NLI models also call sentences on different
    things contradictory.
    """
    if best.source == "faq":
        return None
    rivals = [each for each in others if each.source == "passage"]
    claim = best.statement or best.evidence_text
    pairs = [(each.evidence_text, claim) for each in rivals]
    turned = [] if best.statement else [(claim, each.evidence_text) for each in rivals]
    judged.learn([*pairs, *turned])
    own = best.features.get("entailment", best.features.get("sentence", 0.0))
    surest, found = max(own, 0.5), None
    for place, each in enumerate(rivals):
        contradiction = judged[pairs[place]].contradiction
        if turned:
            contradiction = min(contradiction, judged[turned[place]].contradiction)
        if contradiction > surest:
            surest, found = contradiction, each
    return None if found is None else found.as_evidence()
