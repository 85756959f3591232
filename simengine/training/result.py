"""The result of a training run, and its report."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simengine.models.files import sha256_of_file
from simengine.training.recipe import DataSource, Recipe
from simengine.training.recipe_file import DATA_VARIABLE
from simengine.training.report.environment import machine_facts, package_versions
from simengine.training.report.types import Role, SourceReport, TrainReport
from simengine.training.tasks.contract import Part


@dataclass(frozen=True, slots=True)
class TrainResult:
    """The result of a run.

    Attributes:
        folder: of the run.
        model: folder of the saved model.
        dev: dev source → metric → value, of the saved model.
        history: the trainer's log, in order.
        leakage: the guard's result, plain values.
        n_train: training rows by source, after the guard.
        n_trainable, n_parameters: of the model in training.
        train_s: seconds of training in this process.
        steps: optimiser steps done, including those before a resume.
        best_step: whose weights were kept; 0 without dev data.
    """

    folder: Path
    model: Path
    dev: Mapping[str, Mapping[str, float]]
    history: Sequence[Mapping[str, Any]]
    leakage: Mapping[str, Any]
    n_train: Mapping[str, int]
    n_trainable: int
    n_parameters: int
    train_s: float
    steps: int
    best_step: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        names = self.__slots__
        values = {name: getattr(self, name) for name in names}
        return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The report's content besides the recipe and the result."""

    metric: str
    labels: tuple[str, ...]
    train: Sequence[Part[Any]]
    dev: Sequence[Part[Any]]
    details: Mapping[str, Mapping[str, Any]]
    command: str


def run_report(recipe: Recipe, result: TrainResult, facts: RunFacts) -> TrainReport:
    """The report of a finished run."""
    sources = [_source(part, "train") for part in facts.train] + [_source(part, "dev") for part in facts.dev]
    sources += [_file(source, "held out", 0) for source in recipe.leakage.held_out]
    return TrainReport(
        name=result.folder.name,
        task=recipe.task,
        base=recipe.base,
        recipe=_portable(recipe.to_dict()),
        sources=sources,
        dev=result.dev,
        metric=facts.metric,
        history=result.history,
        leakage=result.leakage or None,
        timings={"train_s": result.train_s},
        versions=package_versions(),
        machine=machine_facts(),
        command=facts.command,
        seed=recipe.seed,
        finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        description=recipe.description,
        details={name: values for name, values in facts.details.items() if values},
        labels=facts.labels,
        max_tokens=recipe.max_tokens,
        n_parameters=result.n_parameters,
        n_trainable=result.n_trainable,
        steps=result.steps,
        best_step=result.best_step,
        licence=recipe.licence,
        limits=recipe.limits,
    )


def _source(part: Part[Any], role: Role) -> SourceReport:
    return _file(part.source, role, len(part.examples), part.n_dropped)


def _file(
    source: DataSource, role: Role, n_rows: int, n_dropped: Mapping[str, int] | None = None
) -> SourceReport:
    return SourceReport(
        name=source.name,
        path=_below_data(source.path),
        sha256=sha256_of_file(Path(source.path)),
        n_rows=n_rows,
        role=role,
        licence=source.licence,
        url=source.url,
        n_dropped=n_dropped or {},
    )


def _portable(value: Any) -> Any:
    """The recipe with portable data paths."""
    if isinstance(value, Mapping):
        return {
            key: _below_data(part) if key == "path" and isinstance(part, str) else _portable(part)
            for key, part in value.items()
        }
    return [_portable(part) for part in value] if isinstance(value, list | tuple) else value


def _below_data(path: str) -> str:
    """A path relative to the folder of the data sets or to the current one, if it is below one of them."""
    for root in (os.environ.get(DATA_VARIABLE), os.curdir):
        if root and Path(path).resolve().is_relative_to(Path(root).resolve()):
            return Path(path).resolve().relative_to(Path(root).resolve()).as_posix()
    return path
