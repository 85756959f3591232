"""Turns a model's scores into probabilities: that a passage answers, that a verdict is true, that two texts match."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.calibration import fitting
from simengine.calibration.curves import (
    KINDS,
    SCALES,
    Floats,
    as_numbers,
    as_probabilities,
    check_parameters,
    checked_scores,
    linear,
    probabilities_of,
)
from simengine.calibration.fitting import Labels
from simengine.calibration.measures import calibration_error, log_loss, threshold_for_precision
from simengine.errors import UsageError
from simengine.evaluation.units import varies
from simengine.types import FloatMatrix, Json

MIN_PAIRS: Mapping[str, int] = {"temperature": 20, "platt": 30, "isotonic": 100}
MIN_PER_CLASS = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """Maps the scores of one model for one task to probabilities.

    Attributes:
        kind: "temperature", "platt" or "isotonic".
        model: the fingerprint's digest of the model whose scores these are.
        task: what the scores measure, such as "relevance", "nli", "answer", "cosine".
        scale: of the scores: "probability" in [0, 1], "logit" (any number, 0 for one half), "other" (any number).
        parameters: {"temperature"} and, of several classes, {"classes"}; {"slope", "intercept"}; {"scores",
            "probabilities"}, the knots.
        n: labelled pairs that it was fitted on.
        fitted_on: what these pairs are, human-readable.
        date: of the fit, YYYY-MM-DD.
        ece_before: expected calibration error of the raw scores, None if they are not probabilities.
        ece_after: the same of calibrated scores of held-out pairs (5 folds).
        base_rate: share of the pairs with label 1; of several classes the largest share. A calibration is less
            reliable for pairs of which many more or many fewer are positive.
        thresholds: from a precision such as "0.9" to the lowest probability that reaches it, None if none does.
    """

    kind: str
    model: str
    task: str
    scale: str
    parameters: Mapping[str, Json]
    n: int
    fitted_on: str
    date: str
    ece_before: float | None
    ece_after: float
    base_rate: float
    thresholds: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def n_classes(self) -> int | None:
        """Columns that `apply` expects, None for scores of shape (n,)."""
        classes = self.parameters.get("classes")
        return None if classes is None else int(str(classes))

    def apply(self, scores: npt.ArrayLike) -> FloatMatrix:
        """Probabilities for scores.

        Args:
            scores: (n,) on the scale that it was fitted for; for a temperature of several classes (n, k)
                probabilities or logits.

        Returns:
            (n,) float32 in [0, 1], ascending with the scores; (n, k) float32 with rows summing to 1.

        Raises:
            UsageError: wrong shape or scale, or a score is not a number.
        """
        given = checked_scores(scores, self.scale, self.n_classes)
        return probabilities_of(self.kind, self.parameters, given, self.scale).astype(np.float32)

    def to_dict(self) -> dict[str, Json]:
        """As JSON, read by `from_dict`."""
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Calibration:
        """The inverse of `to_dict`.

        Raises:
            UsageError: a key is missing or unknown, or a value is invalid.
        """
        if not isinstance(table, Mapping):
            raise UsageError(f"a calibration is an object; got {type(table).__name__}")
        names = set(cls.__dataclass_fields__)
        if wrong := sorted(set(table) ^ names):
            raise UsageError(
                f"a calibration has the keys {', '.join(sorted(names))}; missing or unknown: {', '.join(wrong)}"
            )
        found = cls(**table)
        try:
            check_parameters(found.kind, found.parameters, found.scale)
        except (TypeError, ValueError, KeyError) as error:
            raise UsageError(f"the parameters of a stored calibration cannot be used: {error}") from error
        return found


@dataclass(frozen=True, slots=True)
class FittedCalibration:
    """A calibration and its out-of-fold probabilities.

    Attributes:
        calibration: fitted on all pairs.
        out_of_fold: (n,) or (n, k) float32, each pair's probability by a fit on the folds without it.
    """

    calibration: Calibration
    out_of_fold: FloatMatrix


def fit_calibration(
    scores: npt.ArrayLike,
    labels: Sequence[int] | npt.NDArray[Any],
    *,
    model: str,
    task: str,
    kind: str = "platt",
    scale: str = "probability",
    groups: Sequence[Any] | None = None,
    fitted_on: str = "",
    precisions: Sequence[float] = (),
    confidence: float | None = None,
    seed: int = 0,
) -> Calibration:
    """As `fit_calibration_counted`, but only the calibration."""
    return fit_calibration_counted(
        scores,
        labels,
        model=model,
        task=task,
        kind=kind,
        scale=scale,
        groups=groups,
        fitted_on=fitted_on,
        precisions=precisions,
        confidence=confidence,
        seed=seed,
    ).calibration


def fit_calibration_counted(
    scores: npt.ArrayLike,
    labels: Sequence[int] | npt.NDArray[Any],
    *,
    model: str,
    task: str,
    kind: str = "platt",
    scale: str = "probability",
    groups: Sequence[Any] | None = None,
    fitted_on: str = "",
    precisions: Sequence[float] = (),
    confidence: float | None = None,
    seed: int = 0,
) -> FittedCalibration:
    """Fit a calibration on labelled pairs, and evaluate it on held-out pairs.

    Args:
        scores: (n,), higher for label 1; or (n, k), a row for each pair with a number for each class.
        labels: (n,), 0 or 1 (False or True); or 0 to k - 1.
        model: the fingerprint's digest of the model that gave the scores.
        task: see `Calibration`.
        kind: "temperature" (one number; the order of classes stays; the only one for several classes), "platt" (two
            numbers; moves the base rate too), "isotonic" (any monotone function; wants a thousand pairs), or "auto":
            the one with the lowest log loss on held-out pairs.
        scale: see `Calibration`.
        groups: (n,), pairs with equal values (those of one question) stay in one fold.
        fitted_on: what the pairs are, human-readable.
        precisions: for which `Calibration.thresholds` are computed.
        confidence: see `threshold_for_precision`.
        seed: of the folds.

    Raises:
        UsageError: too few pairs, labels of one class only, scores all equal, not finite, not of this scale, or lower
            for label 1 than for label 0.
        MissingExtraError: scikit-learn is not installed.
    """
    if scale not in SCALES:
        raise UsageError(f"scale is {scale!r}; expected one of {', '.join(SCALES)}")
    given = as_numbers(scores)
    given = checked_scores(given, scale, given.shape[1] if given.ndim == 2 else None)
    kinds = _possible_kinds(kind, given, scale)
    wanted = _checked_labels(labels, given, kinds[0])
    together = None if groups is None else _checked_groups(groups, len(given))
    left_out = {each: _out_of_fold(each, given, wanted, together, scale, seed) for each in kinds}
    best = min(
        kinds, key=lambda each: log_loss(left_out[each], wanted)
    )  # of equals the first, which is the simplest
    probabilities = left_out[best]
    counts = np.bincount(wanted)
    calibration = Calibration(
        kind=best,
        model=model,
        task=task,
        scale=scale,
        parameters=_fit(best, given, wanted, scale),
        n=len(given),
        fitted_on=fitted_on,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        ece_before=None if scale == "other" else calibration_error(as_probabilities(given, scale), wanted),
        ece_after=calibration_error(probabilities, wanted),
        base_rate=float((counts[1] if given.ndim == 1 else counts.max()) / len(wanted)),
    )
    if float(str(calibration.parameters.get("slope", 1.0))) <= 0.0:
        raise UsageError(
            "pairs with label 1 have lower scores than pairs with label 0: are the labels inverted? "
            "Expected 1 for pairs that match"
        )
    if precisions and given.ndim == 2:
        raise UsageError(
            "thresholds by precision are for scores of one class; the scores have several columns"
        )
    found = {
        f"{p:g}": threshold_for_precision(probabilities, wanted, p, confidence=confidence) for p in precisions
    }
    return FittedCalibration(replace(calibration, thresholds=found), probabilities)


def _possible_kinds(kind: str, scores: Floats, scale: str) -> tuple[str, ...]:
    if kind not in (*KINDS, "auto"):
        raise UsageError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}, auto")
    if scores.ndim == 2:
        if kind not in ("temperature", "auto") or scale == "other":
            raise UsageError(
                f"scores of several classes take kind 'temperature' and scale 'probability' or 'logit', not {kind!r} "
                f"and {scale!r}"
            )
        return ("temperature",)
    if kind == "temperature" and scale == "other":
        raise UsageError("a temperature needs probabilities or logits; take kind 'platt' or 'isotonic'")
    if kind != "auto":
        return (kind,)
    return tuple(
        each
        for each in KINDS
        if not (each == "temperature" and scale == "other")
        and (len(scores) >= MIN_PAIRS[each] or each == "platt")
    )


def _checked_labels(labels: Sequence[int] | npt.NDArray[Any], scores: Floats, kind: str) -> Labels:
    n_classes = 2 if scores.ndim == 1 else scores.shape[1]
    given = np.asarray(labels)
    if given.shape != (len(scores),):
        raise UsageError(
            f"expected a label for each score: {len(scores)} scores, labels of shape {given.shape}"
        )
    if len(scores) < MIN_PAIRS[kind]:
        raise UsageError(
            f"labelled pairs: {len(scores)}, too few for kind {kind!r}; give at least {MIN_PAIRS[kind]}"
        )
    if not np.isin(given, np.arange(n_classes)).all():
        raise UsageError(
            f"labels are {', '.join(map(str, np.unique(given)[:5]))}; expected integers from 0 to {n_classes - 1}"
        )
    whole = given.astype(np.int64)
    counts = np.bincount(whole, minlength=n_classes)
    if counts.min() < MIN_PER_CLASS:
        raise UsageError(
            "each label is needed at least "
            f"{MIN_PER_CLASS} times; there are {', '.join(f'{n} of label {k}' for k, n in enumerate(counts))}"
        )
    if not any(map(varies, np.asarray(scores, np.float64).reshape(len(scores), -1).T)):
        raise UsageError(f"all scores are {scores[0]}: they carry no information about the labels")
    return whole


def _checked_groups(groups: Sequence[Any], n: int) -> npt.NDArray[np.int64]:
    if len(groups) != n:
        raise UsageError(f"expected a group for each score: {n} scores, {len(groups)} groups")
    numbers: dict[Any, int] = {}
    found = np.asarray([numbers.setdefault(group, len(numbers)) for group in groups], np.int64)
    if len(numbers) < fitting.N_FOLDS:
        raise UsageError(
            f"the pairs belong to {len(numbers)} groups; at least {fitting.N_FOLDS} are needed to evaluate the fit"
        )
    return found


def _out_of_fold(
    kind: str, scores: Floats, labels: Labels, groups: npt.NDArray[np.int64] | None, scale: str, seed: int
) -> FloatMatrix:
    result = np.empty(scores.shape, np.float32)
    for fitted, judged in fitting.folds(labels, groups, seed):
        parameters = _fit(kind, scores[fitted], labels[fitted], scale)
        result[judged] = probabilities_of(kind, parameters, scores[judged], scale)
    return result


def _fit(kind: str, scores: Floats, labels: Labels, scale: str) -> dict[str, Json]:
    values = linear(scores, scale)
    if kind == "temperature":
        logits = values if values.ndim == 2 else np.stack([np.zeros_like(values), values], axis=1)
        classes: dict[str, Json] = {"classes": values.shape[1]} if values.ndim == 2 else {}
        return {"temperature": fitting.fit_temperature(logits, labels), **classes}
    if kind == "platt":
        slope, intercept = fitting.fit_platt(values, labels)
        return {"slope": slope, "intercept": intercept}
    knots, probabilities = fitting.fit_isotonic(scores, labels)
    return {"scores": knots.tolist(), "probabilities": probabilities.tolist()}
