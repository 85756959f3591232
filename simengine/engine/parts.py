"""What the verbs of an engine work with."""

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
        retriever: gives candidates and vectors: the index, or what batches the searches of several callers over it.
        recommender: gives the recommender whose items are the documents.
        note: gets, in a sentence, what users should know, such as why something stored is not used.
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
        """NLI model, rerankers and reader: those that were given, else the engine's own."""
        from simengine.engine.loaded import LoadedModels

        return self._shared or LoadedModels(self.index.models)

    def close(self) -> None:
        """Release the models that are the engine's own."""
        if self._shared is None and "models" in self.__dict__:
            self.models.close()
