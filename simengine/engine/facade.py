"""The object that a user of the library holds: an index that can be searched and changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from simengine.assembly import (
    IndexOptions,
    compact_index,
    delete_documents,
    write_documents,
)
from simengine.corpus.items import Documents, as_documents
from simengine.encoders.contract import BiEncoder
from simengine.engine.models import Models
from simengine.engine.reasoning import ReasoningIndex
from simengine.errors import UsageError
from simengine.indexing.report import IndexReport
from simengine.progress import Progress
from simengine.store.generations import locate
from simengine.text.arguments import as_ids, as_path, expect


class Engine(ReasoningIndex):
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
        models: Models | None = None,
    ) -> Engine:
        """Open an index. The model is loaded when a search first needs it.

        Args:
            path: the index directory.
            model: folder or hub name of the bi-encoder; by default the one that the index names.
            device, runtime, precision, threads, offline: see `Models`.
            models: all of these in one value, and the other models; instead of them.

        Raises:
            IndexNotFoundError: there is no index at `path`.
            DamagedIndexError: a file of it is damaged.
        """
        chosen = _models(models, Models(model, None, None, device, runtime, precision, threads, offline))
        folder = as_path(path, "path")
        locate(folder)  # a message that there is none shows the path as it was given
        return cls(folder, chosen)

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
    ) -> Engine:
        """Build an index at `path` and open it. A build that was killed goes on where it stopped.

        Args:
            documents: read once, in blocks: documents, mappings, texts, or a table of pandas, polars or pyarrow.
                Mappings and rows have "id", "text", "title" (optional) and metadata in all other keys; a plain string
                is named by a digest of itself. See `simengine.corpus.items.as_documents`.
            recipe, chunk_tokens, overlap_tokens, overwrite, seed: see `simengine.assembly.IndexOptions`.

        Raises:
            DataError: an id occurs twice, or a document is empty.
            UsageError: what was given does not hold documents; says what to write.
            IndexExistsError: there is an index of other settings at `path`.
        """
        place = as_path(path, "path").absolute()
        chosen = _models(models, Models(model, None, None, device, runtime, precision, threads, offline))
        options = IndexOptions(
            recipe, chunk_tokens, overlap_tokens, overwrite, seed=seed, command="Engine.build"
        )
        loaded: list[BiEncoder] = []
        write_documents(
            as_documents(documents),
            place,
            "sync",
            encoder_options=chosen.encoder_options(),
            encoder=chosen.encoder if isinstance(chosen.encoder, BiEncoder) else None,
            options=options,
            create=True,
            progress=progress,
            on_encoder=loaded.append,
        )
        return cls(place, chosen, loaded[0] if loaded else None)

    # -- changing --------------------------------------------------------------------------------------------

    def add(self, documents: Documents) -> IndexReport:
        """Add documents; they are found as soon as this returns.

        Raises:
            DataError: an id is in the index with other content.
            IndexLockedError: another process is writing.
        """
        return self._write(documents, "add")

    def update(self, documents: Documents) -> IndexReport:
        """Replace documents by id, and add those that are new."""
        return self._write(documents, "update")

    def _write(self, documents: Documents, policy: str) -> IndexReport:
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

    def delete(self, ids: Iterable[str | int] = (), *, where: str | None = None) -> IndexReport:
        """Delete documents by id, by filter, or both. Ids that are not there are listed in the report."""
        names = as_ids(ids)
        self._check_open()
        with self._write_lock:
            report = delete_documents(self.path, names, where)
        self.refresh()
        return report

    def compact(self, *, progress: Progress | None = None) -> IndexReport:
        """Fold additions and deletions into a new generation; searches go on meanwhile."""
        self._check_open()
        with self._write_lock:
            report = compact_index(self.path, threads=self._options.threads, progress=progress)
        self.refresh()
        return report


def _models(given: Models | None, single: Models) -> Models:
    """The models that were given in one value, or one by one."""
    if given is None:
        return single
    if single != Models():
        raise UsageError(
            "models was given beside model, device, runtime, precision, threads or offline; give one"
        )
    return expect(given, Models, "models", "Models(...)")
