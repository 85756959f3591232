"""The object that a user of the library holds: an index that can be searched and changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args, overload

import numpy as np
import numpy.typing as npt

from simengine.assembly import (
    EncoderOptions,
    IndexOptions,
    compact_index,
    delete_documents,
    write_documents,
)
from simengine.corpus.items import as_documents
from simengine.encoders.contract import BiEncoder, Role
from simengine.engine.opened import OpenedIndex
from simengine.errors import UsageError
from simengine.indexing.report import IndexReport, Progress
from simengine.search.options import Fusion, Mode, SearchOptions
from simengine.search.result import SearchArrays, SearchResult
from simengine.types import Document, FloatMatrix, Hit, Json, PairScore


class Engine(OpenedIndex):
    """An index directory, opened: search it from any number of threads, change it from one at a time.

    A search sees the index as it was when the engine was opened, or last changed or refreshed through it.

    Example:
        >>> from simengine import Document, Engine
        >>> documents = [Document("a", "Cats purr."), Document("b", "Stocks fell sharply.")]
        >>> with Engine.build(documents, "animals") as engine:
        ...     print(engine.search("the market went down", k=1)[0].id)
        b
    """

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        model: str | None = None,
        device: str = "auto",
        runtime: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        offline: bool = False,
    ) -> Engine:
        """Open an index. The model is loaded when a search first needs it.

        Args:
            path: the index directory.
            model: folder or hub name of the bi-encoder; by default the one that the index names.
            device, runtime, precision, threads, offline: see `simengine.assembly.EncoderOptions`.

        Raises:
            IndexNotFoundError: there is no index at `path`.
            DamagedIndexError: a file of it is damaged.
        """
        options = EncoderOptions(model, device, runtime, precision, threads, offline)
        return cls(Path(path), options)

    @classmethod
    def build(
        cls,
        documents: Iterable[Document | Mapping[str, Json] | str],
        path: str | Path,
        *,
        model: str | None = None,
        device: str = "auto",
        runtime: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        offline: bool = False,
        recipe: str | None = None,
        chunk_tokens: int | None = None,
        overlap_tokens: int | None = None,
        overwrite: bool = False,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Engine:
        """Build an index at `path` and open it. A build that was killed goes on where it stopped.

        Args:
            documents: read once, in blocks. Mappings have "id", "text", "title" (optional) and metadata in all
                other keys; a plain string is named by a digest of itself.
            recipe, chunk_tokens, overlap_tokens, overwrite, seed: see `simengine.assembly.IndexOptions`.

        Raises:
            DataError: an id occurs twice, or a document is empty.
            IndexExistsError: there is an index of other settings at `path`.
        """
        encoder_options = EncoderOptions(model, device, runtime, precision, threads, offline)
        options = IndexOptions(
            recipe, chunk_tokens, overlap_tokens, overwrite, seed=seed, command="Engine.build"
        )
        loaded: list[BiEncoder] = []
        write_documents(
            as_documents(documents),
            Path(path),
            "sync",
            encoder_options=encoder_options,
            options=options,
            create=True,
            progress=progress,
            on_encoder=loaded.append,
        )
        return cls(Path(path), encoder_options, loaded[0])

    # -- reading ---------------------------------------------------------------------------------------------

    @overload
    def search(  # type: ignore[overload-overlap]  # a str is a sequence of str: the first overload wins
        self,
        queries: str,
        k: int = ...,
        *,
        mode: Mode = ...,
        where: str | None = ...,
        fusion: Fusion = ...,
        exact: bool = ...,
    ) -> list[Hit]: ...

    @overload
    def search(
        self,
        queries: Sequence[str],
        k: int = ...,
        *,
        mode: Mode = ...,
        where: str | None = ...,
        fusion: Fusion = ...,
        exact: bool = ...,
    ) -> list[list[Hit]]: ...

    def search(
        self,
        queries: str | Sequence[str],
        k: int = 10,
        *,
        mode: Mode = "hybrid",
        where: str | None = None,
        fusion: Fusion = "auto",
        exact: bool = False,
    ) -> list[Hit] | list[list[Hit]]:
        """The k best documents for one query, or for each of several.

        Args:
            queries: one text, or a sequence of texts.
            k: documents per query; fewer come back when the index (or the filter) holds fewer.
            mode: "hybrid" (meaning and words), "dense" (meaning) or "lexical" (words, BM25).
            where: filter on metadata, such as `year >= 2020 and kind in ("class", "function")`.
            fusion: how hybrid joins both sides: "auto" or "rrf".
            exact: compare with every vector instead of asking the candidate index.

        Returns:
            A list of hits for one text; a list of such lists, in order, for several.
        """
        options = SearchOptions(k=k, mode=mode, where=where, fusion=fusion, exact=exact)
        if isinstance(queries, str):
            return self.run([queries], options).hits[0]
        return self.run(queries, options).hits

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        """As `search`, with the time that each stage took."""
        with self._lease() as reader:
            return reader.searcher.search(_texts(queries), options)

    def search_arrays(self, queries: Sequence[str] | FloatMatrix, options: SearchOptions) -> SearchArrays:
        """Ids and scores alone, as arrays, for pipelines: no texts are fetched.

        Args:
            queries: texts, or their vectors (q, dim) float32 with rows L2-normalised (dense mode only).
        """
        with self._lease() as reader:
            if isinstance(queries, np.ndarray) and queries.dtype.kind == "f":
                return reader.searcher.search_vector_arrays(queries, options)
            return reader.searcher.search_arrays(_texts(queries), options)

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for vectors that the caller has: (q, dim) float32; rows are L2-normalised here."""
        with self._lease() as reader:
            return reader.searcher.search_vectors(queries, options or SearchOptions(mode="dense"))

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised."""
        self._check_open()
        if role not in get_args(Role):
            raise UsageError(f"role is {role!r}; expected one of {', '.join(get_args(Role))}")
        return self.encoder.encode(_texts(texts), role=role)

    def score(self, text1: str, text2: str) -> PairScore:
        """Cosine similarity of two texts."""
        vectors = self.encoder.encode([text1, text2])
        return PairScore(text1, text2, float(np.clip(vectors[0] @ vectors[1], -1.0, 1.0)))

    def get(self, document_id: str) -> Document | None:
        """The document of that id, or None."""
        with self._lease() as reader:
            stored = reader.snapshot.document_by_id(document_id)
            return None if stored is None else Document(stored.id, stored.text, stored.title, stored.metadata)

    def matching_ids(self, where: str) -> list[str]:
        """Ids of all documents that a filter keeps.

        Raises:
            FilterError: the expression cannot be read, or names a field that no document has.
        """
        with self._lease() as reader:
            return reader.searcher.matching_ids(where)

    # -- changing --------------------------------------------------------------------------------------------

    def add(self, documents: Iterable[Document | Mapping[str, Json] | str]) -> IndexReport:
        """Add documents; they are found as soon as this returns.

        Raises:
            DataError: an id is in the index with other content.
            IndexLockedError: another process is writing.
        """
        return self._write(documents, "add")

    def update(self, documents: Iterable[Document | Mapping[str, Json] | str]) -> IndexReport:
        """Replace documents by id, and add those that are new."""
        return self._write(documents, "update")

    def _write(self, documents: Iterable[Document | Mapping[str, Json] | str], policy: str) -> IndexReport:
        self._check_open()
        with self._write_lock:
            report = write_documents(
                as_documents(documents),
                self.path,
                "add" if policy == "add" else "update",
                encoder_options=self._options,
                encoder=self.encoder,
            )
        self.refresh()
        return report

    def delete(self, ids: Sequence[str] = (), *, where: str | None = None) -> IndexReport:
        """Delete documents by id, by filter, or both. Ids that are not there are listed in the report."""
        if isinstance(ids, str):
            raise UsageError(f"ids must be a sequence of ids, not the string {ids!r}")
        self._check_open()
        with self._write_lock:
            report = delete_documents(self.path, ids, where)
        self.refresh()
        return report

    def compact(self, *, progress: Progress | None = None) -> IndexReport:
        """Fold additions and deletions into a new generation; searches go on meanwhile."""
        self._check_open()
        with self._write_lock:
            report = compact_index(self.path, threads=self._options.threads, progress=progress)
        self.refresh()
        return report


def _texts(texts: Sequence[str] | npt.NDArray[np.generic]) -> list[str]:
    """A list of texts; a lone string, which is a sequence of letters, and anything that is no text are refused."""
    if isinstance(texts, (str, bytes)):
        raise UsageError(f"expected several texts, got the one {texts!r}; put it in a list")
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise UsageError(f"text {number} is {type(text).__name__} {text!r:.40}; expected a string")
    return [str(text) for text in texts]
