"""Training tasks: one file per kind of model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simengine.training.recipe import Recipe
    from simengine.training.tasks.contract import TrainingTask


def load_task(recipe: Recipe) -> TrainingTask[Any]:
    """The task of a recipe."""
    if recipe.task in ("nli", "similarity", "relevance"):
        from simengine.training.tasks import pairs

        if recipe.task == "nli":
            return pairs.NLITask(recipe.seed)
        if recipe.task == "similarity":
            return pairs.SimilarityTask(recipe.seed)
        return pairs.RelevanceTask(recipe.seed)
    if recipe.task == "retriever":
        from simengine.training.tasks.retriever import RetrieverTask

        return RetrieverTask(recipe.seed)
    if recipe.task == "reader":
        from simengine.training.tasks.reader import ReaderTask

        return ReaderTask(recipe.seed)
    from simengine.training.tasks.tagger import TaggerTask

    return TaggerTask(recipe.seed)
