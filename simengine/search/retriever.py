"""What answering, recommending and reranking need of an index; `simengine.Engine` provides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from simengine.search.options import SearchOptions
from simengine.search.result import SearchResult
from simengine.types import Document, FloatMatrix, Hit


class Retriever(Protocol):
    """An opened index."""

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        """Hits for each query, and the time that each stage took."""

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for vectors: (q, dim) float32; rows are L2-normalised here."""

    def encode(
        self, texts: Sequence[str], *, role: Literal["query", "passage", "text"] = "text"
    ) -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""

    def get(self, document_id: str) -> Document | None:
        """The document with that id, or None."""
