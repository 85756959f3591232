"""Entities in tagged sentences, strict: an entity counts only with its exact tokens and its type.

Figures by nervaluate, which for IOB tags gives those of conlleval: an entity begins at "B-", and at an "I-" that
follows no entity of its type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simengine.errors import UsageError
from simengine.evaluation.result import Result
from simengine.evaluation.units import TaggingUnits, precision_recall_f1
from simengine.extras import optional_module

Tags = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class EntityScores:
    """One type of entity.

    Attributes:
        type: its name.
        precision, recall, f1: 0 where there is nothing to divide by.
        n_right: entities with the right tokens and type.
        n_predicted, n_gold: entities that were predicted, and that there are.
    """

    type: str
    precision: float
    recall: float
    f1: float
    n_right: int
    n_predicted: int
    n_gold: int


@dataclass(frozen=True, slots=True)
class TaggingResult(Result):
    """How well entities were found.

    Attributes:
        n_sentences, n_tokens: what was tagged.
        token_accuracy: share of tokens with the right tag. High even for a model that finds nothing.
        precision, recall, f1: over all entities (micro average).
        macro_f1: mean F1 of the types that occur.
        types: each type of entity, by name.
    """

    n_sentences: int
    n_tokens: int
    token_accuracy: float
    precision: float
    recall: float
    f1: float
    macro_f1: float
    types: tuple[EntityScores, ...]


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """Tokens [start, end) of a sentence and their type."""

    start: int
    end: int
    type: str


def evaluate_tagging(gold: Tags, predicted: Tags) -> TaggingResult:
    """Precision, recall and F1 of entities.

    Args:
        gold, predicted: for each sentence a tag a token: "O", "B-type" or "I-type".

    Raises:
        UsageError: nothing to evaluate, different lengths, or a tag of another form.
        MissingExtraError: nervaluate is not installed.
    """
    evaluator = _evaluator(gold, predicted)
    results = evaluator.evaluate()
    types = tuple(
        _entity_scores(name, results["entities"][name]["strict"]) for name in sorted(results["entities"])
    )
    overall = results["overall"]["strict"]
    pairs = [(g, p) for line in zip(gold, predicted, strict=True) for g, p in zip(*line, strict=True)]
    return TaggingResult(
        n_sentences=len(gold),
        n_tokens=len(pairs),
        token_accuracy=sum(g == p for g, p in pairs) / len(pairs) if pairs else 0.0,
        precision=float(overall.precision),
        recall=float(overall.recall),
        f1=float(overall.f1),
        macro_f1=float(np.mean([scores.f1 for scores in types])) if types else 0.0,
        types=types,
    )


def tagging_units(gold: Tags, predicted: Tags) -> TaggingUnits:
    """The sentences, for intervals and comparisons; arguments and errors as for `evaluate_tagging`."""
    pairs = zip(find_entities(gold), find_entities(predicted), strict=True)
    counts = [(len(set(right) & set(found)), len(found), len(right)) for right, found in pairs]
    return TaggingUnits(np.array(counts, np.int64).reshape(-1, 3))


def find_entities(tags: Tags) -> list[list[Entity]]:
    """The entities of each sentence, in order.

    Raises:
        UsageError: a tag is neither "O" nor "B-type" nor "I-type".
        MissingExtraError: nervaluate is not installed.
    """
    check_tags(tags, "given")
    loader = optional_module("nervaluate.loaders", "evaluate", "entity F1").ListLoader()
    found = loader.load([list(line) for line in tags])
    return [[Entity(e.start, e.end + 1, e.label) for e in line] for line in found]


def _evaluator(gold: Tags, predicted: Tags) -> Any:
    if not len(gold) or len(gold) != len(predicted):
        raise UsageError(f"expected tags for {len(gold)} sentences, at least one, got {len(predicted)}")
    for number, (right, found) in enumerate(zip(gold, predicted, strict=True), 1):
        if len(right) != len(found):
            raise UsageError(f"sentence {number} has {len(right)} tokens and {len(found)} predicted tags")
    check_tags(gold, "gold")
    check_tags(predicted, "predicted")
    nervaluate = optional_module("nervaluate", "evaluate", "entity F1")
    types = sorted({tag[2:] for tags in (gold, predicted) for line in tags for tag in line if tag != "O"})
    lists = [[list(line) for line in tags] for tags in (gold, predicted)]
    return nervaluate.Evaluator(*lists, tags=types, loader="list")


def check_tags(tags: Tags, role: str) -> None:
    """Refuse tags of other schemes, which would be counted wrongly without a word.

    Raises:
        UsageError: a tag is neither "O" nor "B-type" nor "I-type".
    """
    for number, line in enumerate(tags, 1):
        for tag in line:
            if tag != "O" and (tag[:2] not in ("B-", "I-") or len(tag) == 2):
                raise UsageError(
                    f"sentence {number} has the {role} tag {tag!r}; expected O, B-type or I-type (the IOB scheme)"
                )


def _entity_scores(name: str, strict: Any) -> EntityScores:
    right, predicted, gold = int(strict.correct), int(strict.actual), int(strict.possible)
    return EntityScores(name, *precision_recall_f1(right, predicted, gold), right, predicted, gold)
