"""The trainer of models with an output for every token: transformers' own, our losses around the logits."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.errors import RecipeError
from simengine.models.config import read_config
from simengine.models.kinds import check_kind
from simengine.runtimes.torch_modules import quiet
from simengine.runtimes.whole_weights import whole_weights
from simengine.training.arguments import step_arguments
from simengine.training.losses.adversarial import with_adversarial
from simengine.training.losses.smoothness import with_smoothness
from simengine.training.losses.wrapping import word_embeddings
from simengine.training.recipe import Recipe
from simengine.training.tasks.contract import E, TrainerParts, TrainingTask
from simengine.training.trainer_parts import with_dev_metrics

if TYPE_CHECKING:
    import torch

Batch = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TokenLoss:
    """What is minimised.

    Attributes:
        targets: names of the batch's entries that the loss compares with; the model does not get them.
        value: from the model's output and the batch to a scalar, the mean over the batch.
        logits: from the same to the class logits that smoothness compares, tensors (rows, classes).
    """

    targets: tuple[str, ...]
    value: Callable[[Any, Batch], torch.Tensor]
    logits: Callable[[Any, Batch], Sequence[torch.Tensor]]


class TokenTask(TrainingTask[E]):
    """A task whose model is one of transformers, as `load_pretrained` makes it."""

    def transformer(self, model: Any) -> Any:
        return model

    def save(self, model: Any, folder: Path) -> None:
        super().save(model, folder)
        model.tokenizer.save_pretrained(str(folder))


def token_trainer(
    recipe: Recipe,
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    collator: Any,
    loss: TokenLoss,
    parts: TrainerParts,
) -> Any:
    """A transformers Trainer.

    Args:
        rows: one for each window; how many there are decides how many steps the run has.
        collator: of transformers, pads the rows of a batch to the longest of them.
    """
    from transformers import TrainingArguments

    trainer = with_dev_metrics(_trainer_class())(
        model=model,
        args=TrainingArguments(**_arguments(recipe, len(rows), parts)),
        train_dataset=list(rows),
        # The base class wants a dev set where there is evaluation; `with_dev_metrics` does that by a function.
        eval_dataset=[] if parts.evaluate is not None else None,
        data_collator=collator,
        callbacks=list(parts.callbacks),
    )
    trainer.recipe, trainer.token_loss, trainer.head_patterns = recipe, loss, parts.head_patterns
    trainer.dev_metrics = parts.evaluate
    return trainer


def _arguments(recipe: Recipe, n_rows: int, parts: TrainerParts) -> dict[str, Any]:
    """The run's arguments, with the figures that depend on the number of steps counted by windows."""
    n_own_rows = math.ceil(n_rows / int(os.environ.get("WORLD_SIZE", "1")))
    arguments = {**parts.arguments, **step_arguments(recipe, n_own_rows)}
    if "eval_steps" in arguments:
        arguments["eval_steps"] = arguments["save_steps"]
    # Every weight is used in every pass; looking for unused ones forbids several passes a step on several devices.
    arguments["ddp_find_unused_parameters"] = False
    if recipe.optimisation.group_by_length:
        arguments["train_sampling_strategy"] = "group_by_length"
    return arguments


@cache
def _trainer_class() -> type[Any]:
    from transformers import Trainer

    class TokenTrainer(Trainer):  # type: ignore[misc]
        recipe: Recipe
        token_loss: TokenLoss
        head_patterns: tuple[str, ...] = ()
        # `compute_loss` gives the mean over a batch; the trainer divides it by the batches it adds up.
        loss_is_scaled_for_ga = False

        def compute_loss(
            self,
            model: Any,
            inputs: Mapping[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            kept: list[Any] = []
            given = {name: value for name, value in inputs.items() if name not in self.token_loss.targets}

            def run() -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
                output = model(**given)
                kept.append(output)
                return self.token_loss.value(output, inputs), self.token_loss.logits(output, inputs)

            loss = _loss_with_options(run, model, self.recipe)
            return (loss, kept[0]) if return_outputs else loss

        def create_optimizer(self, model: Any = None) -> Any:
            optimizer = super().create_optimizer(model)
            rate = self.recipe.optimisation.head_learning_rate
            if rate is not None:
                _own_rate(optimizer, self.model if model is None else model, self.head_patterns, rate)
            return optimizer

    return TokenTrainer


def _loss_with_options(
    run: Callable[[], tuple[torch.Tensor, Sequence[torch.Tensor]]], model: Any, recipe: Recipe
) -> torch.Tensor:
    import torch

    adversarial, smoothness = recipe.adversarial, recipe.smoothness
    if not torch.is_grad_enabled() or (adversarial is None and smoothness is None):
        return run()[0]
    layer = word_embeddings(model)

    def smooth() -> torch.Tensor:
        if smoothness is None:
            return run()[0]
        return with_smoothness(run, layer, noise=smoothness.noise, weight=smoothness.weight)

    if adversarial is None:
        return smooth()
    return with_adversarial(smooth, layer, epsilon=adversarial.epsilon, weight=adversarial.weight)


def _own_rate(optimizer: Any, model: Any, patterns: Sequence[str], rate: float) -> None:
    """Move the parameters that match into groups of their own, with their own learning rate."""
    chosen = {
        id(parameter)
        for name, parameter in model.named_parameters()
        if any(re.search(pattern, name) for pattern in patterns)
    }
    for group in list(optimizer.param_groups):
        moved = [parameter for parameter in group["params"] if id(parameter) in chosen]
        if moved:
            group["params"] = [parameter for parameter in group["params"] if id(parameter) not in chosen]
            optimizer.add_param_group({"params": moved, "lr": rate, "weight_decay": group["weight_decay"]})


def load_pretrained(folder: Path, head: str, options: Mapping[str, Any]) -> Any:
    """A base model with a new output layer, in fp32, its tokenizer in the attribute `tokenizer`.

    Args:
        folder: of a transformers or sentence-transformers model.
        head: "ForQuestionAnswering" or "ForTokenClassification".
        options: of the configuration, such as `num_labels`.

    Raises:
        ModelError: the folder holds another kind of model, see `check_kind`.
        ModelDamagedError: it cannot be loaded, or its encoder lacks weights.
    """
    import torch
    import transformers

    check_kind(folder, "base")
    place = read_config(folder).transformer_folder
    here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with quiet(), whole_weights(place, to_train=True):
        auto = getattr(transformers, f"AutoModel{head}")
        model = auto.from_pretrained(place, dtype=torch.float32, **here, **options)
        tokenizer = transformers.AutoTokenizer.from_pretrained(place, **here)
    model.tokenizer = tokenizer
    return model


def refuse_options(recipe: Recipe, task: str, *, classes: bool) -> None:
    """Refuse what the recipe asks for and this kind of task does not know.

    Args:
        task: for the message.
        classes: whether class weights and label smoothing mean something here.

    Raises:
        RecipeError: naming the option.
    """
    asked = {
        "distillation": recipe.distillation is not None,
        "loss.matryoshka": bool(recipe.loss.matryoshka),
        "loss.class_weights": not classes and recipe.loss.class_weights is not None,
        "loss.label_smoothing": not classes and recipe.loss.label_smoothing > 0,
        "mixing.strategy": recipe.mixing.strategy != "concatenate" and len(recipe.train) > 1,
    }
    for name, wanted in asked.items():
        if wanted:
            raise RecipeError(f"the task {task} has no use for {name}; leave it out")
