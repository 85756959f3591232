"""The parts that an engine's operations work with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simengine.engine.loaded import LoadedModels
    from simengine.engine.opened import OpenedIndex
    from simengine.recommend.recommender import TextRecommender
    from simengine.search.retriever import Retriever


class Parts:
    """The parts of an engine.

    Attributes:
        index: the opened index.
        retriever: gives candidates and vectors: the index, or a wrapper that batches the searches of several callers.
        recommender: returns the recommender whose items are the documents.
        note: called with a sentence for the user, such as why a stored fit is not used.
    """

    def __init__(
        self,
        index: OpenedIndex,
        retriever: Retriever,
        loaded: LoadedModels | None,
        recommender: Callable[[], TextRecommender],
        note: Callable[[str], None],
    ) -> None:
        self.index, self.retriever, self.recommender, self.note = index, retriever, recommender, note
        self._shared = loaded

    @cached_property
    def models(self) -> LoadedModels:
        """NLI model, rerankers and reader: the given ones, else the engine's own."""
        from simengine.engine.loaded import LoadedModels

        return self._shared or LoadedModels(self.index.models)

    def close(self) -> None:
        """Release the engine's own models."""
        if self._shared is None and "models" in self.__dict__:
            self.models.close()
