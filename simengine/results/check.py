"""Claims of a text with their verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from simengine.types import Evidence, Span

ClaimVerdict: TypeAlias = Literal["supported", "contradicted", "not found", "not sure"]


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim of a text, and what the evidence says about it.

    Attributes:
        span: characters of the text.
        text: these characters.
        judged: the statement that was judged: the claim, with the subject of the sentence before it in place of a
            pronoun, or with that sentence in front of it.
        verdict: "supported", "contradicted", "not found", or "not sure" if the evidence speaks to the claim and the
            model is not certain, or if some of it supports the claim and some contradicts it.
        probability: of the verdict; for "not found" and "not sure" the greater one of support and contradiction. A
            probability only where the text's check is `calibrated`.
        evidence: for "supported" and "contradicted" what says so; for "not sure" what comes nearest to it; None for
            "not found".
        against: for "not sure" what says the opposite of `evidence` as surely; else None.
        reason: the rules that decided with the model, or why there is no verdict; "" if there is nothing to say.
        unsupported: characters of the text, within `span`, that nothing supports; empty if the claim is supported.
    """

    span: Span
    text: str
    judged: str
    verdict: ClaimVerdict
    probability: float
    evidence: Evidence | None
    against: Evidence | None = None
    reason: str = ""
    unsupported: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedText:
    """The claims of one text.

    Attributes:
        claims: in order.
        skipped: sentences that are not claims, by reason: "short", "question", "heading", "greeting".
        certainty: the least probability of a verdict.
        calibrated: whether probabilities went through a calibration.
    """

    claims: tuple[CheckedClaim, ...]
    skipped: Mapping[str, int]
    certainty: float
    calibrated: bool

    def count(self, verdict: ClaimVerdict) -> int:
        """The number of claims with a verdict."""
        return sum(claim.verdict == verdict for claim in self.claims)
