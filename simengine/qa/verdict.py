"""Chooses the candidate to give, its verdict, and the evidence against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simengine.qa.asked import Kind
from simengine.qa.candidates import Candidate
from simengine.qa.decision import Decides
from simengine.qa.judging import VerdictCache
from simengine.types import Evidence

YES, NO, ANSWER = "yes", "no", "answer"
SUPPORTED, CONTRADICTED, NOT_FOUND = "supported", "contradicted", "not found"


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome for one question.

    Attributes:
        verdict: see `simengine.types.Answer`.
        candidate: the best one, even if it is not good enough; None if there is none.
        probability: of the candidate; 0 without one.
        threshold: the least probability of an answer of its kind.
        against: evidence of another passage that says otherwise.
    """

    verdict: str
    candidate: Candidate | None
    probability: float
    threshold: float
    against: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """The lowest probability of an answer.

    Attributes:
        rule: computes probabilities and, where none is given, thresholds.
        threshold: given; None for the rule's.
        precision: for the rule's threshold.
    """

    rule: Decides
    threshold: float | None = None
    precision: float | None = None

    def of(self, candidate: Candidate | None) -> float:
        """The threshold for a candidate."""
        if self.threshold is not None:
            return self.threshold
        return self.rule.threshold(self.precision, None if candidate is None else candidate.features)


def decide(
    candidates: Sequence[Candidate], judged: VerdictCache, bar: Threshold, kind: Kind = "other"
) -> Decided:
    """The answer with the highest probability, if that reaches the threshold.

    A question for yes or no is answered by yes or no, a claim is supported or contradicted; a passage that says neither
    does not answer, which a fitted decision knows from the features. `against` is what another passage says that would
    itself have been an answer.

    Args:
        candidates: of one question, in the order of the search, which breaks ties.
        judged: the NLI model's verdicts.
        bar: what an answer must reach.
        kind: what is asked for.
    """
    rated = sorted(
        ((bar.rule.probability(each.features), each) for each in candidates), key=lambda pair: -pair[0]
    )
    if not rated:
        return Decided(NOT_FOUND, None, 0.0, bar.of(None))
    good = [
        (value, each)
        for value, each in rated
        if value >= bar.of(each) and (says_something(each) or bar.rule.is_calibrated(each.features))
    ]
    if not good:
        return Decided(NOT_FOUND, rated[0][1], rated[0][0], bar.of(rated[0][1]))
    probability, best = good[0]
    if best.says_yes is not None:
        other = next((each for _, each in good if each.says_yes is (not best.says_yes)), None)
        against = None if other is None else other.as_evidence()
    else:
        others = [each for _, each in good[1:] if each.hit.id != best.hit.id]
        against = _surest_against(best, others, judged)
    return Decided(_verdict(best, kind), best, probability, bar.of(best), against)


def _verdict(best: Candidate, kind: Kind) -> str:
    if best.says_yes is None:
        return ANSWER
    if kind == "claim":
        return SUPPORTED if best.says_yes else CONTRADICTED
    return YES if best.says_yes else NO


def says_something(candidate: Candidate) -> bool:
    """Whether evidence for a yes or no says one of them rather than neither."""
    if candidate.says_yes is None:
        return True
    said, denied = candidate.features["entailment"], candidate.features["contradiction"]
    return said >= 1.0 - said - denied


def _surest_against(best: Candidate, others: Sequence[Candidate], judged: VerdictCache) -> Evidence | None:
    """The evidence of another answer that contradicts this one with more certainty than its own evidence entails it.

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
    surest, found = max(best.features.get("entailment", 0.0), 0.5), None
    for place, each in enumerate(rivals):
        contradiction = judged[pairs[place]].contradiction
        if turned:
            contradiction = min(contradiction, judged[turned[place]].contradiction)
        if contradiction > surest:
            surest, found = contradiction, each
    return None if found is None else found.as_evidence()
