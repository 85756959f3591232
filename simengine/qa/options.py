"""How questions are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from simengine.errors import UsageError
from simengine.search.options import Mode
from simengine.text.arguments import as_choice, as_number, as_texts, as_where, as_whole

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
        precision: in (0, 1], the required share of right answers among those given; needs a decision fitted
            on labelled questions.
        threshold: answers of lower probability are not given; None for that of `precision`, else 0.5.
        followups: for a question that depends on the previous one, "better" judges it as asked and with its subject
            inserted, and takes the more probable answer; "expand" judges only the latter, "off" only the former.
        n_nearest: passages listed with an answer for further reading, at least 0.
        max_question_chars: longer questions are refused.

    Raises:
        UsageError: a value is out of range.
    """

    candidates: int = 8
    read: int = 3
    mode: Mode = "hybrid"
    where: str | None = None
    question_fields: tuple[str, ...] = QUESTION_FIELDS
    faq: FAQ = "auto"
    precision: float | None = None
    threshold: float | None = None
    followups: FollowUps = "better"
    n_nearest: int = 3
    max_question_chars: int = 2_000

    def __post_init__(self) -> None:
        for name, value, least in (
            ("candidates", self.candidates, 1),
            ("read", self.read, 1),
            ("n_nearest", self.n_nearest, 0),
            ("max_question_chars", self.max_question_chars, 1),
        ):
            object.__setattr__(self, name, as_whole(value, name, least))
        for name, share in (("precision", self.precision), ("threshold", self.threshold)):
            if share is not None:
                object.__setattr__(self, name, as_number(share, name, 0, 1))
        as_choice(self.mode, "mode", get_args(Mode))
        if self.where is not None:
            object.__setattr__(self, "where", as_where(self.where))
        if self.precision is not None and self.threshold is not None:
            raise UsageError("give a precision or a threshold, not both")
        as_choice(self.faq, "faq", get_args(FAQ))
        as_choice(self.followups, "followups", get_args(FollowUps))
        object.__setattr__(self, "question_fields", tuple(as_texts(self.question_fields, "question field")))
