"""Candidate answers to a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from simengine.qa.asked import Kind
from simengine.qa.judging import Stance
from simengine.types import Evidence, Hit, Span

Source: TypeAlias = Literal["faq", "passage"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate answer to one question.

    Attributes:
        hit: its document.
        source: "faq" or "passage".
        span, text: characters of the document's text, and these characters.
        evidence, evidence_text: the same for the sentences that support the answer.
        says_yes: for a yes/no question or a claim, whether the evidence says that it is so; else None.
        statement: the hypothesis for the evidence; "" if the answer is a sentence, which entails itself.
        features: the input of the decision; see `simengine.qa.decision.FEATURES`.
        signs: for yes or no; see `simengine.qa.stance.SIGNS`.
        readings: for yes or no, the NLI model's verdicts on the evidence, what stands around it, and the passage.
    """

    hit: Hit
    source: Source
    span: Span
    text: str
    evidence: Span
    evidence_text: str
    features: Mapping[str, float]
    says_yes: bool | None = None
    statement: str = ""
    signs: Mapping[str, float] = field(default_factory=dict)
    readings: Mapping[str, Stance] = field(default_factory=dict)

    def as_evidence(self) -> Evidence:
        """The evidence as a result."""
        return Evidence(self.hit.id, self.hit.title, self.evidence, self.evidence_text)


@dataclass(frozen=True, slots=True)
class RetrievedQuestion:
    """A question with its hits.

    Attributes:
        question: as it is judged: a greeting left out.
        hits: best first.
        statement: the statement that "yes" would make, or the claim; None if neither is asked for.
        faq_hits: hits with a stored question.
        kind: what is asked for.
        named: the other hits that are about the things that the question names.
        asked: what the NLI model reads as the question: a follow-up as asked, after the question before it.
    """

    question: str
    hits: Sequence[Hit]
    statement: str | None = None
    faq_hits: Sequence[Hit] = field(default=())
    kind: Kind = "other"
    named: Sequence[Hit] = field(default=())
    asked: str = ""

    @property
    def spoken(self) -> str:
        """`asked`, or the question where it stands alone."""
        return self.asked or self.question

    @property
    def forms(self) -> tuple[str, ...]:
        """The question, and as asked where that is another text."""
        return tuple(dict.fromkeys((self.question, self.spoken)))


def retriever_features(hit: Hit, hits: Sequence[Hit]) -> dict[str, float]:
    """The search's score of a hit, its margin over the best other one, and the mean of the others.

    If the search compared meanings, the score is the cosine and so named; else it is the search's own, and there is no
    mean.

    Args:
        hit: one of `hits`.
        hits: of one question.
    """
    score = _score(hit)
    others = [_score(other) for other in hits if other.id != hit.id]
    margin = score - max(others) if others else 0.0
    if "dense" not in hit.scores:
        return {"retriever": score, "margin": margin}
    return {"cosine": score, "margin": margin, "crowd": sum(others) / len(others) if others else 0.0}


def _score(hit: Hit) -> float:
    """The cosine if there is one, else the score of the search."""
    return float(hit.scores.get("dense", hit.score))
