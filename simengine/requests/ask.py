"""Answering questions from an index."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen

from simengine.errors import UsageError
from simengine.requests.fields import Filter, Help, Texts, check_fields, values_of
from simengine.requests.search import Mode

FAQ: TypeAlias = Literal["auto", "always", "never"]
FollowUps: TypeAlias = Literal["better", "expand", "off"]
TITLE = "title"
"""In `AnswerOptions.question_fields`, the document's title; all other names are metadata fields."""
QUESTION_FIELDS = ("question", TITLE)


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How questions are answered.

    Attributes:
        candidates: documents from the search, at least 1.
        read: of these, passages that are read sentence by sentence, at least 1.
        mode, where: of the search; see `SearchOptions`.
        question_fields: fields with the question that a document answers: metadata fields, or "title".
        faq: "auto" takes a title for a stored question if it reads like one; "always" takes every title, "never"
            answers only from passages. Metadata named in `question_fields` counts with "auto" and "always".
        precision: in [0, 1], the required share of right answers among those given; needs a decision fitted
            on labelled questions: the index's, or the one that ships with the models.
        threshold: answers of lower probability are not given; None for that of `precision`, else the decision's own,
            which is 0.5 unless it ships with the models.
        followups: for a question that depends on the previous one, "better" asks it in full, and as it is if that finds
            nothing; "expand" asks it only in full, "off" only as it is.
        n_nearest: passages listed with an answer for further reading, at least 0.
        max_question_chars: longer questions are refused.

    Raises:
        UsageError: a value is out of range.
    """

    candidates: Annotated[int, Ge(1), Help("Documents from the search for each question.")] = 8
    read: Annotated[int, Ge(1), Help("Of these, passages that are read sentence by sentence.")] = 3
    mode: Annotated[Mode, Help("How that search works: by meaning and words, by meaning, or by words.")] = (
        "hybrid"
    )
    where: Filter = None
    question_fields: Annotated[
        tuple[str, ...],
        Texts("question field"),
        MinLen(1),
        MaxLen(20),
        Help("Metadata fields with the question that a document answers, or `title`."),
    ] = QUESTION_FIELDS
    faq: Annotated[
        FAQ, Help("Take titles for stored questions: those that read like one (auto), all of them, or none.")
    ] = "auto"
    precision: Annotated[
        float | None,
        Ge(0),
        Le(1),
        Help(
            "Give answers of which this share is right; needs a fitted decision: the index's, or the models' own."
        ),
    ] = None
    threshold: Annotated[
        float | None,
        Ge(0),
        Le(1),
        Help(
            "Do not give answers of a lower probability. [default: as fitted for the index or the models, else 0.5]"
        ),
    ] = None
    followups: Annotated[
        FollowUps,
        Help(
            "A question that depends on the previous one: in full, and as asked if that finds nothing "
            "(better); only in "
            "full (expand); only as asked (off)."
        ),
    ] = "better"
    n_nearest: Annotated[int, Ge(0), Help("Nearest passages to list with an answer.")] = 3
    max_question_chars: Annotated[int, Ge(1)] = 2_000

    def __post_init__(self) -> None:
        check_fields(self)
        if self.precision is not None and self.threshold is not None:
            raise UsageError("give a precision or a threshold, not both")


@dataclass(frozen=True, slots=True)
class AskRequest(AnswerOptions):
    """An answer to each question.

    Attributes:
        questions: several ones are independent of each other.
        history: earlier questions of the conversation that a single question continues, oldest first.
    """

    questions: Annotated[tuple[str, ...], Texts("question")] = field(default=(), kw_only=True)
    history: Annotated[
        tuple[str, ...],
        Texts("earlier question"),
        MaxLen(50),
        Help("Earlier questions of the conversation, oldest first: a follow-up keeps their subject."),
    ] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        AnswerOptions.__post_init__(self)
        if self.history and len(self.questions) != 1:
            raise UsageError(f"a history belongs to one question; it was given with {len(self.questions)}")

    @classmethod
    def of(
        cls, options: AnswerOptions, *, questions: tuple[str, ...], history: tuple[str, ...] = ()
    ) -> AskRequest:
        """A request with these options."""
        return cls(**values_of(AnswerOptions, options), questions=questions, history=history)

    def options(self) -> AnswerOptions:
        """The options without the questions."""
        return AnswerOptions(**values_of(AnswerOptions, self))
