"""Training examples of every kind as pairs of texts, and their human-readable form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simengine.corpus.examples import LabelledPair, ReadingExample, TaggedSentence, Triplet
from simengine.errors import UsageError
from simengine.training.leakage.tables import TextTableBuilder
from simengine.types import Json, RowArray

Example: TypeAlias = LabelledPair | Triplet | ReadingExample | TaggedSentence
EXCERPT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class TextPairs:
    """The pairs of texts of a list of examples.

    Attributes:
        row: (n,) the example of each pair; a triplet has two pairs.
        texts: (n, 2) numbers of texts.
        n_rows: examples.
    """

    row: RowArray
    texts: RowArray
    n_rows: int


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An example, human-readable.

    Attributes:
        source: its file.
        line: 1-based; 0 if the kind of example has none.
        id: of a question; "" otherwise.
        texts: longer ones cut to their first characters, with an ellipsis.
        label: its class, if it has one.
    """

    source: str
    line: int
    id: str
    texts: tuple[str, ...]
    label: str | None

    @property
    def place(self) -> str:
        """FILE:LINE, or FILE#ID."""
        return f"{self.source}:{self.line}" if self.line else f"{self.source}#{self.id}"

    def to_dict(self) -> dict[str, Json]:
        """Plain values."""
        record: dict[str, Json] = {"source": self.source}
        if self.line:
            record["line"] = self.line
        if self.id:
            record["id"] = self.id
        record["texts"] = list(self.texts)
        if self.label is not None:
            record["label"] = self.label
        return record


def text_pairs(example: Example) -> tuple[tuple[str, str], ...]:
    """The pairs of texts of an example; a single text is paired with itself.

    Raises:
        UsageError: it is not an example.
    """
    if isinstance(example, LabelledPair):
        return ((example.text1, example.text2),)
    if isinstance(example, Triplet):
        return ((example.anchor, example.positive), (example.anchor, example.negative))
    if isinstance(example, ReadingExample):
        return ((example.question, example.context),)
    if isinstance(example, TaggedSentence):
        sentence = " ".join(example.tokens)
        return ((sentence, sentence),)
    raise UsageError(
        f"expected examples (LabelledPair, Triplet, ReadingExample, TaggedSentence), got {type(example).__name__}"
    )


def units_of(examples: Sequence[Example], builder: TextTableBuilder) -> TextPairs:
    """Number the texts of examples."""
    rows: list[int] = []
    texts: list[tuple[int, int]] = []
    for row, example in enumerate(examples):
        for one, other in text_pairs(example):
            rows.append(row)
            texts.append((builder.add(one), builder.add(other)))
    return TextPairs(np.array(rows, np.int64), np.array(texts, np.int64).reshape(-1, 2), len(examples))


def shown(example: Example) -> ShownExample:
    """The example, human-readable."""
    texts: list[str] = []
    for pair in text_pairs(example):
        texts.extend(text for text in pair if text not in texts)
    return ShownExample(
        source=example.source,
        line=0 if isinstance(example, ReadingExample) else example.line,
        id=example.id if isinstance(example, ReadingExample) else "",
        texts=tuple(_excerpt(text) for text in texts),
        label=example.label if isinstance(example, LabelledPair) else None,
    )


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS].rstrip() + "…"
