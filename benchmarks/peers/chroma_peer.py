"""Chroma as documented: a persistent client, a collection with its sentence-transformers function.

`collection.add` takes at most `client.get_max_batch_size()` records, so the corpus goes in blocks of that size,
as documented. The ANN index is Chroma's default (HNSW, cosine); its metadata filter is applied inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Subject:
    """See `worker.SubjectProtocol`. Chroma's local client has no hybrid search."""

    packages = ("chromadb", "sentence-transformers", "torch")

    def start(self, model: str) -> None:
        import chromadb  # noqa: F401 - its import belongs to the start
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self.function = SentenceTransformerEmbeddingFunction(model_name=model)

    def build(self, corpus: Path, folder: Path) -> dict[str, Any]:
        return self._fill(corpus, None, folder)

    def insert(self, corpus: Path, vectors: Path, folder: Path) -> dict[str, Any]:
        return self._fill(corpus, vectors, folder)

    def _fill(self, corpus: Path, vectors: Path | None, folder: Path) -> dict[str, Any]:
        import json

        import numpy as np

        client = self._client(folder)
        collection = client.create_collection("documents", embedding_function=self.function)
        given = None if vectors is None else np.load(vectors, mmap_mode="r")
        records = [json.loads(line) for line in corpus.open(encoding="utf-8")]
        step = client.get_max_batch_size()
        for first in range(0, len(records), step):
            block = records[first : first + step]
            collection.add(
                ids=[r["id"] for r in block],
                documents=[r["text"] for r in block],
                metadatas=[{"source": r["source"], "year": r["year"]} for r in block],
                embeddings=None if given is None else np.array(given[first : first + step]),
            )
        return {"documents": collection.count(), "block": step}

    @staticmethod
    def _client(folder: Path) -> Any:
        import chromadb
        from chromadb.config import Settings

        return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))

    def open(self, folder: Path) -> None:
        self.collection = self._client(folder).get_collection("documents", embedding_function=self.function)

    def search(self, query: str, k: int, mode: str) -> list[str]:
        if mode not in ("dense", "filtered"):
            raise ValueError(f"Chroma has no {mode} search")
        where = {"year": {"$gte": 2015}} if mode == "filtered" else None
        return self.collection.query(query_texts=[query], n_results=k, where=where)["ids"][0]
