"""txtai as its documentation shows it: `Embeddings(path=…, content=True, hybrid=True)`, `index`, `save`.

The ANN index is txtai's default (FAISS, IVF chosen by size), the lexical side its own BM25, both joined
by its default weights. A filter is written in its SQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def _rows(corpus: Path) -> Iterator[tuple[str, dict[str, Any], None]]:
    with corpus.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield record["id"], {key: record[key] for key in ("text", "source", "year")}, None


class Subject:
    """See `worker.SubjectProtocol`."""

    packages = ("txtai", "faiss-cpu", "torch")

    def start(self, model: str) -> None:
        from txtai import Embeddings

        self.embeddings = Embeddings(path=model, content=True, hybrid=True)

    def build(self, corpus: Path, folder: Path) -> dict[str, Any]:
        self.embeddings.index(_rows(corpus))
        self.embeddings.save(str(folder))
        return {"documents": self.embeddings.count()}

    def insert(self, corpus: Path, vectors: Path, folder: Path) -> dict[str, Any]:
        import numpy as np

        given, position = np.load(vectors), 0

        def next_rows(texts: list[str], category: str | None = None) -> Any:  # noqa: ARG001 - txtai's signature
            nonlocal position
            position += len(texts)
            return np.array(given[position - len(texts) : position])

        self.embeddings.model.encode = next_rows
        self.embeddings.index(_rows(corpus))
        self.embeddings.save(str(folder))
        if position != len(given):
            raise RuntimeError(f"txtai asked for {position} vectors, {len(given)} were given")
        return {"documents": self.embeddings.count(), "components": self.embeddings.ann.config.get("build")}

    def open(self, folder: Path) -> None:
        from txtai import Embeddings

        self.embeddings = Embeddings()
        self.embeddings.load(str(folder))

    def search(self, query: str, k: int, mode: str) -> list[str]:
        if mode == "hybrid":
            rows = self.embeddings.search(query, k)
        elif mode == "dense":
            rows = self.embeddings.search(query, k, weights=1.0)
        elif mode == "filtered":
            statement = "select id, text, score from txtai where similar(:query) and year >= 2015"
            rows = self.embeddings.search(statement, k, parameters={"query": query})
        else:
            raise ValueError(f"txtai has no {mode} search")
        return [row["id"] for row in rows]
