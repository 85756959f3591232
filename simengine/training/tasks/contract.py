"""What a training task is: how its data is read, its model made, trained, judged on dev, and saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from simengine.training.recipe import DataSource, Recipe

E = TypeVar("E")
"""The kind of example: LabelledPair, Triplet, ReadingExample or TaggedSentence."""


@dataclass(frozen=True, slots=True)
class Part(Generic[E]):
    """The examples of one data source.

    Attributes:
        name: of the source, unique in a run; names the loss and the sampler's share of it.
        examples: in the order of the file, cut to the source's limit.
        source: what the recipe says about it.
        n_dropped: rows without a usable label, by reason.
    """

    name: str
    examples: Sequence[E]
    source: DataSource
    n_dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainerParts:
    """What every trainer is given.

    Attributes:
        arguments: keyword arguments of the task's TrainingArguments class, complete.
        callbacks: transformers callbacks.
        evaluate: dev metrics of the model as it is now, or None where there is no dev data.
        labels: of the run, in the model's order; () where the task has none.
        head_patterns: regular expressions of the parameter names that `head_learning_rate` is for.
    """

    arguments: Mapping[str, Any]
    callbacks: Sequence[Any]
    evaluate: Callable[[], dict[str, float]] | None
    labels: tuple[str, ...] = ()
    head_patterns: tuple[str, ...] = ()


class TrainingTask(ABC, Generic[E]):
    """One kind of model that `simengine train` makes.

    A task holds no state of a run; the run (`simengine.training.run`) calls its methods in the order below. What stands
    here for a model suits those of sentence-transformers.

    Args:
        seed: of the run.
    """

    name: ClassVar[str]
    metric: ClassVar[str]
    """The dev metric that picks the best checkpoint, higher is better, such as "macro_f1"."""

    def __init__(self, seed: int = 13) -> None:
        self._seed = seed

    @abstractmethod
    def read(self, source: DataSource) -> Part[E]:
        """Read one source of the recipe. Raises DataError naming file and line."""

    def labels(self, parts: Sequence[Part[E]]) -> tuple[str, ...]:
        """The labels that the model gets, in a fixed order; () where it has none."""
        return ()

    @abstractmethod
    def load_model(self, recipe: Recipe, folder: Path, labels: tuple[str, ...]) -> Any:
        """The model to be trained, from the base model's folder."""

    def transformer(self, model: Any) -> Any:
        """The transformers PreTrainedModel inside `model`, for freezing, PEFT and adversarial perturbation."""
        return model.transformers_model

    @abstractmethod
    def trainer(self, recipe: Recipe, model: Any, train: Sequence[Part[E]], parts: TrainerParts) -> Any:
        """A transformers Trainer (or a subclass) that trains `model`."""

    @abstractmethod
    def evaluate(self, recipe: Recipe, model: Any, part: Part[E]) -> dict[str, float]:
        """Metrics of the model on one dev part, `metric` among them."""

    def details(self, recipe: Recipe, model: Any, part: Part[E]) -> dict[str, Any]:
        """The whole judgement of one dev part for the report, as JSON; {} where `evaluate` says it all."""
        return {}

    def save(self, model: Any, folder: Path) -> None:
        """Write the model so that plain sentence-transformers or transformers loads it."""
        model.save_pretrained(str(folder))
