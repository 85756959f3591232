"""The kinds of examples, their records, and the count of what became of a file's records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from simengine.corpus.report import ReadReport
from simengine.types import Json

NLI_LABELS = ("entailment", "neutral", "contradiction")
"""The labels of natural language inference, in the order used everywhere."""
_SPELLINGS = {
    "entailment": ("entail", "蕴含", "蕴涵", "蘊含", "蘊涵"),
    "neutral": ("neutral", "中立", "中性"),
    "contradiction": ("contradict", "矛盾"),
}


def canonical_label(label: str) -> str | None:
    """The label of NLI_LABELS that a name in a data file or a model stands for, None where it is none of them.

    Known are the first letters and all words that begin like them in any case ("contradictory", "Entails"), and the
    Chinese words. Numbers are not: what they stand for differs between data sets and between models.
    """
    given = label.strip().casefold()
    for name, beginnings in _SPELLINGS.items():
        if given == name[0] or given.startswith(beginnings):
            return name
    return None


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two texts and what is known about them.

    Attributes:
        text1: premise, question, query, or the first sentence.
        text2: hypothesis, passage, or the second sentence.
        label: a class, or None. Relevance has "1" and "0".
        score: a graded judgement in the file's own range, or None. Relevance has 1.0 and 0.0.
        source: the file's path as it was given.
        line: 1-based line (row for tables) in it.
        extra: the other fields of the record.
    """

    text1: str
    text2: str
    label: str | None = None
    score: float | None = None
    source: str = ""
    line: int = 0
    extra: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Triplet:
    """An anchor that is closer in meaning to `positive` than to `negative`."""

    anchor: str
    positive: str
    negative: str
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ReadingExample:
    """A question about a context, with the answers that people marked in it.

    Attributes:
        id: unique within its file.
        title: of the article; "" where the file has none.
        context: the text that is read.
        question: what is asked.
        answers: (start, text) each, in the file's order, repetitions kept. `context[start:]` begins with
            `text`; a start of -1 is a gold answer that stands nowhere in the context, which can be
            evaluated against and not trained on.
        impossible: the context does not answer the question, and the file says so. Without answers and
            not impossible means that the file keeps its answers to itself.
        source: the file's path as it was given.
    """

    id: str
    title: str
    context: str
    question: str
    answers: tuple[tuple[int, str], ...]
    impossible: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """Tokens and a tag for each, such as "B-location"."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    source: str = ""
    line: int = 0


def example_record(example: LabelledPair | Triplet | TaggedSentence) -> dict[str, Json]:
    """The fields of an example under the names that the readers know, for JSON Lines; where it came from is left out.

    A pair with the label "1" or "0" and its score is written as the relevance label 1 or 0.
    """
    if isinstance(example, Triplet):
        return {"anchor": example.anchor, "positive": example.positive, "negative": example.negative}
    if isinstance(example, TaggedSentence):
        return {"tokens": list(example.tokens), "tags": list(example.tags)}
    record: dict[str, Json] = {"text1": example.text1, "text2": example.text2}
    if example.label in ("0", "1") and example.score == float(example.label):
        record["label"] = int(example.label)
    else:
        if example.label is not None:
            record["label"] = example.label
        if example.score is not None:
            record["score"] = example.score
    record.update((name, value) for name, value in example.extra.items() if name not in record)
    return record


@dataclass
class ReadCount(ReadReport):
    """What became of the records of a file; filled while a reader is iterated.

    `rejected` and `reasons` count the records that were left out, such as those without a gold label.

    Attributes:
        mended: what was put right in records that were kept, by kind, such as a wrong answer offset.
    """

    mended: Counter[str] = field(default_factory=Counter)
