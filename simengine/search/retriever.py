"""What answering, recommending and reranking need of an opened index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from simengine.requests.search import SearchOptions, SimilarRequest
from simengine.results.search import SearchResult
from simengine.types import Document, FloatMatrix, Hit


class Retriever(Protocol):
    """An opened index; `simengine.engine.opened.OpenedIndex` is one, and the service has one that batches callers."""

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        """Hits for each query, and the time that each stage took."""

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for vectors: (q, dim) float32; rows are L2-normalised here."""

    def similar(self, request: SimilarRequest) -> list[Hit]:
        """The documents nearest to a document, without itself."""

    def matching_ids(self, where: str) -> list[str]:
        """Ids of all documents that a filter keeps."""

    def encode(
        self, texts: Sequence[str], *, role: Literal["query", "passage", "text"] = "text"
    ) -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""

    def get(self, document_id: str) -> Document | None:
        """The document with that id, or None."""
