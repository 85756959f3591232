"""The values exchanged by the parts of simengine. All are frozen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
FloatMatrix: TypeAlias = npt.NDArray[np.float32]
RowArray: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Document:
    """One record of a corpus.

    Attributes:
        id: unique within a corpus; never empty.
        text: the body. Passage offsets count characters (code points) of this string.
        title: may be empty; encoded in front of every passage of the document.
        metadata: all other fields of the record, JSON values.
    """

    id: str
    text: str
    title: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """A metadata field over all documents of an index.

    Attributes:
        types: JSON types seen, sorted: "bool", "float", "int", "list", "null", "object", "str".
        count: documents that have the field.
        examples: some of its values, in the order of the documents.
    """

    types: tuple[str, ...]
    count: int
    examples: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document: `document.text[start:end] == text`."""

    start: int
    end: int
    text: str
    n_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """A cross-encoder's judgement of a passage for a query.

    Attributes:
        relevance: in [0, 1], how well the passage answers the query; a probability only where `calibrated`.
        calibrated: whether `relevance` went through a calibration fitted on labelled pairs.
        stance: "supports" or "contradicts" if the query is a claim, the passage is about the same and the verdict is
            sure; "neutral" if not; None if the query is no claim.
        probabilities: of entailment, neutral, contradiction, in this order; None without a stance.
        evidence: characters of the document's text that support the stance; None for "neutral", and if only the
            title does.
        n_truncated: tokens of the query that the model could not read next to a piece of the passage.
    """

    relevance: float
    calibrated: bool = False
    stance: str | None = None
    probabilities: Mapping[str, float] | None = None
    evidence: Span | None = None
    n_truncated: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found for a query, with its best passage.

    Attributes:
        id: the document's id.
        score: higher is better; comparable within one query of one mode only.
        rank: 1 for the best.
        title, passage, metadata: what was stored.
        scores: the parts of `score`, such as {"dense": 0.61, "lexical": 7.3}.
        judgement: of a cross-encoder; None without reranking.
        duplicates: ids of worse hits that say the same and were folded into this one, best first.
        explanation: why it was found, human-readable; "" if not requested.
    """

    id: str
    score: float
    rank: int
    title: str
    passage: Passage
    metadata: Mapping[str, Json]
    scores: Mapping[str, float]
    judgement: Judgement | None = None
    duplicates: tuple[str, ...] = ()
    explanation: str = ""

    @property
    def text(self) -> str:
        """The best passage's text."""
        return self.passage.text


@dataclass(frozen=True, slots=True)
class PairScore:
    """Similarity of two texts.

    Attributes:
        text1, text2: as given.
        score: cosine of their vectors, in [-1, 1].
        told_apart: False if the score is meaningless: the model has no tokens for most of a text, or for most of
            what the texts differ in.
        graded: similarity in [0, 1] by a cross-encoder for it; None where none was asked.
    """

    text1: str
    text2: str
    score: float
    told_apart: bool = True
    graded: float | None = None


SURE: Final = 0.7
"""The lowest calibrated probability of a verdict that is shown as one; below it the verdict is "not sure"."""
NOT_SURE: Final = "not sure"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An NLI model's verdict on a premise and a hypothesis.

    Attributes:
        label: "entailment", "neutral" or "contradiction".
        probabilities: of these three, in this order. Those of shipped models are calibrated on texts of many kinds,
            with the rules that fired; those of others are the model's own.
        evidence: characters of the premise: the sentence that alone supports `label` most clearly.
            None for "neutral".
        n_windows: windows that the premise was read in.
        n_truncated: tokens of the hypothesis that the model could not read next to a window of the premise.
        reason: the rules that decided with the model, or why there is no verdict; "" if there is nothing to say.
        sure: whether the probability of `label` is at least SURE; a verdict that is not is shown as "not sure".
    """

    label: str
    probabilities: Mapping[str, float]
    evidence: Span | None
    n_windows: int
    n_truncated: int = 0
    reason: str = ""
    sure: bool = True

    @property
    def shown(self) -> str:
        """The label, or "not sure"."""
        return self.label if self.sure else NOT_SURE


@dataclass(frozen=True, slots=True)
class Evidence:
    """The location of the evidence for an answer, a reason or a conflict.

    Attributes:
        document_id, title: of the document.
        span: characters of its text.
        text: `document.text[span.start:span.end]`.
    """

    document_id: str
    title: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The corpus's answer to a question.

    Attributes:
        question: as it was answered (a follow-up question with its subject inserted).
        verdict: "yes" or "no" for a question for yes or no, which answers it as asked; "answer" for any other question;
            "supported" or "contradicted" for a claim; "not found".
        text: the answer, a quotation or what was calculated from one; "" for "not found".
        evidence: for the answer; None for "not found".
        probability: in [0, 1], that the answer is right; a probability only where `calibrated`.
        calibrated: see `Judgement`.
        threshold: the least `probability` of an answer that is given.
        source: "faq" (a stored question matched) or "passage"; "" for "not found".
        nearest: the best candidates, for further reading.
        scores: the parts of the decision, such as {"retriever": 0.61, "entailment": 0.93, "reader": 0.4}.
        span: characters of the document's text that `text` is; None for "not found" and if `text` was reworded.
        against: contradicting evidence from another passage; None if there is none.
        asked: the question as asked; "" if `question` is the same.
        notes: human-readable remarks, such as why a worded answer was rejected.
        sure: whether `probability` is at least SURE and nothing speaks against the answer; one that is not is shown as
            "not sure".
        calculation: how `text` was calculated from quantities of the evidence, such as "3 × 45 = 135"; "" for a
            quotation.
        parts: the answers to the questions that `question` consists of; empty if it is one question. The other fields
            then summarise them.
    """

    question: str
    verdict: str
    text: str
    evidence: Evidence | None
    probability: float
    calibrated: bool
    threshold: float
    source: str
    nearest: Sequence[Hit]
    scores: Mapping[str, float]
    span: Span | None = None
    against: Evidence | None = None
    asked: str = ""
    notes: tuple[str, ...] = ()
    sure: bool = True
    calculation: str = ""
    parts: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """An item for a user.

    Attributes:
        id, title: of the item.
        score: higher is better; comparable within one user's list only.
        rank: 1 for the best.
        liked_id: the liked item that it is nearest to, "" in a cold start without one.
        reason: the sentence of the item that supports it; None if reasons were not requested.
        scores: the parts of `score`, such as {"content": 0.4, "popularity": 0.1}.
        metadata: of the item.
    """

    id: str
    title: str
    score: float
    rank: int
    liked_id: str
    reason: Evidence | None
    scores: Mapping[str, float]
    metadata: Mapping[str, Json]


class Tokenizer(Protocol):
    """What chunking needs of a model's tokenizer."""

    @property
    def n_special_tokens(self) -> int:
        """Tokens that the model adds to every text ([CLS], [SEP])."""

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        """For each text the character offsets of its tokens, (n_tokens, 2) int32, without special tokens."""


class TextEncoder(Protocol):
    """Encodes texts, as `simengine.Engine` and every bi-encoder do."""

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """(n, dim) float32, rows L2-normalised."""


def finite(value: Any) -> Any:
    """The same JSON value, with null for NaN and infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(part) for part in value]
    return value
