"""The leakage guard as a step of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from simengine.errors import DataError
from simengine.training.leakage import LeakageOptions, guard_examples
from simengine.training.recipe import Recipe
from simengine.training.tasks.contract import Part, TrainingTask


def guard_against_leakage(
    recipe: Recipe,
    task: TrainingTask[Any],
    train: Sequence[Part[Any]],
    dev: Sequence[Part[Any]],
    note: Callable[[str], None],
) -> tuple[list[Part[Any]], Mapping[str, Any]]:
    """Compare training rows with dev and the recipe's held-out files, and apply `leakage.action`.

    Returns:
        The usable training parts, and the report as plain values.

    Raises:
        LeakageError: rows leak and the recipe's action is to refuse.
        DataError: dropping leaves nothing of a source.
    """
    held_out = {part.name: part.examples for part in dev}
    for source in recipe.leakage.held_out:
        held_out[source.name] = task.read(source).examples
    if not held_out:
        return list(train), {}
    embeddings = recipe.leakage.embeddings
    options = LeakageOptions(
        action=recipe.leakage.action,
        kinds=("exact", "normalised", "embedding") if embeddings else ("exact", "normalised"),
        cosine=recipe.leakage.cosine,
        symmetric=recipe.task in ("similarity", "retriever"),
    )
    encoder = None
    if embeddings:
        from simengine.encoders.load import load_encoder

        encoder = load_encoder(offline=True)
    rows = [example for part in train for example in part.examples]
    kept, report = guard_examples(rows, held_out, options, encoder=encoder)
    for line in report.lines():
        note(line)
    if len(kept) == len(rows):
        return list(train), report.to_dict()
    leaked = set(report.leaked_rows.tolist())
    parts, first = [], 0
    for part in train:
        left = [example for row, example in enumerate(part.examples, first) if row not in leaked]
        first += len(part.examples)
        if not left:
            raise DataError("every row also appears in dev or held-out data", part.source.path)
        if len(left) < len(part.examples):
            note(f"{part.name}: {len(part.examples) - len(left):,} leaking rows left out")
        parts.append(replace(part, examples=left))
    return parts, report.to_dict()
