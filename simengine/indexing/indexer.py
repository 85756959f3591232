"""Documents → passages → vectors → commits.

The order of each commit is what makes a kill harmless: the lexical index first (it may run ahead of the documents;
rows beyond the last commit are invisible and are cut off by the next writer), then the vector segment, then the
SQLite transaction that makes all of it visible.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice

import numpy as np

from simengine.corpus.chunk import Chunker, passage_text
from simengine.encoders.contract import BiEncoder, Encoded, joined
from simengine.errors import DataError
from simengine.indexing.report import IndexReport
from simengine.lexical.index import LexicalIndex
from simengine.progress import NoProgress, Progress
from simengine.requests.index import Policy
from simengine.store.contract import Change, NewDocument, Unknown
from simengine.store.digest import content_digest
from simengine.store.writer import IndexWriter
from simengine.types import Document, Span

COMMIT_PASSAGES = 8_192
COMMIT_CHARACTERS = (
    2_000_000  # about half a million tokens: half a minute to a minute of encoding on two cores
)
READ_DOCUMENTS = 512
ENCODE_PASSAGES = 1_024  # per call of the encoder, so that progress moves and Ctrl-C is answered


@dataclass(slots=True)
class _Pending:
    """Documents that wait for the next commit."""

    documents: list[Document] = field(default_factory=list)
    spans: list[list[Span]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    characters: int = 0

    @property
    def full(self) -> bool:
        return len(self.texts) >= COMMIT_PASSAGES or self.characters >= COMMIT_CHARACTERS


class Indexer:
    """Writes documents into an index that is open for writing.

    Args:
        writer: holds the index's lock.
        encoder: must have the index's fingerprint; the caller has checked it.
        chunker: cuts documents into passages.
        lexical: the index's lexical side, already level with the writer (see `level_lexical`).
        report: filled while the run goes on.
        progress: told about documents read and passages encoded.
    """

    def __init__(
        self,
        writer: IndexWriter,
        encoder: BiEncoder,
        chunker: Chunker,
        lexical: LexicalIndex,
        *,
        report: IndexReport,
        progress: Progress | None = None,
    ) -> None:
        self._writer, self._encoder, self._chunker, self._lexical = writer, encoder, chunker, lexical
        self._report = report
        self._progress = progress or NoProgress()
        with writer.snapshot() as snapshot:
            self._first_new_key = snapshot.n_documents
            self._live_before = snapshot.counts.documents
        self._seen = bytearray(self._first_new_key)
        self._n_taken = 0

    def run(self, documents: Iterable[Document], policy: Policy, *, n_expected: int | None = None) -> None:
        """Commit documents in order.

        Args:
            documents: consumed once, in blocks; memory does not grow with their number.
            policy: what happens to an id that the index holds with other content. "sync" and "update" replace it,
                "add" raises. Documents that the index holds with the same content are skipped under any policy.
            n_expected: number of documents, for the progress bar, when known.

        Raises:
            DataError: an id occurs twice in `documents`, or exists with other content under "add". What was
                committed before stays; the same call may be made again. `line` is the document's position, from 1.
        """
        self._progress.stage("documents", n_expected)
        pending = _Pending()
        source = iter(documents)
        while block := self._read(source):
            self._take(block, policy, pending)
            if pending.full:
                self._commit(pending)
                pending = _Pending()
        if pending.documents or pending.remove:
            self._commit(pending)

    @property
    def n_unseen(self) -> int:
        """Documents that were live before the run and did not occur in it."""
        return self._live_before - sum(self._seen)

    def unseen_ids(self) -> Iterable[str]:
        """Ids that were live before the run and did not occur in it."""
        ids = self._writer.live_ids()
        while block := list(islice(ids, READ_DOCUMENTS)):
            for document_id, known in self._writer.lookup(block).items():
                if not self._was_seen(known.doc_key):
                    yield document_id

    def _read(self, source: Iterable[Document]) -> list[Document]:
        """The next documents, with the block bounded in number and in characters."""
        start, block, characters = time.perf_counter(), [], 0
        for document in source:
            block.append(document)
            characters += len(document.text)
            if len(block) >= READ_DOCUMENTS or characters >= COMMIT_CHARACTERS:
                break
        self._report.read_s += time.perf_counter() - start
        return block

    def _take(self, block: Sequence[Document], policy: Policy, pending: _Pending) -> None:
        """Sort a block's documents into unchanged and pending ones, and cut the pending into passages."""
        start = time.perf_counter()
        existing = self._writer.lookup([document.id for document in block])
        fresh: list[Document] = []
        for document in block:
            self._n_taken += 1
            known = existing.get(document.id)
            if document.id in pending.ids or (known is not None and self._was_seen(known.doc_key)):
                raise DataError(f"the id {document.id!r} occurs twice", "documents", self._n_taken)
            if known is not None:
                self._seen[known.doc_key] = 1
                if known.digest == content_digest(document):
                    self._report.unchanged += 1
                    self._progress.advance(1)
                    continue
                if policy == "add":
                    raise DataError(
                        f"the id {document.id!r} is in the index with other content; `simengine update` replaces it",
                        "documents",
                        self._n_taken,
                    )
                pending.remove.append(document.id)
            pending.ids.add(document.id)
            fresh.append(document)
        self._report.store_s += time.perf_counter() - start
        start = time.perf_counter()
        for document, spans in zip(fresh, self._chunker.split(fresh), strict=True):
            texts = [passage_text(document, span) for span in spans]
            pending.documents.append(document)
            pending.spans.append(spans)
            pending.texts.extend(texts)
            pending.characters += sum(map(len, texts))
        self._report.chunk_s += time.perf_counter() - start

    def _was_seen(self, doc_key: int) -> bool:
        return doc_key >= self._first_new_key or bool(self._seen[doc_key])

    def _commit(self, pending: _Pending) -> None:
        encoded = self._encode(pending)
        start = time.perf_counter()
        first_row = self._writer.n_rows
        owners = [i for i, spans in enumerate(pending.spans) for _ in spans]
        bodies = [
            document.text[span.start : span.end]
            for document, spans in zip(pending.documents, pending.spans, strict=True)
            for span in spans
        ]
        titles = [pending.documents[i].title for i in owners]
        self._lexical.add(range(first_row, first_row + len(bodies)), titles, bodies)
        self._lexical.commit()
        self._report.lexical_s += time.perf_counter() - start

        start = time.perf_counter()
        ends = list(accumulate(len(spans) for spans in pending.spans))
        added = [
            _new_document(document, spans, encoded.rows(slice(end - len(spans), end)))
            for document, spans, end in zip(pending.documents, pending.spans, ends, strict=True)
        ]
        self._writer.commit(Change(add=added, vectors=encoded.vectors, remove=pending.remove))
        self._report.store_s += time.perf_counter() - start
        self._count(pending, encoded)

    def _encode(self, pending: _Pending) -> Encoded:
        """All pending passages, longest first in calls of bounded size; results in the passages' order."""
        start = time.perf_counter()
        texts = pending.texts
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        parts: list[Encoded] = []
        documents_per_text = len(pending.documents) / max(len(texts), 1)
        reported = 0
        for at in range(0, len(order), ENCODE_PASSAGES):
            part = order[at : at + ENCODE_PASSAGES]
            parts.append(self._encoder.encode_counted([texts[i] for i in part], role="passage"))
            done = round((at + len(part)) * documents_per_text)
            self._progress.advance(done - reported)
            reported = done
        self._report.encode_s += time.perf_counter() - start
        if not parts:
            return self._encoder.encode_counted([], role="passage")
        return joined(parts).rows(np.argsort(order))

    def _count(self, pending: _Pending, encoded: Encoded) -> None:
        report = self._report
        report.updated += len(pending.remove)
        report.added += len(pending.documents) - len(pending.remove)
        report.passages += len(pending.texts)
        report.documents_split += sum(len(spans) > 1 for spans in pending.spans)
        report.tokens += int(encoded.n_tokens.sum())
        report.tokens_truncated += int(encoded.n_truncated.sum())
        report.tokens_unknown += 0 if encoded.n_unknown is None else int(encoded.n_unknown.sum())
        report.passages_unreadable += int(np.count_nonzero(encoded.unreadable))
        report.commits += 1


def _new_document(document: Document, spans: Sequence[Span], encoded: Encoded) -> NewDocument:
    unknown = None
    if encoded.n_unknown is not None:
        unknown = Unknown(int(encoded.n_unknown.sum()), int(np.count_nonzero(encoded.unreadable)))
    return NewDocument(document, spans, encoded.n_tokens.tolist(), encoded.n_truncated.tolist(), unknown)
