"""Measures of probabilities, and thresholds for a precision."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.calibration.curves import LEAST, Floats, checked_scores
from simengine.errors import UsageError
from simengine.evaluation.calibration import evaluate_calibration


def threshold_for_precision(
    probabilities: npt.ArrayLike,
    labels: Sequence[int] | npt.NDArray[Any],
    precision: float,
    *,
    confidence: float | None = None,
) -> float | None:
    """The lowest threshold at which the pairs with probability >= threshold have a precision.

    Args:
        probabilities: (n,), or other scores, higher for label 1.
        labels: (n,), 0 or 1.
        precision: in (0, 1], the required share of label 1 among the pairs at or above the threshold.
        confidence: in (0.5, 1): the lower end of the one-sided Wilson interval of that share must reach
            `precision`, not the share itself; for thresholds from few pairs.

    Returns:
        One of the probabilities, or None if no threshold reaches it.

    Raises:
        UsageError: nothing given, lengths that differ, or a number out of range.

    Reference:
        Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927.
    """
    given = checked_scores(probabilities, "other", None)
    right = np.asarray(labels)
    if not len(given) or right.shape != given.shape or not np.isin(right, (0, 1)).all():
        raise UsageError(
            f"expected as many labels (0 or 1) as probabilities, at least one; got {given.shape} and {right.shape}"
        )
    if not 0.0 < precision <= 1.0:
        raise UsageError(f"precision is {precision}; expected a share above 0, at most 1")
    order = np.argsort(-given, kind="stable")
    hits, kept = np.cumsum(right[order] == 1), np.arange(1, len(given) + 1)
    last = np.append(given[order][1:] != given[order][:-1], True)  # equal probabilities are taken together
    reached = hits / kept if confidence is None else wilson_lower(hits, kept, confidence)
    good = np.flatnonzero(last & (reached >= precision))
    return float(given[order][good[-1]]) if len(good) else None


def wilson_lower(hits: npt.ArrayLike, n: npt.ArrayLike, confidence: float) -> Floats:
    """The lower end of the one-sided Wilson interval for a share.

    Args:
        hits: successes, any shape.
        n: trials, the same shape, at least 1.
        confidence: in (0.5, 1).

    Raises:
        UsageError: `confidence` is out of range.
    """
    if not 0.5 < confidence < 1.0:
        raise UsageError(f"confidence is {confidence}; expected a number between 0.5 and 1, such as 0.95")
    z = NormalDist().inv_cdf(confidence)
    trials = np.asarray(n, np.float64)
    share = np.asarray(hits, np.float64) / trials
    spread = z * np.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials))
    result: Floats = (share + z * z / (2.0 * trials) - spread) / (1.0 + z * z / trials)
    return result


def calibration_error(probabilities: npt.ArrayLike, labels: npt.NDArray[Any]) -> float:
    """Expected calibration error: of label 1 for shape (n,), of the most probable class for (n, k)."""
    return evaluate_calibration(*top_label(probabilities, labels)).expected_calibration_error


def top_label(probabilities: npt.ArrayLike, labels: npt.NDArray[Any]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Input for `evaluate_calibration`: for (n, k) the greatest probability and whether that class is right.

    Args:
        probabilities: (n,) of label 1, or (n, k).
        labels: (n,).
    """
    given = np.asarray(probabilities, np.float64)
    if given.ndim == 1:
        return given, np.asarray(labels) == 1
    return given.max(axis=1), given.argmax(axis=1) == labels


def log_loss(probabilities: npt.ArrayLike, labels: npt.NDArray[Any]) -> float:
    """The mean negative natural logarithm of the probability that the label was given."""
    given = np.asarray(probabilities, np.float64)
    if given.ndim == 1:
        given = np.stack([1.0 - given, given], axis=1)
    return float(-np.log(np.clip(given[np.arange(len(given)), labels], LEAST, 1.0)).mean())
