"""The indexes that are served, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simengine.engine.engine import Engine
from simengine.engine.loaded import LoadedModels
from simengine.errors import SimengineError, UsageError
from simengine.serving.batching import Batcher
from simengine.serving.served import ServedIndex, pair_batchers, shared_models
from simengine.serving.settings import ServingSettings


class UnknownIndexError(SimengineError):
    """No index of that name is served."""


class Catalogue(Mapping[str, ServedIndex]):
    """Served indexes by name. A name is looked up here and never becomes part of a path.

    Args:
        indexes: at least one; the first is the default.
        models: those that the indexes share; released by `close`, after the indexes.

    Raises:
        UsageError: there is none, or two have one name.
    """

    def __init__(self, indexes: Sequence[ServedIndex], models: LoadedModels | None = None) -> None:
        self._indexes = {index.name: index for index in indexes}
        if not indexes:
            raise UsageError("no index is given to serve")
        if len(self._indexes) != len(indexes):
            given = ", ".join(str(index.engine.path) for index in indexes)
            raise UsageError(f"two indexes have one name, that of their folders: {given}; rename one folder")
        self._models = models

    @classmethod
    def open(cls, paths: Sequence[Path | str], settings: ServingSettings | None = None) -> Catalogue:
        """Open indexes; each is named after its folder. All share the models beside their own.

        Args:
            paths: index directories.
            settings: see `ServingSettings`.

        Raises:
            IndexNotFoundError: there is no index at a path.
            UsageError: two folders have one name.
        """
        chosen = settings or ServingSettings()
        engines: list[Engine] = []
        try:
            engines.extend(Engine.open(path, models=chosen.models) for path in paths)
            return cls.of(engines, chosen)
        except BaseException:
            for engine in engines:
                engine.close()
            raise

    @classmethod
    def of(cls, engines: Sequence[Engine], settings: ServingSettings | None = None) -> Catalogue:
        """Serve engines that are open, by default with the models of the first; `close` closes them."""
        chosen = settings or (ServingSettings(models=engines[0].models) if engines else ServingSettings())
        models = shared_models(chosen)
        indexes = [ServedIndex(name_of(engine.path), engine, chosen, models) for engine in engines]
        return cls(indexes, models)

    @property
    def default(self) -> ServedIndex:
        """The one that is meant where none is named."""
        return next(iter(self._indexes.values()))

    def find(self, name: str | None = None) -> ServedIndex:
        """The index of a name; None is the default one.

        Raises:
            UnknownIndexError: there is none of that name.
        """
        if name is None:
            return self.default
        found = self._indexes.get(name)
        if found is None:
            raise UnknownIndexError(f"no index {name!r:.80} is served; there are: {', '.join(self._indexes)}")
        return found

    def __getitem__(self, name: str) -> ServedIndex:
        """The index of a name; KeyError where there is none (see `find`)."""
        return self._indexes[name]

    def __iter__(self) -> Iterator[str]:
        """The names, the default one first."""
        return iter(self._indexes)

    def __len__(self) -> int:
        """How many indexes are served."""
        return len(self._indexes)

    def load_named(self) -> None:
        """See `LoadedModels.load_named`."""
        self.default.models.load_named()

    def batchers(self) -> Iterator[tuple[str, Batcher[Any, Any, Any]]]:
        """What joins callers, for counting, each with the name of its index; "" for what indexes share."""
        for name, served in self._indexes.items():
            yield from ((name, batcher) for batcher in served.retriever.batchers())
        shared = {id(served.models): served.models for served in self._indexes.values()}
        for models in shared.values():
            yield from (("", batcher) for batcher in pair_batchers(models))

    def close(self) -> None:
        """Finish what waits, then close all indexes and release the models."""
        for index in self._indexes.values():
            index.close()
        if self._models is not None:
            self._models.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def name_of(path: Path) -> str:
    """What an index directory is called."""
    return path.resolve().name
