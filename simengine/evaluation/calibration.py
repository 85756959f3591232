"""Whether a probability of 0.8 is right in 8 of 10 cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError
from simengine.evaluation.result import Result

N_BINS = 15


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The predictions whose probability lies in (low, high], in [0, high] for the first bin.

    Attributes:
        low, high: ends of the bin.
        n: predictions in it.
        probability: their mean probability, or None where there are none.
        accuracy: the share of them that is right, or None where there are none.
    """

    low: float
    high: float
    n: int
    probability: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Calibration(Result):
    """How far probabilities are from frequencies.

    Attributes:
        n: predictions.
        expected_calibration_error: mean distance between probability and accuracy of a bin, weighted by its size.
        bins: of equal width.
    """

    n: int
    expected_calibration_error: float
    bins: tuple[CalibrationBin, ...]


def evaluate_calibration(
    probabilities: Sequence[float] | npt.NDArray[np.floating],
    right: Sequence[bool] | npt.NDArray[np.bool_],
    *,
    n_bins: int = N_BINS,
) -> Calibration:
    """The expected calibration error with its bins.

    Args:
        probabilities: (n,), what the model gave its prediction, in [0, 1].
        right: (n,), whether the prediction is right.
        n_bins: bins of equal width.

    Raises:
        UsageError: no predictions, different lengths, or numbers that are no probabilities.

    Reference:
        Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    given = np.asarray(probabilities, np.float64)
    hits = np.asarray(right, np.bool_)
    if not len(given) or given.shape != hits.shape or given.ndim != 1:
        raise UsageError(f"expected as many probabilities as judgements, got {given.shape} and {hits.shape}")
    if not ((given >= 0) & (given <= 1 + 1e-6)).all():
        raise UsageError("probabilities are to lie between 0 and 1; logits need a softmax first")
    if n_bins < 1:
        raise UsageError(f"n_bins is {n_bins}; expected at least 1")
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    places = np.clip(np.searchsorted(edges, given, side="left") - 1, 0, n_bins - 1)
    bins, error = [], 0.0
    for number in range(n_bins):
        inside = places == number
        n = int(inside.sum())
        probability = float(given[inside].mean()) if n else None
        accuracy = float(hits[inside].mean()) if n else None
        if probability is not None and accuracy is not None:
            error += n / len(given) * abs(probability - accuracy)
        low, high = edges[number : number + 2].tolist()
        bins.append(CalibrationBin(low, high, n, probability, accuracy))
    return Calibration(len(given), error, tuple(bins))
