"""What the verbs of an engine work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simengine.engine.loaded import LoadedModels
    from simengine.engine.opened import OpenedIndex
    from simengine.recommend.recommender import TextRecommender
    from simengine.search.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of an engine.

    Attributes:
        index: the opened index.
        retriever: gives candidates and vectors: the index, or what batches the searches of several callers over it.
        models: NLI model, rerankers and reader.
        recommender: gives the recommender whose items are the documents.
        note: gets, in a sentence, what users should know, such as why something stored is not used.
    """

    index: OpenedIndex
    retriever: Retriever
    models: LoadedModels
    recommender: Callable[[], TextRecommender]
    note: Callable[[str], None]
