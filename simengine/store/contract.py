"""Plain frozen values that the index directory exchanges with readers and the writer."""

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
        unknown: what the model cannot read of the document; None if not measured.
    """

    document: Document
    spans: Sequence[Span]
    n_tokens: Sequence[int]
    n_truncated: Sequence[int]
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the encoding model cannot read of a document.

    Attributes:
        n_tokens: such tokens, over all passages.
        n_passages: passages of which so much is unknown that their vectors are meaningless.
    """

    n_tokens: int
    n_passages: int


@dataclass(frozen=True, slots=True)
class UnknownCounts:
    """What the model cannot read of the live documents.

    Attributes:
        documents, passages, tokens: of the documents that were measured.
        tokens_unknown, passages_unreadable: see `Unknown`.
    """

    documents: int
    passages: int
    tokens: int
    tokens_unknown: int
    passages_unreadable: int

    @property
    def share(self) -> float:
        """Of the tokens, in [0, 1]."""
        return self.tokens_unknown / self.tokens if self.tokens else 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: all of it becomes visible, or none.

    Attributes:
        add: new documents. Their ids must not be live in the index, unless they are in `remove` too.
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
    """A document as committed. `doc_key` is its number within the generation, never reused there."""

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
        values: object array, one decoded JSON value per doc_key; None if the field is missing or null; a tuple
            of two or more values if the field is inside a list of objects.
    """

    values: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a snapshot."""

    documents: int
    passages: int
    tokens: int
    tokens_truncated: int
    rows: int  # including rows of deleted documents
    deleted_rows: int


@dataclass(frozen=True, slots=True)
class DeleteResult:
    """The result of a deletion.

    Attributes:
        deleted: ids that were live and are deleted now, in the order given.
        missing: ids that were not live.
        commit_number: the commit that deleted them; the current one if nothing was deleted.
    """

    deleted: Sequence[str]
    missing: Sequence[str]
    commit_number: int


@dataclass(frozen=True, slots=True)
class PassageText:
    """A live row with its text."""

    row: int
    doc_key: int
    title: str
    text: str
