"""The library's main object: an index to be searched, questioned and changed."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from simengine.encoders.contract import BiEncoder, Role
from simengine.engine.dispatch import answer
from simengine.engine.models import Models, models_of
from simengine.engine.opened import OpenedIndex
from simengine.engine.parts import Parts
from simengine.engine.verbs import Verbs
from simengine.errors import UsageError
from simengine.models.unknown import Reading
from simengine.requests.index import IndexOptions, Policy
from simengine.requests.search import SearchOptions
from simengine.results.search import SearchArrays
from simengine.store.contract import Counts
from simengine.store.generations import locate
from simengine.store.settings import IndexSettings
from simengine.text.arguments import as_ids, as_path
from simengine.types import Document, FloatMatrix, Hit

if TYPE_CHECKING:
    from simengine.calibration.calibration import Calibration
    from simengine.corpus.items import Documents
    from simengine.engine.fitting import CalibrationReport
    from simengine.engine.loaded import LoadedModels
    from simengine.indexing.report import IndexReport
    from simengine.progress import Progress
    from simengine.qa.decision import Decision
    from simengine.qa.fitting import LabelledQuestion
    from simengine.recommend.recommender import TextRecommender
    from simengine.requests.ask import AnswerOptions
    from simengine.requests.calibrate import CalibrateRequest
    from simengine.requests.rerank import Rerank
    from simengine.rerank.fit import BlendFit
    from simengine.search.retriever import Retriever

logger = logging.getLogger("simengine")


class Engine(Verbs):
    """An opened index directory: search it from any number of threads, change it from one at a time.

    A search sees the index as of opening, or of the engine's last change or refresh. Every method is
    also a request (see `simengine.requests`) for `run`; the methods with plain arguments make these requests.

    Example:
        >>> from simengine import Document, Engine
        >>> documents = [Document("a", "Cats purr."), Document("b", "Stocks fell sharply.")]
        >>> with Engine.build(documents, "animals") as engine:
        ...     print(engine.search("the market went down", k=1)[0].id)
        b
    """

    def __init__(
        self,
        index: OpenedIndex,
        *,
        loaded: LoadedModels | None = None,
        retriever: Retriever | None = None,
        note: Callable[[str], None] = logger.info,
    ) -> None:
        """Use `Engine.open` or `Engine.build`.

        Args:
            index: closed with the engine.
            loaded: models shared by several engines, which are not closed; None loads the index's own.
            retriever: gives candidates and vectors instead of the index, such as one that batches callers.
            note: called with a sentence for the user, such as why a stored fit is not used.
        """
        if not isinstance(index, OpenedIndex):
            raise UsageError(
                f"an index is opened with Engine.open({os.fspath(index)!r}), and built with Engine.build"
            )
        self._index = index
        self._parts = Parts(index, retriever or index, loaded, self.recommender, note)
        self._write_lock, self._recommender_lock = threading.Lock(), threading.Lock()
        self._recommender: TextRecommender | None = None

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
        models: Models | None = None,
        note: Callable[[str], None] = logger.info,
    ) -> Self:
        """Open an index. Models are loaded on first use.

        Args:
            path: the index directory.
            model: folder or hub name of the bi-encoder; by default the index's.
            device, runtime, precision, threads, offline: see `Models`.
            models: all of these in one value, and the other models; replaces them.
            note: called with a sentence for the user, such as why a stored fit is not used.

        Raises:
            IndexNotFoundError: there is no index at `path`.
            DamagedIndexError: a file of it is damaged.
        """
        chosen = models_of(models, Models(model, None, None, device, runtime, precision, threads, offline))
        folder = as_path(path, "path")
        locate(folder)  # its message shows the path as given
        return cls(OpenedIndex(folder, chosen), note=note)

    @classmethod
    def build(
        cls,
        documents: Documents,
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
        models: Models | None = None,
    ) -> Self:
        """Build an index at `path` and open it. An interrupted build continues.

        Args:
            documents: read once, in blocks: documents, mappings, texts, or a table of pandas, polars or pyarrow.
                Mappings and rows have "id", "text", "title" (optional) and metadata in all other keys; a plain string
                is named by a digest of itself. See `simengine.corpus.items.as_documents`.
            recipe, chunk_tokens, overlap_tokens, overwrite, seed: see `IndexOptions`.

        Raises:
            DataError: an id occurs twice, or a document is empty.
            UsageError: `documents` does not contain documents; says what to write.
            IndexExistsError: there is an index with other settings at `path`.
        """
        from simengine.corpus.items import as_documents
        from simengine.engine.writing import write_documents

        chosen = models_of(models, Models(model, None, None, device, runtime, precision, threads, offline))
        options = IndexOptions(
            recipe, chunk_tokens, overlap_tokens, overwrite, seed=seed, command="Engine.build"
        )
        place, loaded = as_path(path, "path").absolute(), list[BiEncoder]()
        write_documents(
            as_documents(documents),
            place,
            "sync",
            models=chosen,
            options=options,
            create=True,
            progress=progress,
            on_encoder=loaded.append,
        )
        return cls(OpenedIndex(place, chosen, loaded[0] if loaded else None))

    def run(self, request: Any, *, progress: Progress | None = None) -> Any:
        """See `Verbs.run`."""
        self._index.check_open()
        return answer(self._parts, request, progress)

    # -- below the verbs -----------------------------------------------------------------------------------------

    def search_arrays(self, queries: Sequence[str] | FloatMatrix, options: SearchOptions) -> SearchArrays:
        """Only ids and scores, as arrays, for pipelines: no texts are fetched.

        Args:
            queries: texts, or their vectors (q, dim) float32 with rows L2-normalised (dense mode only).
        """
        return self._index.search_arrays(queries, options)

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Hits for the caller's vectors: (q, dim) float32; rows are L2-normalised here."""
        return self._parts.retriever.search_vectors(queries, options)

    def matching_ids(self, where: str) -> list[str]:
        """Ids of all documents that match a filter.

        Raises:
            FilterError: the expression cannot be read, or names a field that no document has.
        """
        return self._parts.retriever.matching_ids(where)

    def get(self, document_id: str) -> Document | None:
        """The document with that id, or None."""
        return self._index.get(document_id)

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """Vectors of texts: (n, dim) float32, rows L2-normalised.

        Args:
            texts: a list, a generator, an array of strings, a column of a table; read once. Blank ones are encoded too.
            role: see `BiEncoder.encode_counted`.
        """
        return self._parts.retriever.encode(texts, role=role)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """For each text what the index's model can read, and what it has no tokens for."""
        return self._index.readings(texts)

    def recommender(self) -> TextRecommender:
        """The recommender whose items are the documents; for other scorers see `recommending.recommender_for`."""
        from simengine.engine.recommending import LazyInference, recommender_for

        with self._recommender_lock:
            if self._recommender is None:
                self._recommender = recommender_for(self, nli=LazyInference(lambda: self._parts.models.nli()))
            return self._recommender

    # -- fitting on labelled data ----------------------------------------------------------------------------------

    def fit_answers(
        self,
        questions: Sequence[LabelledQuestion] | str | Path,
        options: AnswerOptions | None = None,
        *,
        fitted_on: str = "",
        lock_timeout_s: float = 0.0,
    ) -> Decision:
        """Fit the decision about answers on labelled questions, and store it with the index."""
        from simengine.engine.answering import fit_answers

        with self._changing():
            return fit_answers(
                self._parts, questions, options, fitted_on=fitted_on, lock_timeout_s=lock_timeout_s
            )

    def fit_rerank(
        self,
        queries: Mapping[str, str],
        qrels: Mapping[str, Mapping[str, int]],
        rerank: Rerank | None = None,
        *,
        search: SearchOptions | None = None,
        fitted_on: str = "",
        keep_self: bool = False,
        store: bool = True,
        lock_timeout_s: float = 0.0,
    ) -> BlendFit:
        """Choose the reranker's weight on labelled queries, and store it with the index; see `fit_rerank`."""
        from simengine.engine.fitted import store_blend
        from simengine.engine.fitting import fit_rerank

        fit = fit_rerank(
            self._parts, queries, qrels, rerank, search=search, fitted_on=fitted_on, keep_self=keep_self
        )
        if store:
            with self._changing():
                store_blend(self.path, fit, lock_timeout_s=lock_timeout_s, note=self._parts.note)
        return fit

    def calibrate(
        self, request: CalibrateRequest, *, lock_timeout_s: float = 0.0, progress: Progress | None = None
    ) -> CalibrationReport:
        """Fit a calibration on labelled pairs, and store it with the index; `run` does not store it."""
        report: CalibrationReport = self.run(request, progress=progress)
        self.keep_calibration(report.calibration, lock_timeout_s=lock_timeout_s)
        return report

    def keep_calibration(
        self, calibration: Calibration | str | Path, *, lock_timeout_s: float = 0.0
    ) -> Calibration:
        """Store a calibration, or that of a JSON file, with the index."""
        from simengine.engine.fitted import keep_calibration

        with self._changing():
            return keep_calibration(self._parts, calibration, lock_timeout_s=lock_timeout_s)

    # -- changing ----------------------------------------------------------------------------------------------

    def add(
        self,
        documents: Documents,
        *,
        check_conflicts: bool = False,
        options: IndexOptions | None = None,
        progress: Progress | None = None,
    ) -> IndexReport:
        """Add documents; they can be found when this returns. For `check_conflicts` see `IndexOptions`.

        Raises:
            DataError: an id is in the index with other content.
            IndexLockedError: another process is writing.
        """
        chosen = replace(options or IndexOptions(), check_conflicts=True) if check_conflicts else options
        return self._write(documents, "add", chosen, progress)

    def update(
        self, documents: Documents, *, options: IndexOptions | None = None, progress: Progress | None = None
    ) -> IndexReport:
        """Replace documents by id, and add new ones."""
        return self._write(documents, "update", options, progress)

    def _write(
        self, documents: Documents, policy: Policy, options: IndexOptions | None, progress: Progress | None
    ) -> IndexReport:
        from simengine.engine.conflict_checks import write_into

        return write_into(self._parts, self._changing, documents, policy, options, progress)

    def delete(self, ids: Iterable[str | int] = (), *, where: str | None = None) -> IndexReport:
        """Delete documents by id, by filter, or both. The report lists unknown ids."""
        names = as_ids(ids)
        from simengine.engine.writing import delete_documents

        with self._changing():
            return delete_documents(self.path, names, where)

    def compact(self, *, progress: Progress | None = None) -> IndexReport:
        """Fold additions and deletions into a new generation; searches continue meanwhile."""
        from simengine.engine.writing import compact_index

        with self._changing():
            return compact_index(self.path, threads=self.models.threads, progress=progress)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time; searches see it when it is done."""
        self._index.check_open()
        with self._write_lock:
            yield
        self.refresh()

    # -- properties and closing ------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Number of documents."""
        return self.counts.documents

    @property
    def index(self) -> OpenedIndex:
        """The opened index, closed with the engine; another engine over it may have other models and retrievers."""
        return self._index

    @property
    def path(self) -> Path:
        """The index directory."""
        return self._index.path

    @property
    def models(self) -> Models:
        """Its models, and their device."""
        return self._index.models

    @property
    def counts(self) -> Counts:
        """Numbers of documents, passages and vectors."""
        return self._index.counts

    @property
    def settings(self) -> IndexSettings:
        """The index's settings."""
        return self._index.settings

    @property
    def encoder(self) -> BiEncoder:
        """The bi-encoder, loaded on first use; refused if it did not build the index."""
        return self._index.encoder

    def refresh(self) -> bool:
        """Switch to the latest commit of any process. Returns whether there was a new one."""
        return self._index.refresh()

    def close(self) -> None:
        """Release files, models and threads; running searches end first."""
        self._index.close(then=self._parts.close)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an Engine has open files and cannot be pickled; call Engine.open in each process")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
