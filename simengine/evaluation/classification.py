"""Natural language inference and any other classification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.evaluation.calibration import Calibration, evaluate_calibration
from simengine.evaluation.result import Result
from simengine.evaluation.units import ClassificationUnits
from simengine.extras import optional_module
from simengine.text.arguments import as_texts
from simengine.types import RowArray

SUM_TOLERANCE = 1e-2


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One class.

    Attributes:
        label: its name.
        precision, recall, f1: 0 where there is nothing to divide by.
        support: items whose gold label it is.
        predicted: items that the model gave this label.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True, slots=True)
class ClassificationResult(Result):
    """How well items were classified.

    Attributes:
        n: items.
        accuracy: share of right labels.
        macro_f1: mean F1 of the classes that occur in gold or predictions.
        weighted_f1: mean F1 of all classes, weighted by support.
        labels: the classes in the order of `classes` and `confusion`.
        classes: each class.
        confusion: rows are gold labels, columns predicted ones.
        calibration: of the predicted label's probability, where probabilities were given.
    """

    n: int
    accuracy: float
    macro_f1: float
    weighted_f1: float
    labels: tuple[str, ...]
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration: Calibration | None = None


def evaluate_classification(
    gold: Sequence[str],
    predicted: Sequence[str],
    *,
    labels: Sequence[str],
    probabilities: npt.NDArray[np.floating] | None = None,
) -> ClassificationResult:
    """Accuracy, F1 and confusion matrix, by scikit-learn.

    Args:
        gold, predicted: n labels each.
        labels: all labels there can be, in the order in which they are to be reported.
        probabilities: (n, n_labels) in the order of `labels`, rows summing to 1; gives the calibration of the
            predicted label's probability.

    Raises:
        UsageError: nothing to evaluate, different lengths, a label that is none of `labels`, or probabilities of
            another shape or that do not sum to 1.
        MissingExtraError: scikit-learn is not installed.
    """
    gold, predicted = as_texts(gold, "gold label"), as_texts(predicted, "predicted label")
    labels = as_texts(labels, "label")
    units = classification_units(gold, predicted, labels=labels)
    metrics = optional_module("sklearn.metrics", "evaluate", "classification metrics")
    numbers = np.arange(len(labels))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        units.gold, units.predicted, labels=numbers, zero_division=0
    )
    confusion = metrics.confusion_matrix(units.gold, units.predicted, labels=numbers)
    classes = tuple(
        ClassScores(
            label,
            float(precision[i]),
            float(recall[i]),
            float(f1[i]),
            int(support[i]),
            int(confusion[:, i].sum()),
        )
        for i, label in enumerate(labels)
    )
    return ClassificationResult(
        n=len(gold),
        accuracy=float(metrics.accuracy_score(units.gold, units.predicted)),
        macro_f1=float(metrics.f1_score(units.gold, units.predicted, average="macro", zero_division=0)),
        weighted_f1=float(metrics.f1_score(units.gold, units.predicted, average="weighted", zero_division=0)),
        labels=tuple(labels),
        classes=classes,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        calibration=None if probabilities is None else _calibration(units, probabilities),
    )


def classification_units(
    gold: Sequence[str], predicted: Sequence[str], *, labels: Sequence[str]
) -> ClassificationUnits:
    """The same, for intervals and comparisons.

    Raises:
        UsageError: see `evaluate_classification`.
    """
    if not len(gold) or len(gold) != len(predicted):
        raise UsageError(f"expected as many predictions as gold labels, got {len(predicted)} and {len(gold)}")
    if len(set(labels)) != len(labels):
        raise UsageError(f"a label occurs twice in {', '.join(labels)}")
    places = {label: number for number, label in enumerate(labels)}
    return ClassificationUnits(
        _numbers(gold, places, "gold"), _numbers(predicted, places, "predicted"), len(labels)
    )


def _numbers(given: Sequence[str], places: dict[str, int], role: str) -> RowArray:
    if unknown := sorted(set(given) - set(places)):
        raise UsageError(
            f"unknown {role} label {', '.join(map(repr, unknown[:5]))}; the labels are {', '.join(places)}"
        )
    return np.array([places[label] for label in given], np.int64)


def _calibration(units: ClassificationUnits, probabilities: npt.NDArray[np.floating]) -> Calibration:
    check_probabilities(probabilities, len(units), units.n_labels)
    chosen = np.clip(probabilities[np.arange(len(units)), units.predicted], 0.0, 1.0)
    return evaluate_calibration(chosen, units.gold == units.predicted)


def check_probabilities(probabilities: npt.NDArray[np.floating], n: int, n_labels: int) -> None:
    """Refuse what is not a distribution for each item.

    Raises:
        UsageError: another shape, numbers below 0, or rows that do not sum to 1.
    """
    if probabilities.shape != (n, n_labels):
        raise UsageError(f"probabilities have the shape {probabilities.shape}; expected {(n, n_labels)}")
    sums = probabilities.sum(axis=1, dtype=np.float64)
    if not (probabilities >= 0).all() or not (np.abs(sums - 1) <= SUM_TOLERANCE).all():
        raise UsageError("a row of the probabilities does not sum to 1; logits need a softmax first")
