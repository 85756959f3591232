"""The report of a training run, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias, cast

from simengine.types import Json, finite

Role: TypeAlias = Literal["train", "dev", "test", "held out"]


@dataclass(frozen=True, slots=True)
class SourceReport:
    """A file that the run read.

    Attributes:
        name: unique within the run and its role.
        path: as the recipe has it.
        sha256: of the file.
        n_rows: examples used.
        role: its use.
        licence: as stated by its publisher; "" if none is stated.
        url: where it came from; "" if unknown.
        n_dropped: rows left out, by reason.
    """

    name: str
    path: str
    sha256: str
    n_rows: int
    role: Role = "train"
    licence: str = ""
    url: str = ""
    n_dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainReport:
    """A training run and its model.

    Attributes:
        name: of the model.
        task: "nli", "similarity", "relevance", "retriever", "reader" or "tagger".
        base: the model that it started from, as the recipe has it.
        recipe: the whole recipe, plain values.
        sources: the files it read.
        dev: set name to metric to value, of the saved model, on sets that the checkpoint was chosen on.
        metric: the dev metric that chose it.
        history: the trainer's log, in order.
        leakage: the leakage guard's report, or None if nothing was compared.
        timings: seconds by stage; "train_s" is the training itself.
        versions: package to version.
        machine: where it ran.
        command: the command line that reproduces the model.
        seed: of all sampling.
        finished: ISO 8601 with zone.
        description: one line on what the model is for.
        test: as `dev`, on sets that were not used in the run.
        details: set name to the whole result of an evaluation, as its `to_dict` gives it.
        labels: of the model, in its order; () if it has none.
        max_tokens: of an input, special tokens included.
        n_parameters, n_trainable: of the model in training.
        steps, best_step: optimiser steps done, and the one whose weights were kept.
        limits: sentences on what the model cannot do.
        languages: of the training and evaluation data, as ISO 639 codes; () if they are not known.
        licence: of the model's weights; "" states none.
    """

    name: str
    task: str
    base: str
    recipe: Mapping[str, Any]
    sources: Sequence[SourceReport]
    dev: Mapping[str, Mapping[str, float]]
    metric: str
    history: Sequence[Mapping[str, Any]]
    leakage: Mapping[str, Any] | None
    timings: Mapping[str, float]
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    command: str
    seed: int
    finished: str
    description: str = ""
    test: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    max_tokens: int = 0
    n_parameters: int = 0
    n_trainable: int = 0
    steps: int = 0
    best_step: int = 0
    limits: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licence: str = ""

    def to_dict(self) -> dict[str, Json]:
        """As JSON: tuples become lists, NaN and infinities null."""
        return cast("dict[str, Json]", finite(asdict(self)))
