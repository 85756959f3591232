"""Questions that a tiny reader learns from, and runs of it without a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from simengine.corpus.examples import ReadingExample
from simengine.training.arguments import common_arguments
from simengine.training.recipe import (
    DataSource,
    Optimisation,
    Recipe,
    Stopping,
)
from simengine.training.tasks.contract import Part, TrainerParts
from simengine.training.tasks.reader import ReaderTask

PLACES = ["Berlin", "Paris", "Rome", "Madrid", "Vienna", "Oslo"]
NAMES = ["Anna", "Peter", "Mary", "John", "Lisa", "Tom"]


def squad(folder: Path, name: str, *, start: int = 0, n: int = 24) -> Path:
    """Where does somebody live? Every third context does not say so."""
    paragraphs = []
    for number in range(start, start + n):
        person, place = NAMES[number % 6], PLACES[(number * 5 + number // 6) % 6]
        impossible = number % 3 == 2
        context = (
            f"Everybody likes music . {person} {'talks about' if impossible else 'lives in'} {place} today ."
        )
        answers = [] if impossible else [{"text": place, "answer_start": context.index(place)}]
        question = {"id": str(number), "question": f"Where does {person} live ?", "answers": answers}
        paragraphs.append({"context": context, "qas": [question | {"is_impossible": impossible}]})
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"data": [{"title": name, "paragraphs": paragraphs}]}), encoding="utf-8")
    return path


def recipe_of(folder: Path, **changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "task": "reader",
        "train": (DataSource(str(squad(folder, "train")), "train"),),
        "dev": (DataSource(str(squad(folder, "dev", start=100, n=9)), "dev"),),
        "max_tokens": 48,
        "optimisation": Optimisation(epochs=1, batch_size=8, learning_rate=3e-3, precision="f32"),
        "stopping": Stopping(evaluations=2),
    }
    return Recipe(**values | changes)


def run(recipe: Recipe, base: Path, output: Path) -> tuple[ReaderTask, Any, Any]:
    """What a training run does, without its folder."""
    import transformers

    task = ReaderTask(recipe.seed)
    train = [task.read(source) for source in recipe.train]
    dev = [task.read(source) for source in recipe.dev]
    transformers.set_seed(recipe.seed)
    model = task.load_model(recipe, base, ())

    def evaluate() -> dict[str, float]:
        return task.evaluate(recipe, model, dev[0])

    arguments = common_arguments(
        recipe, output, n_rows=24, metric="f1" if dev else None, report_to=(), device="cpu"
    )
    parts = TrainerParts(arguments, [], evaluate if dev else None, (), (r"(^|\.)qa_outputs\.",))
    trainer = task.trainer(recipe, model, train, parts)
    trainer.train()
    return task, model, trainer


def part_of(examples: Sequence[ReadingExample], path: str = "file.json") -> Part[ReadingExample]:
    return Part("part", examples, DataSource(path, "part"))


def example(context: str, answer: str = "", start: int | None = None, **changes: Any) -> ReadingExample:
    answers = ((context.index(answer) if start is None else start, answer),) if answer else ()
    values = {"id": "1", "title": "", "context": context, "question": "Who ?", "answers": answers}
    return ReadingExample(**values | {"impossible": not answer} | changes)


def output_of(n: int = 3, length: int = 7) -> Any:
    import torch

    torch.manual_seed(0)
    return SimpleNamespace(start_logits=torch.randn(n, length), end_logits=torch.randn(n, length))
