"""A training run from recipe to saved model: guarded against leakage, resumable, reported."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from simengine.errors import UsageError
from simengine.extras import optional_module
from simengine.files import replace_file
from simengine.models.resolve import resolve_model
from simengine.runtimes.hardware import choose_device, choose_threads
from simengine.runtimes.torch_modules import limited_threads, quiet
from simengine.text.checks import parse_own_json
from simengine.training import adapt
from simengine.training.arguments import common_arguments
from simengine.training.guard import guard_against_leakage
from simengine.training.recipe import Recipe
from simengine.training.report.report import write_report
from simengine.training.result import RunFacts, TrainResult, run_report
from simengine.training.tasks import load_task
from simengine.training.tasks.contract import Part, TrainerParts, TrainingTask
from simengine.training.trackers import LOG_FOLDER, check_trackers, keep_logs, log_to
from simengine.training.trainer_parts import ProgressPrinter, last_checkpoint, progress_callback
from simengine.types import finite

RECIPE_NAME, RESULT_NAME = "recipe.json", "result.json"
MODEL_FOLDER, CHECKPOINT_FOLDER = "model", "checkpoints"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run needs to know beside its recipe; none of it changes the model.

    Attributes:
        device: "auto", "cpu" or "cuda".
        threads: processor threads, or None for all that this process may use.
        offline: never contact a hub for the base model.
        report_to: trackers that the trainer reports to, such as "tensorboard" (into the run's folder, logs/) or
            "wandb"; ("all",) for all that are installed.
        resume: continue a run that was stopped.
        overwrite: throw away what an earlier run left.
        keep_checkpoints: do not delete the checkpoints when the model is saved.
        command: the command line, for the report.
    """

    device: str = "auto"
    threads: int | None = None
    offline: bool = False
    report_to: tuple[str, ...] = ()
    resume: bool = False
    overwrite: bool = False
    keep_checkpoints: bool = False
    command: str = ""


def train(
    recipe: Recipe,
    output: Path,
    options: RunOptions | None = None,
    *,
    printer: ProgressPrinter | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> TrainResult:
    """Train a model as a recipe says.

    Args:
        recipe: with its data paths found (see `load_recipe`).
        output: folder of the run: recipe.json, checkpoints/, logs/, model/, result.json.
        options: see `RunOptions`.
        printer: told about steps and dev metrics.
        note: told what a person should know, one line at a time.

    Raises:
        DataError: a data file cannot be used; names file and line.
        LeakageError: training rows stand in dev or test, and the recipe says to refuse.
        UsageError: an option cannot be used with this model, or the output folder holds another run.
    """
    options = options or RunOptions()
    _check_packages()
    options = replace(options, report_to=check_trackers(options.report_to))
    output = output.absolute()
    output.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(output / ".lock"))
    main_process = int(os.environ.get("RANK", "0")) == 0
    try:
        if main_process:
            lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"{output}: another run is training there; wait for its end, or name another folder"
        ) from None
    try:
        if main_process:
            _claim(recipe, output, options)
        return _Run(recipe, output, options, printer, note).go()
    finally:
        lock.release()


def _check_packages() -> None:
    for package in ("datasets", "accelerate", "sklearn", "scipy"):
        optional_module(package, "train", "training")


def _claim(recipe: Recipe, output: Path, options: RunOptions) -> None:
    """Write the recipe into the folder, or find that the folder holds this very run and may be continued.

    A run that ended before its first checkpoint, as on bad data, leaves nothing to keep: its folder is taken.
    """
    path = output / RECIPE_NAME
    wanted = json.loads(json.dumps(recipe.as_dict()))
    for name in (
        MODEL_FOLDER,
        f"{MODEL_FOLDER}.making",
        CHECKPOINT_FOLDER,
        LOG_FOLDER,
        RECIPE_NAME,
        RESULT_NAME,
    ):
        if (output / name).is_symlink():
            raise UsageError(
                f"{output / name}: is a symbolic link, which a training run does not follow; remove it"
            )
    if options.overwrite and path.exists():  # only what a run has written: it writes its recipe first
        for name in (MODEL_FOLDER, CHECKPOINT_FOLDER, LOG_FOLDER):
            shutil.rmtree(output / name, ignore_errors=True)
        for name in (RECIPE_NAME, RESULT_NAME):
            (output / name).unlink(missing_ok=True)
    if not path.exists():
        for name in (MODEL_FOLDER, CHECKPOINT_FOLDER):
            if (output / name).exists():
                raise UsageError(f"{output / name}: is there, and not of a training run; name another folder")
    elif (output / RESULT_NAME).exists() or last_checkpoint(output / CHECKPOINT_FOLDER):
        try:
            found = parse_own_json(path.read_bytes())
            different = sorted(key for key in wanted if found.get(key) != wanted[key])
        except (OSError, ValueError, AttributeError) as error:
            raise UsageError(f"{path}: is not the recipe of a run ({error}); name another folder") from error
        if different:
            raise UsageError(
                f"{output}: holds a run with another recipe (it differs in {', '.join(different)}); "
                "name another folder, or use --overwrite"
            )
        if (output / RESULT_NAME).exists():
            raise UsageError(f"{output}: this run has ended; use --overwrite to do it again")
        if not options.resume:
            raise UsageError(f"{output}: this run was stopped; use --resume to continue it, or --overwrite")
    else:  # at most halves of checkpoints, which may not meet those of another recipe
        shutil.rmtree(output / CHECKPOINT_FOLDER, ignore_errors=True)
    replace_file(path, (json.dumps(wanted, indent=1, ensure_ascii=False) + "\n").encode())


class _Run:
    """One run, step by step."""

    def __init__(
        self,
        recipe: Recipe,
        output: Path,
        options: RunOptions,
        printer: ProgressPrinter | None,
        note: Callable[[str], None],
    ) -> None:
        self._recipe, self._output, self._options = recipe, output, options
        self._printer, self._note = printer or ProgressPrinter(), note
        self._device = choose_device(options.device)

    def go(self) -> TrainResult:
        import transformers

        recipe = self._recipe
        task = load_task(recipe)
        train = [task.read(source) for source in recipe.train]
        dev = [task.read(source) for source in recipe.dev]
        train, leakage = guard_against_leakage(recipe, task, train, dev, self._note)
        transformers.set_seed(recipe.seed)
        with limited_threads(choose_threads(self._options.threads)):
            return self._train(task, train, dev, leakage)

    def _train(
        self,
        task: TrainingTask[Any],
        train: Sequence[Part[Any]],
        dev: Sequence[Part[Any]],
        leakage: Mapping[str, Any],
    ) -> TrainResult:
        from simengine.training.dropout import quicken_dropout

        recipe = self._recipe
        labels = recipe.labels or task.labels(train)
        base = resolve_model(recipe.base, offline=self._options.offline)
        with quiet():  # new output layers are what is wanted here, not worth a warning
            model = task.load_model(recipe, base.path, labels)
        if self._device == "cpu":
            model.to("cpu")
        transformer = task.transformer(model)
        adapt.set_dropout(transformer, recipe.optimisation.dropout, recipe.optimisation.attention_dropout)
        adapt.freeze(transformer, recipe.freezing)
        if recipe.peft is not None:
            adapt.add_peft(transformer, recipe.peft)
        if self._device == "cpu":
            quicken_dropout(model)
        n_trainable, n_parameters = adapt.trainable(model)
        self._note(f"{n_trainable:,} of {n_parameters:,} parameters are trained")

        def evaluate() -> dict[str, float]:
            return dev_average({part.name: task.evaluate(recipe, model, part) for part in dev}, task.metric)

        parts = self._parts(task, transformer, train, labels, evaluate if dev else None)
        trainer = task.trainer(recipe, model, train, parts)
        self._prepare(trainer)
        checkpoints = self._output / CHECKPOINT_FOLDER
        checkpoint = last_checkpoint(checkpoints) if self._options.resume else None
        if checkpoint is not None:
            self._note(f"continuing from {checkpoint.name}")
        began = time.monotonic()
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        train_s = time.monotonic() - began
        adapt.merge_peft(transformer)
        self._details = {part.name: task.details(recipe, model, part) for part in dev}
        dev_metrics = {part.name: task.evaluate(recipe, model, part) for part in dev}
        result = TrainResult(
            folder=self._output,
            model=self._output / MODEL_FOLDER,
            dev=dev_metrics,
            history=list(trainer.state.log_history),
            leakage=leakage,
            n_train={part.name: len(part.examples) for part in train},
            n_trainable=n_trainable,
            n_parameters=n_parameters,
            train_s=train_s,
            steps=trainer.state.global_step,
            best_step=int((trainer.state.best_model_checkpoint or "-0").rsplit("-", 1)[-1]),
        )
        if trainer.is_world_process_zero():
            self._keep(task, model, result)
            report = run_report(
                recipe,
                result,
                RunFacts(task.metric, labels, train, dev, self._details, self._options.command),
            )
            write_report(result.model, report)
        return result

    def _prepare(self, trainer: Any) -> None:
        """Nothing is printed by the trainer itself, and TensorBoard's logs go where they stay."""
        quiet_trainer(trainer)
        logs = self._output / LOG_FOLDER
        if log_to(trainer, logs):
            self._note(f"TensorBoard's logs go to {logs}: tensorboard --logdir {logs}")

    def _parts(
        self,
        task: TrainingTask[Any],
        transformer: Any,
        train: Sequence[Part[Any]],
        labels: tuple[str, ...],
        evaluate: Callable[[], dict[str, float]] | None,
    ) -> TrainerParts:
        from transformers import EarlyStoppingCallback

        recipe = self._recipe
        callbacks = [progress_callback(self._printer)]
        if recipe.stopping.patience and evaluate is not None:
            callbacks.append(EarlyStoppingCallback(recipe.stopping.patience, recipe.stopping.min_gain))
        heads = sorted({name.split(".")[0] for name in adapt.head_names(transformer)})
        return TrainerParts(
            arguments=common_arguments(
                recipe,
                self._output / CHECKPOINT_FOLDER,
                n_rows=sum(len(part.examples) for part in train) // int(os.environ.get("WORLD_SIZE", "1")),
                metric=task.metric if evaluate is not None else None,
                report_to=self._options.report_to,
                device=self._device,
            ),
            callbacks=callbacks,
            evaluate=evaluate,
            labels=labels,
            head_patterns=tuple(rf"(^|\.){re.escape(head)}\." for head in heads),
        )

    def _keep(self, task: TrainingTask[Any], model: Any, result: TrainResult) -> None:
        """The model, then the result: a result without a model cannot be."""
        making = self._output / f"{MODEL_FOLDER}.making"
        shutil.rmtree(making, ignore_errors=True)
        with quiet():
            task.save(model, making)
        shutil.rmtree(result.model, ignore_errors=True)
        making.rename(result.model)
        text = json.dumps(finite(result.as_dict()), indent=1, ensure_ascii=False, allow_nan=False)
        replace_file(self._output / RESULT_NAME, f"{text}\n".encode())
        if not self._options.keep_checkpoints:
            keep_logs(self._output / CHECKPOINT_FOLDER, self._output / LOG_FOLDER)
            shutil.rmtree(self._output / CHECKPOINT_FOLDER, ignore_errors=True)


def quiet_trainer(trainer: Any) -> None:
    """Take out the callback that prints every log record to stdout; progress has its own."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def dev_average(by_source: Mapping[str, Mapping[str, float]], metric: str) -> dict[str, float]:
    """The metric averaged over the sources, under its own name, and every source's metrics as "source/metric"."""
    found = {f"{name}/{key}": value for name, values in by_source.items() for key, value in values.items()}
    found[metric] = sum(values[metric] for values in by_source.values()) / len(by_source)
    return found
