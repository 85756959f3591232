"""LanceDB as documented: a table whose schema embeds the text column by sentence-transformers.

`build` makes the plain table: at 10,000 rows the documentation advises no vector index. `insert` adds one for
the search section: at 100,000 rows the documentation calls an index a matter of latency, and IVF_PQ the kind for
filtered search, so it gets the default IVF_PQ with cosine, a B-tree index on `year` and a full-text index. The
modes "dense flat" and "filtered flat" pass the vector index by, as documented.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Subject:
    """See `worker.SubjectProtocol`. Filters are applied before the search (prefilter, LanceDB's default)."""

    packages = ("lancedb", "sentence-transformers", "torch")

    def start(self, model: str) -> None:
        from lancedb.embeddings import get_registry
        from lancedb.pydantic import LanceModel, Vector

        function = get_registry().get("sentence-transformers").create(name=model)

        class Passage(LanceModel):
            id: str
            text: str = function.SourceField()
            source: str
            year: int
            vector: Vector(function.ndims()) = function.VectorField()  # type: ignore[valid-type]

        self.schema = Passage

    def build(self, corpus: Path, folder: Path) -> dict[str, Any]:
        import lancedb

        table = lancedb.connect(str(folder)).create_table("documents", schema=self.schema)
        table.add([json.loads(line) for line in corpus.open(encoding="utf-8")])
        return {"documents": table.count_rows()}

    def insert(self, corpus: Path, vectors: Path, folder: Path) -> dict[str, Any]:
        import lancedb
        import numpy as np
        import pyarrow as pa

        table = lancedb.connect(str(folder)).create_table("documents", schema=self.schema)
        rows = pa.Table.from_pylist([json.loads(line) for line in corpus.open(encoding="utf-8")])
        given = np.load(vectors)
        flat = pa.FixedSizeListArray.from_arrays(pa.array(given.reshape(-1)), given.shape[1])
        table.add(rows.append_column("vector", flat))
        table.create_index(metric="cosine", vector_column_name="vector")
        table.create_scalar_index("year")
        table.create_fts_index("text")
        return {"documents": table.count_rows(), "indexes": [str(index) for index in table.list_indices()]}

    def open(self, folder: Path) -> None:
        import lancedb

        self.table = lancedb.connect(str(folder)).open_table("documents")

    def search(self, query: str, k: int, mode: str) -> list[str]:
        if mode == "hybrid":
            request = self.table.search(query, query_type="hybrid")
        else:
            request = self.table.search(query).distance_type("cosine")
            if mode.endswith("flat"):
                request = request.bypass_vector_index()
        if mode.startswith("filtered"):
            request = request.where("year >= 2015")
        return [row["id"] for row in request.select(["id", "text"]).limit(k).to_list()]
