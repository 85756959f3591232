"""The JSON of `simengine.results.records`, described and checked by pydantic, for REST and MCP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, JsonValue

from simengine.results.check import CheckedText, ClaimVerdict
from simengine.results.conflicts import Conflict, DuplicateGroup
from simengine.results.pairs import Classification, ExplainedText
from simengine.results.records import (
    answer_record,
    check_record,
    classification_record,
    conflict_record,
    duplicates_record,
    explained_record,
    hit_record,
    recommendation_record,
    verdict_record,
)
from simengine.types import Answer, Hit, Recommendation, Verdict


class Result(BaseModel):
    """Base of all results: fixed fields, no NaN, not changed after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Rounded: TypeAlias = Annotated[FiniteFloat, AfterValidator(lambda value: round(value, 6))]
"""A number with six decimals, as in all JSON of results."""
Notes: TypeAlias = Annotated[
    Sequence[str],
    Field(
        default_factory=list, description="What a reader must know, such as texts that a model cannot read."
    ),
]


class CharacterSpan(Result):
    """Characters [start, end) of a document's text."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class TextSpan(Result):
    """A piece of a text, and where it stands there."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str


class Probabilities(Result):
    """Of the three classes of natural language inference; they sum to 1."""

    entailment: FiniteFloat = Field(ge=0, le=1)
    neutral: FiniteFloat = Field(ge=0, le=1)
    contradiction: FiniteFloat = Field(ge=0, le=1)


class JudgementResult(Result):
    """What a cross-encoder says about a hit."""

    relevance: FiniteFloat = Field(description="In [0, 1]; a probability only where `calibrated`.")
    calibrated: bool
    stance: Literal["supports", "contradicts", "neutral"] | None = Field(
        description="Where the query was judged as a claim."
    )
    probabilities: Probabilities | None
    evidence: TextSpan | None = Field(description="The sentence of the document that speaks for the stance.")
    n_truncated: int = Field(ge=0, description="Tokens of the query that the model could not read.")


class HitResult(Result):
    """A document that was found, with its best passage."""

    rank: int = Field(ge=1, description="1 for the best.")
    id: str
    score: FiniteFloat = Field(description="Higher is better; comparable within one query of one mode only.")
    scores: dict[str, FiniteFloat] = Field(description="The parts of the score.")
    title: str
    passage: TextSpan = Field(description="Characters of the document's text.")
    metadata: dict[str, JsonValue]
    judgement: JudgementResult | None = None
    duplicates: list[str] = Field(
        default_factory=list, description="Worse hits that say the same, folded into this one."
    )
    explanation: str | None = Field(
        default=None,
        description="What the score is made of, and which words bring the passage near to the query; with `explain`.",
        exclude_if=lambda value: value is None,
    )

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """The same of `Hit`."""
        return cls.model_validate(hit_record(hit))


class EvidenceResult(Result):
    """Where an answer or a reason stands."""

    document_id: str
    title: str
    start: int = Field(ge=0, description="First character in the document's text.")
    end: int = Field(ge=0)
    text: str


class AnswerResult(Result):
    """What the corpus says to a question, or that it says nothing."""

    question: str = Field(description="As it was judged: a follow-up question with its subject put in.")
    asked: str | None = Field(description="As it was asked; null where `question` is the same.")
    verdict: Literal["yes", "no", "answer", "supported", "contradicted", "not found"] = Field(
        description="yes or no to a question for one of them, as it was asked; answer to any other question; "
        "supported or "
        "contradicted for a claim."
    )
    sure: bool = Field(
        description="False where the probability is low, or another passage says otherwise: show the verdict "
        "as not sure."
    )
    answer: str = Field(
        description='A quotation, or what was calculated from one; "" where nothing was found.'
    )
    calculation: str | None = Field(
        description='How the answer was calculated from the evidence, such as "3 × 45 = 135"; null for a quotation.'
    )
    probability: FiniteFloat = Field(
        description="That the answer is right; a probability where `calibrated`."
    )
    calibrated: bool
    threshold: FiniteFloat = Field(description="Answers below this are not given.")
    source: Literal["faq", "passage", ""]
    span: CharacterSpan | None = Field(description="Where the answer's words stand in the document's text.")
    evidence: EvidenceResult | None
    against: EvidenceResult | None = Field(description="What another passage says against the answer.")
    scores: dict[str, FiniteFloat]
    notes: list[str]
    nearest: list[HitResult] = Field(description="The best candidates, for reading on.")
    parts: list[AnswerResult] = Field(
        description="An answer to each of the questions that `question` consists of; empty for one question."
    )

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The same of `Answer`."""
        return cls.model_validate(answer_record(answer))


class CheckedClaimResult(Result):
    """A claim of a text, and what the evidence says about it."""

    claim: str
    start: int = Field(ge=0, description="First character in the text that was checked.")
    end: int = Field(ge=0)
    judged: str = Field(description="As it was judged: with the subject before it in place of a pronoun.")
    verdict: ClaimVerdict
    probability: FiniteFloat = Field(
        ge=0, le=1, description="Of the verdict; else the greater one of support and contradiction."
    )
    evidence: EvidenceResult | None = Field(description='What says so; null where "not found".')
    against: EvidenceResult | None = Field(description="What says the opposite as surely.")
    reason: str = Field(description='Rules that decided, or why there is no verdict; "" otherwise.')
    unsupported: list[TextSpan] = Field(description="Words of the claim that nothing supports.")


class CheckResult(Result):
    """The claims of a text, one by one."""

    claims: list[CheckedClaimResult]
    skipped: dict[str, int] = Field(description="Sentences that are no claims, by reason.")
    certainty: FiniteFloat = Field(description='Verdicts of a lower probability are "not sure".')
    calibrated: bool

    @classmethod
    def of(cls, checked: CheckedText) -> Self:
        """The same of `CheckedText`."""
        return cls.model_validate(check_record(checked))


class RecommendationResult(Result):
    """An item for somebody's taste."""

    rank: int = Field(ge=1)
    id: str
    title: str
    score: FiniteFloat = Field(description="Higher is better; comparable within one list only.")
    liked_id: str | None = Field(description="The liked item that it is nearest to.")
    reason: EvidenceResult | None = Field(description="The sentence of the item that speaks for it.")
    scores: dict[str, FiniteFloat]
    metadata: dict[str, JsonValue]

    @classmethod
    def of(cls, item: Recommendation) -> Self:
        """The same of `Recommendation`."""
        return cls.model_validate(recommendation_record(item))


class VerdictResult(Result):
    """What a premise says about a hypothesis."""

    label: Literal["entailment", "neutral", "contradiction"]
    sure: bool = Field(description='Whether to rely on the label; if not, show it as "not sure".')
    probabilities: Probabilities = Field(description="Calibrated, for the models that come with simengine.")
    evidence: TextSpan | None = Field(description="The premise's sentence that says so; null for neutral.")
    n_windows: int = Field(ge=1, description="Pieces that the premise was read in.")
    n_truncated: int = Field(ge=0, description="Tokens of the hypothesis that the model could not read.")
    reason: str = Field(
        default="",
        description='Rules that agree with the model, or why there is no verdict; "" if there is nothing to say.',
    )

    @classmethod
    def of(cls, verdict: Verdict, premise: str) -> Self:
        """A verdict, with the text of its evidence out of the premise."""
        return cls.model_validate(verdict_record(verdict, premise))


class ClaimResult(Result):
    """A sentence of a document."""

    id: str = Field(description="Of the document.")
    title: str
    start: int = Field(ge=0, description="First character in the document's text.")
    end: int = Field(ge=0)
    text: str


class ConflictResult(Result):
    """Two claims that cannot both be true."""

    cluster: int = Field(ge=0, description="Conflicts that share claims have one number.")
    probability: FiniteFloat = Field(ge=0, le=1, description="Of a conflict, by the rule asked for.")
    calibrated: bool
    found_by: list[str] = Field(description="The model (nli), and the rule that found it.")
    difference: list[str] | None = Field(description="What they say differently, where a rule found it.")
    reason: str = Field("", description="What a rule says of them, in a few words; empty without one.")
    cosine: FiniteFloat
    claim1: ClaimResult
    claim2: ClaimResult
    also1: list[ClaimResult] = Field(description="Other places of the same sentence.")
    also2: list[ClaimResult]
    forward: Probabilities = Field(description="With claim1 as the premise.")
    backward: Probabilities = Field(description="With claim2 as the premise.")
    date1: str | None = Field(None, description="Of the document that states claim1; null where unknown.")
    date2: str | None = Field(None, description="Of the document that states claim2; null where unknown.")
    newer: Literal["claim1", "claim2"] | None = Field(
        None, description="The claim with the later date; null where the dates do not tell."
    )

    @classmethod
    def of(cls, conflict: Conflict) -> Self:
        """The same of `Conflict`."""
        return cls.model_validate(conflict_record(conflict))


class DuplicateResult(Result):
    """A document that says what its group's first one says."""

    id: str
    title: str
    kind: Literal["exact", "entailed", "near"]
    cosine: FiniteFloat
    entailment: FiniteFloat | None = Field(description="The least with which a sentence of the one follows.")


class DuplicateGroupResult(Result):
    """Documents that say the same."""

    id: str = Field(description="Of the first of them.")
    title: str
    members: list[DuplicateResult] = Field(description="The others.")

    @classmethod
    def of(cls, group: DuplicateGroup) -> Self:
        """The same of `DuplicateGroup`."""
        return cls.model_validate(duplicates_record(group))


class ClassificationResult(Result):
    """The labels of a text."""

    predicted: list[str] = Field(
        description="One; any number with `multi_label`; none where `reason` says why."
    )
    probabilities: dict[str, FiniteFloat] = Field(description="Of each label.")
    calibrated: bool
    reason: str | None = Field(
        default=None, description="Why there is no label.", exclude_if=lambda value: value is None
    )

    @classmethod
    def of(cls, found: Classification) -> Self:
        """The same of `Classification`."""
        return cls.model_validate(classification_record(found))


class ExplainedWordResult(Result):
    """A word and its part in the cosine."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    contribution: FiniteFloat = Field(
        description="What it adds to the cosine; below 0 where it keeps texts apart."
    )
    loss: FiniteFloat = Field(description="The cosine that is lost where it alone is left out.")
    partner: int | None = Field(description="Place of the word of the other text that it goes with best.")
    alignment: FiniteFloat = Field(description="Of that word, in [-1, 1].")


class ExplainedTextResult(Result):
    """One of two texts."""

    words: list[ExplainedWordResult]
    n_read: int = Field(ge=0, description="Characters that the model has read.")
    n_truncated: int = Field(ge=0, description="Tokens behind them.")

    @classmethod
    def of(cls, text: ExplainedText) -> Self:
        """The same of `ExplainedText`."""
        return cls.model_validate(explained_record(text))
