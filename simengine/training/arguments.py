"""From a recipe to the arguments of transformers' trainers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from simengine.runtimes.hardware import has_bf16_matrix_units
from simengine.training.recipe import Optimisation, Recipe
from simengine.training.sampling import length_sampler, temperature_sampler
from simengine.training.tasks.contract import TrainerParts


def common_arguments(
    recipe: Recipe, output: Path, *, n_rows: int, metric: str | None, report_to: tuple[str, ...], device: str
) -> dict[str, Any]:
    """Keyword arguments that all TrainingArguments classes take.

    Args:
        output: where checkpoints go.
        n_rows: training rows of an epoch.
        metric: the dev metric that picks the best checkpoint, or None where there is no dev data.
        report_to: trackers, such as "tensorboard" and "wandb".
        device: "cpu" or "cuda".
    """
    optimisation = recipe.optimisation
    arguments: dict[str, Any] = {
        "output_dir": str(output),
        "num_train_epochs": optimisation.epochs,
        "per_device_train_batch_size": optimisation.batch_size,
        "gradient_accumulation_steps": optimisation.gradient_accumulation,
        "learning_rate": optimisation.learning_rate,
        "weight_decay": optimisation.weight_decay,
        "lr_scheduler_type": optimisation.schedule,
        "max_grad_norm": optimisation.max_grad_norm,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "save_strategy": "steps",
        "save_total_limit": 2,
        "report_to": list(report_to) or "none",
        "disable_tqdm": True,
        "use_cpu": device == "cpu",
        "restore_callback_states_from_checkpoint": True,
        "remove_unused_columns": False,
        **step_arguments(recipe, n_rows),
    }
    if optimisation.gradient_checkpointing:
        arguments["gradient_checkpointing"] = True
    precision = choose_precision(optimisation, device)
    if precision == "bf16":
        arguments["bf16"] = True
    elif precision == "f16":
        arguments["fp16"] = True
    if metric is not None:
        arguments |= {
            "eval_strategy": "steps",
            "eval_steps": arguments["save_steps"],
            "load_best_model_at_end": True,
            "metric_for_best_model": metric,
            "greater_is_better": True,
        }
    return arguments


def step_arguments(recipe: Recipe, n_rows: int) -> dict[str, int]:
    """The arguments that depend on how many steps the run has on one device.

    About: a last short batch of each source may add some steps.
    """
    optimisation = recipe.optimisation
    per_epoch = math.ceil(n_rows / optimisation.batch_size / optimisation.gradient_accumulation)
    steps = max(1, math.ceil(per_epoch * optimisation.epochs))
    return {
        "warmup_steps": math.ceil(optimisation.warmup * steps),
        "logging_steps": max(1, min(50, steps // 20)),
        "save_steps": max(1, math.ceil(steps / recipe.stopping.evaluations)),
    }


def choose_precision(optimisation: Optimisation, device: str) -> str:
    """ "f32", "bf16" or "f16", with "auto" resolved for the device."""
    if optimisation.precision != "auto":
        return optimisation.precision
    return "bf16" if device.startswith("cuda") or has_bf16_matrix_units() else "f32"


def st_arguments(
    arguments_class: Any,
    recipe: Recipe,
    parts: TrainerParts,
    *,
    ddp_find_unused_parameters: bool | None = None,
) -> Any:
    """A sentence-transformers TrainingArguments object with our samplers."""
    arguments = {**parts.arguments, "ddp_find_unused_parameters": ddp_find_unused_parameters}
    arguments.pop("remove_unused_columns", None)
    if recipe.optimisation.group_by_length:
        arguments["batch_sampler"] = length_sampler()
    if recipe.mixing.strategy == "round-robin":
        arguments["multi_dataset_batch_sampler"] = "round_robin"
    elif recipe.mixing.strategy == "temperature":
        arguments["multi_dataset_batch_sampler"] = temperature_sampler(recipe.mixing.temperature)
    if recipe.optimisation.head_learning_rate is not None:
        rate = recipe.optimisation.head_learning_rate
        arguments["learning_rate_mapping"] = dict.fromkeys(parts.head_patterns, rate)
    return arguments_class(**arguments)
