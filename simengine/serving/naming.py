"""The models that are served, under the names by which clients may ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from simengine.errors import SimengineError
from simengine.serving.catalogue import Catalogue
from simengine.serving.served import ServedIndex
from simengine.serving.telling import public_name


class UnknownModelError(SimengineError):
    """No model of that name is served for that task."""


FORMER_NAMES: Final = {"minilm-nli": "minilm-relevance"}
"""What clients called the default reranker until relevance had a model of its own."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model.

    Attributes:
        id: its name for clients; no path.
        task: "embeddings" or "rerank".
        indexes: those that use it; any of them can be asked to run it.
        dimension: of its vectors; None for a reranker.
        max_tokens: that it reads of a text, special tokens included; None where it is not known without loading it.
        created_s: when the oldest of the indexes was built, Unix time.
    """

    id: str
    task: Literal["embeddings", "rerank"]
    indexes: tuple[ServedIndex, ...]
    dimension: int | None
    max_tokens: int | None
    created_s: int


def served_models(catalogue: Catalogue) -> list[ServedModel]:
    """The bi-encoders of all indexes, that of the default one first, then the rerankers. Nothing is loaded for it.

    Where two models have one name, the later one's is followed by the start of its fingerprint.
    """
    models: list[ServedModel] = []
    by_fingerprint: dict[str, list[ServedIndex]] = {}
    by_reranker: dict[str, list[ServedIndex]] = {}
    for served in catalogue.values():
        by_fingerprint.setdefault(served.engine.settings.fingerprint, []).append(served)
        by_reranker.setdefault(served.models.reranker_name, []).append(served)
    for fingerprint, indexes in by_fingerprint.items():
        settings = indexes[0].engine.settings
        name = public_name(settings.model_name)
        if any(model.id == name for model in models):
            name = f"{name}@{fingerprint[:8]}"
        models.append(
            ServedModel(
                name, "embeddings", tuple(indexes), settings.dimension, settings.max_tokens, _created(indexes)
            )
        )
    for name, indexes in by_reranker.items():
        models.append(ServedModel(public_name(name), "rerank", tuple(indexes), None, None, _created(indexes)))
    return models


def find_model(catalogue: Catalogue, task: str, name: str | None) -> ServedModel:
    """The model of a task by its name, or by the last part of it; None is the default index's.

    Raises:
        UnknownModelError: there is none; says which there are.
    """
    models = [model for model in served_models(catalogue) if model.task == task]
    if name is None:
        return models[0]
    for wanted in (name, FORMER_NAMES.get(name)):
        for model in models:
            if wanted in (model.id, model.id.rpartition("/")[2]):
                return model
    known = ", ".join(model.id for model in models)
    raise UnknownModelError(f"no model {name!r:.80} is served for {task}; there is: {known}")


def _created(indexes: Sequence[ServedIndex]) -> int:
    """The earliest build; 0 where none is known."""
    times = [index.engine.settings.created for index in indexes if index.engine.settings.created]
    return min((int(datetime.fromisoformat(time).timestamp()) for time in times), default=0)
