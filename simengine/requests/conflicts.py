"""Contradictions and duplicates among documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Le

from simengine.errors import UsageError
from simengine.requests.fields import Filter, Help, check_fields, values_of

Rule: TypeAlias = Literal["both", "mean", "either"]
ConflictRule: TypeAlias = Literal["fitted", "both", "mean", "either"]
Neighbours: TypeAlias = Annotated[int, Ge(1), Help("How many of the nearest ones each is compared with.")]
Cosine: TypeAlias = Annotated[float, Ge(-1), Le(1), Help("Lowest cosine of two that are compared.")]
Probability: TypeAlias = Annotated[float, Ge(0), Le(1)]
DirectionRule: TypeAlias = Annotated[
    Rule,
    Help(
        "Which probability of both directions counts: the smaller (both), their mean, or the larger (either)."
    ),
]


@dataclass(frozen=True, slots=True)
class ContradictionOptions:
    """Options for finding conflicts.

    Attributes:
        neighbours: each claim is compared with this many claims that are nearest in meaning, and with as many that
            share most of its subject.
        min_cosine: least cosine of two claims that are compared; in [-1, 1]. None is asked for by default, as claims
            that conflict may be worded quite differently.
        across_documents: compare only claims of different documents.
        max_pairs: most pairs to judge, the most alike first; None is four for each distinct claim, but at least 4,000
            and at most 20,000. How many pairs were not judged is reported.
        rule: how the verdicts of both directions are combined: "fitted" with all else that is known of the pair, by
            weights that benchmarks/fit_contradictions.py has fitted; "either" (the larger probability), "mean" or
            "both" (the smaller) count the model alone. Contradiction is symmetric, but models often see it only in
            one direction ("A dog barks" rules out "No dog barks" for them, but not vice versa).
        min_probability: a conflict if the rule gives at least this. None is the threshold that was chosen with the
            weights, for the best F1 at a precision of a third or more; for the other rules 0.97, as most models are too
            sure of contradictions.
        rules: also report what a rule finds, whatever the model says: sentences that differ only in one number,
            measure, date, permission, negation or opposite.
        min_words: shorter sentences are skipped as saying too little; three Chinese characters count as two words.
        by: metadata field that holds the date of a document, as in "2024-05-01", "2024-05" or 2024: of two claims that
            conflict, the newer one is named. The date of a claim that stands in several documents is the latest.

    Raises:
        UsageError: a value is out of range.
    """

    neighbours: Annotated[
        int, Ge(1), Help("Compare each claim with as many nearest in meaning, and as many on its subject.")
    ] = 10
    min_cosine: Cosine = -1.0
    across_documents: Annotated[bool, Help("Compare claims of different documents only.")] = False
    max_pairs: Annotated[
        int | None,
        Ge(1),
        Help(
            "Judge at most this many pairs, the most alike first. [default: 4 for each claim, from 4,000 to 20,000]"
        ),
    ] = None
    rule: Annotated[
        ConflictRule,
        Help(
            "How both directions count: together with what the claims share (fitted); or only the smaller "
            "probability (both), their mean, or the larger (either)."
        ),
    ] = "fitted"
    min_probability: Annotated[
        float | None,
        Ge(0),
        Le(1),
        Help("Report conflicts of at least this probability. [default: as fitted; 0.97 by the other rules]"),
    ] = None
    rules: Annotated[
        bool,
        Help("Also report sentences that differ only in a number, date, permission, negation or opposite."),
    ] = True
    min_words: Annotated[int, Ge(1), Help("Leave out shorter sentences.")] = 3
    by: Annotated[
        str | None,
        Help("Metadata field with the date of a document: of two claims that conflict, name the newer one."),
    ] = None

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class ContradictionsRequest(ContradictionOptions):
    """Conflicting claims of documents.

    Attributes:
        where: filter expression over the metadata of an index.
        documents: read once, instead of the index's: documents, mappings, texts, or a table.
        against: the same; compare only claims of one side with claims of the other.

    Raises:
        UsageError: a filter together with documents.
    """

    where: Filter = None
    documents: Iterable[Any] | None = None
    against: Iterable[Any] | None = None

    def __post_init__(self) -> None:
        ContradictionOptions.__post_init__(self)
        _check_side(self.where, self.documents)

    @classmethod
    def of(
        cls,
        options: ContradictionOptions,
        *,
        where: str | None = None,
        documents: Iterable[Any] | None = None,
        against: Iterable[Any] | None = None,
    ) -> ContradictionsRequest:
        """Documents, looked through in some way."""
        return cls(
            **values_of(ContradictionOptions, options), where=where, documents=documents, against=against
        )

    def options(self) -> ContradictionOptions:
        """How to look for them, without the filter."""
        return ContradictionOptions(**values_of(ContradictionOptions, self))


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """Criteria for two texts to say the same.

    Attributes:
        min_entailment: every sentence must be entailed with at least this probability, in both directions.
        min_contradiction: two sentences conflict if by `rule` they contradict with at least this probability.
        rule: how the two directions are combined, see `ContradictionOptions`.
        rules: what a rule finds is a conflict too (see `ContradictionOptions`), and sentences that differ in a quantity
            or a negation, or have opposite words, are not the same.

    Raises:
        UsageError: a value is out of range.
    """

    min_entailment: Annotated[
        Probability, Help("Probability with which each must entail every sentence of the other.")
    ] = 0.5
    min_contradiction: Annotated[
        Probability, Help("Probability from which two sentences contradict each other.")
    ] = 0.9
    rule: DirectionRule = "either"
    rules: Annotated[
        bool,
        Help("Sentences that differ only in a number, date, permission, negation or opposite conflict too."),
    ] = True

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class DuplicateOptions:
    """Options for finding duplicates.

    Attributes:
        neighbours: each document is compared with this many nearest ones.
        min_cosine: least cosine of two documents that are compared, by the mean of their sentences' vectors.
        max_pairs: most pairs of documents to check, the nearest first; the number left out is reported.
        guard: criteria for two texts to say the same; None takes similar documents for the same without an NLI model,
            which is often wrong.

    Raises:
        UsageError: a value is out of range.
    """

    neighbours: Neighbours = 10
    min_cosine: Cosine = 0.8
    max_pairs: Annotated[int, Ge(1), Help("Compare at most this many pairs, the nearest first.")] = 10_000
    guard: Annotated[
        GuardOptions | None,
        Help("When two texts say the same; null takes similar documents for the same without an NLI model."),
    ] = field(default_factory=GuardOptions)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True)
class DuplicatesRequest(DuplicateOptions):
    """Documents that say the same, and similar ones that contradict each other.

    Attributes:
        where, documents: see `ContradictionsRequest`.
    """

    where: Filter = None
    documents: Iterable[Any] | None = None

    def __post_init__(self) -> None:
        DuplicateOptions.__post_init__(self)
        _check_side(self.where, self.documents)

    @classmethod
    def of(
        cls, options: DuplicateOptions, *, where: str | None = None, documents: Iterable[Any] | None = None
    ) -> DuplicatesRequest:
        """Documents, looked through in some way."""
        return cls(**values_of(DuplicateOptions, options), where=where, documents=documents)

    def options(self) -> DuplicateOptions:
        """How to look for them, without the filter."""
        return DuplicateOptions(**values_of(DuplicateOptions, self))


def _check_side(where: str | None, documents: object) -> None:
    if where is not None and documents is not None:
        raise UsageError("where filters the documents of an index; give it or documents, not both")
