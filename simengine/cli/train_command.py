"""simengine train: fine-tune a model by a recipe or by flags."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.options import output_options, together
from simengine.cli.terminal import note, seconds
from simengine.cli.texts import label_fields
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.training.recipe import Recipe

TASKS = ("nli", "similarity", "relevance", "retriever", "reader", "tagger")

_run_options = together(
    click.option(
        "--device", envvar="SIMENGINE_DEVICE", default="auto", show_default=True, help="auto, cpu or cuda."
    ),
    click.option(
        "--threads",
        envvar="SIMENGINE_THREADS",
        type=click.IntRange(1),
        help="Threads in all. [default: all cores]",
    ),
    click.option("--offline", envvar="SIMENGINE_OFFLINE", is_flag=True, help="Never contact a model hub."),
    click.option(
        "--report-to",
        multiple=True,
        help="Tracker, such as tensorboard (into the run's logs/) or wandb.",
    ),
    click.option("--resume", is_flag=True, help="Continue a run that was stopped."),
    click.option("--overwrite", is_flag=True, help="Delete what an earlier run left in the folder."),
    click.option("--keep-checkpoints", is_flag=True, help="Do not delete the checkpoints at the end."),
    output_options,
)


@click.command("train")
@click.option(
    "--recipe",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Recipe: a .toml file, or one that ships: minilm-relevance, minilm-nli(-2), multilingual-nli-1 to -3.",
)
@click.option("--task", type=click.Choice(TASKS), help="Without a recipe: what kind of model to make.")
@click.option("--train", "train_files", multiple=True, help="Training file. Repeatable.")
@click.option("--dev", "dev_files", multiple=True, help="File that picks the best checkpoint. Repeatable.")
@click.option(
    "--fields",
    metavar="A,B[,LABEL]",
    help="Names of the fields of these files that hold the texts, and the label or score. [default: the usual names]",
)
@click.option("-m", "--model", "base", help="Model to start from. [default: all-MiniLM-L6-v2]")
@click.option("--epochs", type=float, help="Passes over the training data. [default: 3]")
@click.option("-b", "--batch-size", type=click.IntRange(1), help="Examples per step. [default: 32]")
@click.option("--learning-rate", type=float, help="Peak of the schedule. [default: 5e-5]")
@click.option("--seed", type=click.IntRange(0), help="Seed of everything that is drawn. [default: 13]")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any key of a recipe, as in freezing.layers=2.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Run folder."
)
@_run_options
def command(
    recipe: Path | None,
    task: str | None,
    train_files: tuple[str, ...],
    dev_files: tuple[str, ...],
    fields: str | None,
    base: str | None,
    epochs: float | None,
    batch_size: int | None,
    learning_rate: float | None,
    seed: int | None,
    settings: tuple[str, ...],
    output: Path,
    device: str,
    threads: int | None,
    offline: bool,
    report_to: tuple[str, ...],
    resume: bool,
    overwrite: bool,
    keep_checkpoints: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Fine-tune a model: a cross-encoder, a retriever, a reader or a tagger.

    \b
    simengine train --task similarity --train sts-train.jsonl --dev sts-dev.jsonl -o runs/sts
    simengine train --recipe recipe.toml -o runs/nli --set optimisation.epochs=1
    """
    overrides: dict[str, Any] = {
        "base": base,
        "optimisation.epochs": epochs,
        "optimisation.batch_size": batch_size,
        "optimisation.learning_rate": learning_rate,
        "seed": seed,
        "train": [_source(path, fields) for path in train_files] or None,
        "dev": [_source(path, fields) for path in dev_files] or None,
    }
    overrides = {key: value for key, value in overrides.items() if value is not None}
    what = _recipe(recipe, task, overrides | dict(_setting(setting) for setting in settings))
    from simengine.cli.train_progress import train_progress
    from simengine.training.run import RunOptions, train

    options = RunOptions(
        device=device,
        threads=threads,
        offline=offline,
        report_to=report_to,
        resume=resume,
        overwrite=overwrite,
        keep_checkpoints=keep_checkpoints,
        command=" ".join(["simengine", *sys.argv[1:]]),
    )
    try:
        with train_progress(hidden=quiet or no_progress) as printer:
            result = train(what, output, options, printer=printer, note=lambda line: note(line, quiet=quiet))
    except KeyboardInterrupt:
        note(_stopped(output))
        raise click.exceptions.Exit(130) from None
    for name, metrics in result.dev.items():
        click.echo(f"{name}\t" + "\t".join(f"{key} {value:.4f}" for key, value in metrics.items()))
    note(f"{result.steps:,} steps in {seconds(result.train_s)}; the model is in {result.model}", quiet=quiet)


def _source(path: str, fields: str | None) -> dict[str, Any]:
    """A file of examples as a recipe has it."""
    return {"path": path} | ({"fields": list(label_fields(fields) or ())} if fields is not None else {})


def _recipe(path: Path | None, task: str | None, overrides: dict[str, Any]) -> Recipe:
    from simengine.training.recipe_file import load_recipe, recipe_from_dict

    if path is not None and task is None:
        return load_recipe(path, overrides)
    if task is None or path is not None:
        raise UsageError("give either --recipe FILE or --task NAME")
    if "train" not in overrides:
        raise UsageError("--task needs at least one --train FILE")
    return recipe_from_dict({"task": task}, "the command line", overrides=overrides)


def _stopped(output: Path) -> str:
    """What is left of an interrupted run, and how to go on."""
    from simengine.training.run import CHECKPOINT_FOLDER
    from simengine.training.trainer_parts import last_checkpoint

    kept = last_checkpoint(output / CHECKPOINT_FOLDER)
    if kept is None:
        return f"\nStopped before the first checkpoint; the same command starts {output} again."
    return f"\nStopped. {kept.name} in {output} is whole; the same command with --resume goes on from there."


def _setting(text: str) -> tuple[str, Any]:
    """ "a.b=VALUE" with VALUE as TOML, or as a string where it is none."""
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise UsageError(f"--set {text!r}: expected KEY=VALUE, as in freezing.layers=2")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value
