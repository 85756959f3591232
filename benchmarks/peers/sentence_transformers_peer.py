"""What most people write first: sentence-transformers' `encode`, `np.save`, exact search over the matrix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Subject:
    """See `worker.SubjectProtocol`. Neither hybrid nor filtered search."""

    packages = ("sentence-transformers", "torch")

    def start(self, model: str) -> None:
        from sentence_transformers import SentenceTransformer

        self.model = SentenceTransformer(model, device="cpu")

    def build(self, corpus: Path, folder: Path) -> dict[str, Any]:
        import numpy as np

        folder.mkdir(parents=True)
        records = [json.loads(line) for line in corpus.open(encoding="utf-8")]
        vectors = self.model.encode([record["text"] for record in records], normalize_embeddings=True)
        np.save(folder / "vectors.npy", vectors)
        (folder / "corpus.jsonl").write_bytes(corpus.read_bytes())
        return {"documents": len(records)}

    def insert(self, corpus: Path, vectors: Path, folder: Path) -> dict[str, Any]:
        folder.mkdir(parents=True)
        (folder / "vectors.npy").write_bytes(vectors.read_bytes())
        (folder / "corpus.jsonl").write_bytes(corpus.read_bytes())
        return {}

    def open(self, folder: Path) -> None:
        import numpy as np

        self.vectors = np.load(folder / "vectors.npy")
        self.records = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]

    def search(self, query: str, k: int, mode: str) -> list[str]:
        from sentence_transformers.util import semantic_search

        if mode != "dense":
            raise ValueError(f"there is no {mode} search")
        hits = semantic_search(self.model.encode([query]), self.vectors, top_k=k)[0]
        return [self.records[hit["corpus_id"]]["id"] for hit in hits]
