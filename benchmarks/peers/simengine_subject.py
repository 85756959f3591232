"""simengine with its defaults, through the calls that `simengine index` and `engine.search` make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any


def _records(corpus: Path) -> Iterator[dict[str, Any]]:
    with corpus.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


class Subject:
    """See `worker.SubjectProtocol`. The model is loaded in `build`, so its time counts there."""

    packages = ("simengine-search", "openvino", "faiss-cpu", "tantivy")

    def start(self, model: str) -> None:
        import simengine  # noqa: F401 - its import belongs to the start

        self.model = model

    def build(self, corpus: Path, folder: Path) -> dict[str, Any]:
        from simengine import Models
        from simengine.corpus.items import as_documents
        from simengine.engine.writing import write_documents

        report = write_documents(
            as_documents(_records(corpus)),
            folder,
            "sync",
            models=Models(self.model, offline=True),
            create=True,
        )
        figures = {**asdict(report), "encode_share": report.encode_share}
        return {"documents": report.added, "report": figures}

    def insert(self, corpus: Path, vectors: Path, folder: Path) -> dict[str, Any]:  # noqa: ARG002
        """Builds the real index: an index directory holds vectors of its own encoder only."""
        return self.build(corpus, folder)

    def open(self, folder: Path) -> None:
        from simengine import Engine

        self.engine = Engine.open(folder, offline=True)

    def search(self, query: str, k: int, mode: str) -> list[str]:
        if mode == "filtered":
            hits = self.engine.search(query, k, mode="dense", where="year >= 2015")
        elif mode == "hybrid":
            hits = self.engine.search(query, k, mode="hybrid")
        else:
            hits = self.engine.search(query, k, mode="dense")
        return [hit.id for hit in hits]
