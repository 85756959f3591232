"""The parameters of a calibration, found on labelled scores. Needs scikit-learn (and scipy, which comes with it)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.calibration.curves import Floats, log_softmax
from simengine.extras import optional_module

Labels = npt.NDArray[np.int64]

N_FOLDS = 5
LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.02, 50.0
MOST_KNOTS = 512  # of an isotonic fit; more would store the data, not what was learned from it


def soft_targets(labels: Labels, n_classes: int) -> Floats:
    """(n, n_classes): what a label is worth as evidence, so that separable data give finite parameters.

    A class seen m times gets (m + 1) / (m + 2) where it is the label; the rest is spread over the other classes.

    Reference:
        Platt, Probabilistic Outputs for Support Vector Machines, 1999, section 2.2.
    """
    counts = np.bincount(labels, minlength=n_classes)
    sure = (counts + 1.0) / (counts + 2.0)
    targets = np.repeat(((1.0 - sure[labels]) / (n_classes - 1))[:, None], n_classes, axis=1)
    targets[np.arange(len(labels)), labels] = sure[labels]
    return targets


def fit_temperature(logits: Floats, labels: Labels) -> float:
    """The temperature that logits are to be divided by.

    Args:
        logits: (n, k), any numbers of which the softmax are the model's probabilities.
        labels: (n,), in 0 .. k - 1.

    Reference:
        Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    optimize = optional_module("scipy.optimize", "judge", "fitting a temperature")
    targets = soft_targets(labels, logits.shape[1])

    def loss(log_temperature: float) -> float:
        return float(-(targets * log_softmax(logits / np.exp(log_temperature))).sum(axis=1).mean())

    bounds = (np.log(LEAST_TEMPERATURE), np.log(MOST_TEMPERATURE))
    found = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def fit_platt(scores: Floats, labels: Labels) -> tuple[float, float]:
    """Slope and intercept of the log-odds: the unpenalised logistic regression on Platt's targets."""
    linear = optional_module("sklearn.linear_model", "judge", "fitting Platt's calibration")
    middle, width = float(scores.mean()), float(scores.std())
    column = ((scores - middle) / width)[:, None]
    targets = soft_targets(labels, 2)
    # A soft target is two examples of one score, one of either label, weighted.
    model = linear.LogisticRegression(C=1e12, tol=1e-10, max_iter=1_000)
    model.fit(
        np.concatenate([column, column]),
        np.repeat([1, 0], len(scores)),
        sample_weight=np.concatenate([targets[:, 1], targets[:, 0]]),
    )
    slope = float(model.coef_[0, 0]) / width
    return slope, float(model.intercept_[0]) - slope * middle


def fit_isotonic(scores: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """Knots (scores, probabilities), both rising, between which probabilities are interpolated.

    No probability is further out than one more pair of the other label at that end would allow.

    Reference:
        Zadrozny and Elkan, Transforming Classifier Scores into Accurate Multiclass Probability Estimates, KDD 2002.
    """
    isotonic = optional_module("sklearn.isotonic", "judge", "fitting an isotonic calibration")
    least = 1.0 / (len(scores) + 2.0)
    model = isotonic.IsotonicRegression(y_min=least, y_max=1.0 - least, out_of_bounds="clip")
    model.fit(scores, labels)
    knots = np.asarray(model.X_thresholds_, np.float64)
    values = np.asarray(model.y_thresholds_, np.float64)
    if len(knots) > MOST_KNOTS:
        chosen = np.unique(np.linspace(0, len(knots) - 1, MOST_KNOTS).round().astype(int))
        knots, values = knots[chosen], values[chosen]
    return knots, values


def folds(labels: Labels, groups: npt.NDArray[Any] | None, seed: int) -> Iterator[tuple[Labels, Labels]]:
    """N_FOLDS times the rows to fit on and the rows to judge, with the labels' shares kept.

    Args:
        labels: (n,).
        groups: (n,), rows of one group (the pairs of one question) are never divided; None for no groups.
        seed: of the shuffle.
    """
    selection = optional_module("sklearn.model_selection", "judge", "judging a calibration")
    kind = selection.StratifiedKFold if groups is None else selection.StratifiedGroupKFold
    divider = kind(N_FOLDS, shuffle=True, random_state=seed)
    for fitted, judged in divider.split(np.zeros(len(labels)), labels, groups):
        yield np.asarray(fitted, np.int64), np.asarray(judged, np.int64)
