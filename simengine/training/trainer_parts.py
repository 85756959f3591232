"""Shared by all trainers: dev metrics, checkpoints that any PEFT method can be resumed from, progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simengine.errors import ModelDamagedError
from simengine.text.checks import parse_own_json

WEIGHTS_NAME = "weights.safetensors"
STATE_NAME = "trainer_state.json"  # transformers writes it last


def with_dev_metrics(trainer_class: type[Any]) -> type[Any]:
    """A subclass of a transformers Trainer class that evaluates by a function and checkpoints plain weights.

    The stock checkpoints of adapters have what `save_pretrained` keeps, which is not enough to continue some PEFT
    methods, nor losses with their own weights. These have every weight of the model and of the loss.
    """

    class DevTrainer(trainer_class):  # type: ignore[misc]
        dev_metrics: Callable[[], dict[str, float]] | None = None
        control: Any

        def evaluate(
            self,
            eval_dataset: Any = None,
            ignore_keys: list[str] | None = None,
            metric_key_prefix: str = "eval",
        ) -> dict[str, float]:
            """Dev metrics with a prefix, logged and passed to the callbacks as the stock method does."""
            found = self.dev_metrics() if self.dev_metrics is not None else {}
            metrics = {f"{metric_key_prefix}_{name}": value for name, value in found.items()}
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

        def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
            folder = Path(output_dir if output_dir is not None else self.args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            save_weights(self, folder / WEIGHTS_NAME)

        def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
            load_weights(self, Path(resume_from_checkpoint) / WEIGHTS_NAME)

        def _load_best_model(self) -> None:
            load_weights(self, Path(self.state.best_model_checkpoint) / WEIGHTS_NAME)

    return DevTrainer


def _modules(trainer: Any) -> dict[str, Any]:
    """The model, and the losses if they have their own weights."""
    model = getattr(trainer.model, "_orig_mod", trainer.model)
    modules = {"model": model}
    losses = getattr(trainer, "loss", None)
    if losses is not None:
        for name, loss in (losses if isinstance(losses, dict) else {"loss": losses}).items():
            modules[f"loss.{name}"] = loss
    return modules


def save_weights(trainer: Any, path: Path) -> None:
    """Every weight once, under a name that tells its owner."""
    from safetensors.torch import save_file

    seen: set[int] = set()
    tensors = {}
    for owner, module in _modules(trainer).items():
        for name, tensor in module.state_dict().items():
            if tensor.data_ptr() not in seen or tensor.numel() == 0:
                seen.add(tensor.data_ptr())
                tensors[f"{owner}/{name}"] = tensor.detach().cpu().contiguous()
    save_file(tensors, str(path))


def load_weights(trainer: Any, path: Path) -> None:
    """The inverse of `save_weights`.

    Raises:
        ModelDamagedError: the file does not have this run's weights.
    """
    import torch
    from safetensors.torch import load_file

    try:
        tensors = load_file(str(path))
    except Exception as error:  # safetensors raises its own types for every kind of damage
        raise ModelDamagedError(f"{path}: the checkpoint cannot be read: {error}") from error
    with torch.no_grad():
        for owner, module in _modules(trainer).items():
            for name, target in module.state_dict().items():
                source = tensors.pop(f"{owner}/{name}", None)
                if source is None:
                    continue  # a weight shared with an earlier module
                if source.shape != target.shape:
                    raise ModelDamagedError(
                        f"{path}: {owner}/{name} has shape {tuple(source.shape)}, expected {tuple(target.shape)}"
                    )
                target.copy_(source)
    if tensors:
        raise ModelDamagedError(f"{path}: has weights of another model, such as {next(iter(tensors))}")


def last_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint, or None."""
    whole = []
    for path in folder.glob("checkpoint-*"):
        number = path.name.removeprefix("checkpoint-")
        if number.isdigit() and (path / WEIGHTS_NAME).is_file() and (path / STATE_NAME).is_file():
            try:
                parse_own_json((path / STATE_NAME).read_text(encoding="utf-8"))
            except ValueError:
                continue
            whole.append((int(number), path))
    return max(whole)[1] if whole else None


class ProgressPrinter:
    """The receiver of `progress_callback`."""

    def start(self, n_steps: int) -> None:
        """The run has this many steps."""

    def step(self, done: int, loss: float | None, left_s: float) -> None:
        """This many steps are done."""

    def metrics(self, done: int, metrics: dict[str, float]) -> None:
        """A dev evaluation has ended."""


def progress_callback(printer: ProgressPrinter) -> Any:
    """A transformers callback that reports steps, the loss and the time left."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self._began, self._first, self._loss = 0.0, 0, None

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self._began, self._first = time.monotonic(), state.global_step
            if state.is_world_process_zero:
                printer.start(state.max_steps)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            self._loss = (logs or {}).get("loss", self._loss)

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            done = state.global_step - self._first
            speed = done / max(time.monotonic() - self._began, 1e-9)
            left_s = (state.max_steps - state.global_step) / speed if speed else math.inf
            if state.is_world_process_zero:
                printer.step(state.global_step, self._loss, left_s)

        def on_evaluate(
            self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any
        ) -> None:
            if state.is_world_process_zero:
                printer.metrics(state.global_step, dict(metrics or {}))

    return Progress()
