"""The interfaces that evaluation needs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ReadingPrediction:
    """The best answer that a reader found in a context.

    Attributes:
        text: the span; "" if there is none.
        score: of the span, higher is better; comparable within one context.
        no_answer_score: evidence against any answer, higher for less answerable: for SQuAD 2.0 models the
            score of "no answer" minus that of the best span, so that 0 is the natural threshold. -inf for models
            that always answer.
        start, end: characters [start, end) of the context; -1 if there is no span.
    """

    text: str
    score: float = 0.0
    no_answer_score: float = float("-inf")
    start: int = -1
    end: int = -1


class SpanAnswer(Protocol):
    """What a reader returns; see `ReadingPrediction` for the meaning of each attribute."""

    @property
    def text(self) -> str: ...

    @property
    def score(self) -> float: ...

    @property
    def no_answer_score(self) -> float: ...

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class SpanPredictor(Protocol):
    """Finds answers to questions in contexts."""

    def answers(self, pairs: Pairs, *, allow_none: bool = True) -> Sequence[SpanAnswer]:
        """For each (question, context) the best span.

        Args:
            pairs: n questions with their contexts.
            allow_none: False returns the best span even if "no answer" scores higher, as evaluation needs.
        """


class TagPredictor(Protocol):
    """Gives each token of a sentence a tag."""

    def tag_sentences(self, sentences: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
        """For each sentence (its tokens) one tag per token, such as "B-person"."""
