"""What the index directory gives to readers and takes from the writer: plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.types import Document, FloatMatrix, Json, Span


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to commit, with its passages.

    Attributes:
        document: as read.
        spans: its passages, in order; at least one.
        n_tokens: tokens of each passage as encoded (title, prompt and special tokens included).
        n_truncated: tokens of each passage that the model did not see.
    """

    document: Document
    spans: Sequence[Span]
    n_tokens: Sequence[int]
    n_truncated: Sequence[int]


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: all of it becomes visible, or none.

    Attributes:
        add: new documents. Their ids must not be live in the index, unless they stand in `remove` too.
        vectors: (total number of spans in `add`, dim) float32, in that order.
        remove: ids to delete. With the same id in `add`, that is an update.
    """

    add: Sequence[NewDocument]
    vectors: FloatMatrix
    remove: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A row of the index."""

    row: int
    doc_key: int
    start: int
    end: int
    n_tokens: int
    n_truncated: int


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as committed. `doc_key` is its number within the generation, never used twice there."""

    doc_key: int
    id: str
    title: str
    text: str
    metadata: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Segment:
    """An immutable block of vectors: rows [first_row, first_row + len(vectors)) of the generation."""

    first_row: int
    vectors: FloatMatrix  # memory-mapped, (n, dim) float32


@dataclass(frozen=True, slots=True)
class Column:
    """One metadata field over all documents of a snapshot, indexed by doc_key.

    Attributes:
        values: object array, one decoded JSON value per doc_key; None where the field is missing or null.
    """

    values: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a snapshot holds."""

    documents: int
    passages: int
    tokens: int
    tokens_truncated: int
    rows: int  # including rows of deleted documents
    deleted_rows: int
