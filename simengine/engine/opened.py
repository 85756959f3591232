"""An opened index: its current reader, its encoder, and their lifetimes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from simengine.encoders.contract import BiEncoder, Role
from simengine.engine.encoder import check_fingerprint, count_cut_tokens, open_encoder, verify_runtime
from simengine.engine.models import Models
from simengine.engine.reading import SnapshotReader, open_reader
from simengine.errors import UnknownDocumentError, UsageError
from simengine.models.unknown import Reading, readings_of
from simengine.requests.search import SearchOptions, SimilarRequest
from simengine.results.search import SearchArrays, SearchResult
from simengine.store.contract import Counts
from simengine.store.settings import IndexSettings
from simengine.store.snapshot import Snapshot
from simengine.text.arguments import as_choice, as_id, as_texts, expect
from simengine.types import Document, FloatMatrix, Hit


class OpenedIndex:
    """Candidates, vectors and documents of an index; see `simengine.search.retriever.Retriever`.

    Thread-safe. When the index changes, the reader is replaced, and the old one is closed after its last use.

    Args:
        path: the index directory.
        models: which encoder, and its device.
        encoder: an already loaded one, which is closed with the index.

    Raises:
        IndexNotFoundError: there is no index at `path`.
        DamagedIndexError: a file of it is damaged.
    """

    def __init__(self, path: Path, models: Models, encoder: BiEncoder | None = None) -> None:
        self.path = path.absolute()  # changing directory must not change the index or the model
        self.models = models
        self._encoder = encoder
        self._encoder_lock, self._refresh_lock = threading.Lock(), threading.Lock()
        self._reader = self._open_reader()
        self._closed = False

    @property
    def counts(self) -> Counts:
        """Numbers of documents, passages and vectors."""
        with self.lease() as reader:
            return reader.snapshot.counts

    @property
    def settings(self) -> IndexSettings:
        """The index's settings."""
        return self._reader.snapshot.settings

    @property
    def encoder(self) -> BiEncoder:
        """The bi-encoder, loaded on first use; refused if it did not build the index."""
        if self._encoder is None:
            with self._encoder_lock:
                if self._encoder is None:
                    self._encoder = self._load_encoder()
        return self._encoder

    def _load_encoder(self) -> BiEncoder:
        snapshot = self._reader.snapshot
        encoder = open_encoder(snapshot.settings, self.models)
        known = snapshot.derived("runtime")
        if (
            known is None
            or known.get("name") != encoder.runtime
            or "weights" not in encoder.fingerprint.parts
        ):
            verify_runtime(snapshot.settings, encoder)
        return encoder

    def use_encoder(self, encoder: BiEncoder) -> None:
        """Switch to an encoder with the same vectors, such as one that batches several callers' texts.

        Raises:
            FingerprintMismatchError: it is not the index's.
        """
        check_fingerprint(self.settings, encoder)
        self._encoder = encoder

    def facts(self) -> dict[str, Any]:
        """Facts about the index, as JSON; see `simengine.engine.contents.Contents.facts`."""
        with self.lease() as reader:
            return deepcopy(reader.facts)

    def check_on_disk(self) -> None:
        """Raise StoreError if the index could not be opened now; the open reader keeps working."""
        with Snapshot.open(self.path):
            pass

    # -- searching -------------------------------------------------------------------------------------------

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        """Candidates for each query, with the time of each stage."""
        with self.lease() as reader:
            return reader.searcher.search(queries, expect(options, SearchOptions, "options"))

    def search_arrays(self, queries: Sequence[str] | FloatMatrix, options: SearchOptions) -> SearchArrays:
        """Only ids and scores, as arrays, for pipelines: no texts are fetched.

        Args:
            queries: texts, or their vectors (q, dim) float32 with rows L2-normalised (dense mode only).
        """
        options = expect(options, SearchOptions, "options")
        with self.lease() as reader:
            if isinstance(queries, np.ndarray) and queries.dtype.kind == "f":
                return reader.searcher.search_vector_arrays(queries, options)
            return reader.searcher.search_arrays(as_texts(queries, "query"), options)

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for the caller's vectors: (q, dim) float32; rows are L2-normalised here."""
        chosen = SearchOptions(mode="dense") if options is None else expect(options, SearchOptions, "options")
        with self.lease() as reader:
            return reader.searcher.search_vectors(queries, chosen)

    def similar(self, request: SimilarRequest) -> list[Hit]:
        """The documents nearest to a document, excluding itself.

        Raises:
            UnknownDocumentError: there is no such document.
        """
        name = request.document_id
        options = SearchOptions(request.k, "dense", request.where)
        with self.lease() as reader:
            stored = reader.snapshot.document_by_id(name)
            if stored is None:
                raise UnknownDocumentError(f"there is no document {name!r:.80} in the index")
            rows = np.flatnonzero(reader.snapshot.row_documents() == stored.doc_key)
            vector = reader.snapshot.vectors(rows).mean(axis=0, dtype=np.float32)
            (hits,) = reader.searcher.search_vectors(vector[None], replace(options, k=options.k + 1))
        others = [hit for hit in hits if hit.id != name][: options.k]
        return [replace(hit, rank=rank) for rank, hit in enumerate(others, 1)]

    def matching_ids(self, where: str) -> list[str]:
        """Ids of all documents that match a filter.

        Raises:
            FilterError: the expression cannot be read, or names a field that no document has.
        """
        with self.lease() as reader:
            return reader.searcher.matching_ids(where)

    def get(self, document_id: str) -> Document | None:
        """The document with that id, or None."""
        document_id = as_id(document_id, "document_id")
        with self.lease() as reader:
            stored = reader.snapshot.document_by_id(document_id)
            return None if stored is None else Document(stored.id, stored.text, stored.title, stored.metadata)

    # -- texts -----------------------------------------------------------------------------------------------

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised; see `BiEncoder.encode_counted` for `role`."""
        self.check_open()
        as_choice(role, "role", get_args(Role))
        return self.encoder.encode(as_texts(texts), role=role)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """For each text what the index's model can read, and what it has no tokens for."""
        return readings_of(self.encoder, as_texts(texts))

    def count_cut_tokens(self, texts: Sequence[str], *, role: Role = "text") -> list[int]:
        """For each text its tokens beyond the encoder's limit; 0 for all that fit."""
        return count_cut_tokens(self.encoder, texts, role=role)

    # -- life ------------------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Switch to the latest commit of any process. Returns whether there was a new one."""
        with self._refresh_lock:
            self.check_open()
            if self._reader.snapshot.is_current():
                return False
            old, self._reader = self._reader, self._open_reader()
            old.retire()
            return True

    def _open_reader(self) -> SnapshotReader:
        return open_reader(self.path, lambda: self.encoder, threads=self.models.threads)

    @contextmanager
    def lease(self) -> Iterator[SnapshotReader]:
        """A reader that stays open while in use, regardless of other threads."""
        self.check_open()
        reader = self._reader
        while not reader.enter():
            self.check_open()
            reader = self._reader
        try:
            yield reader
        finally:
            reader.leave()

    def check_open(self) -> None:
        """Raise UsageError if the index was closed."""
        if self._closed:
            raise UsageError(f"the engine for {self.path} is closed")

    def close(self, then: Callable[[], None] | None = None) -> None:
        """Release files, threads and the encoder, unless it is the caller's; running searches end first.

        Args:
            then: called after the last search has ended.
        """
        if not self._closed:
            self._closed = True
            self._reader.retire(then=lambda: self._closed_by_all(then))

    def _closed_by_all(self, then: Callable[[], None] | None) -> None:
        if self._encoder is not None and self._encoder is not self.models.encoder:
            self._encoder.close()
        if then is not None:
            then()
