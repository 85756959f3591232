"""Small recipes over made-up NLI rows, and what runs of them leave."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simengine.training.recipe import Recipe
from simengine.training.recipe_file import recipe_from_dict

WORDS = ("cat", "dog", "bird", "tree", "river", "house", "train", "bread")
LABELS = ("entailment", "neutral", "contradiction")


def nli_rows(n: int, seed: int) -> list[dict[str, object]]:
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        word, other = rng.sample(WORDS, 2)
        label = rng.choice(LABELS)
        said = {
            "entailment": f"There is a {word}.",
            "neutral": f"The {other} is old.",
            "contradiction": f"No {word}.",
        }
        premise = f"A {word} number {rng.randrange(10**6)} is here."
        rows.append({"premise": premise, "hypothesis": said[label], "label": label})
    return rows


def write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def recipe(folder: Path, base: Path, task: str = "nli", **more: Any) -> Recipe:
    values: dict[str, Any] = {
        "task": task,
        "base": str(base),
        "max_tokens": 32,
        "train": [{"path": write(folder / "train.jsonl", nli_rows(96, 1))}],
        "dev": [{"path": write(folder / "dev.jsonl", nli_rows(24, 2))}],
        "optimisation": {"epochs": 2, "batch_size": 8, "learning_rate": 1e-3},
        "stopping": {"evaluations": 4},
    }
    return recipe_from_dict(values | more, "test", folder=folder)


def tensors(model: Path) -> Mapping[str, Any]:
    from safetensors.numpy import load_file

    return load_file(str(model / "model.safetensors"))
