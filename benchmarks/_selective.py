"""How well a confidence says which answers to give: AUROC, risk against coverage, AURC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def auroc(scores: Sequence[float] | npt.NDArray[np.floating], labels: Sequence[bool]) -> float:
    """The probability that a positive one has the higher score; NaN where one class is missing."""
    from sklearn.metrics import roc_auc_score

    truth = np.asarray(labels, bool)
    if truth.all() or not truth.any():
        return float("nan")
    return float(roc_auc_score(truth, np.asarray(scores, np.float64)))


def risk_coverage(scores: Sequence[float], right: Sequence[bool]) -> dict[str, float]:
    """The share of wrong answers among the surest, at several coverages, and the mean over all coverages (AURC).

    Questions of equal confidence are taken in the order of their expected risk: the mean of the tie.

    Reference:
        Geifman and El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017.
    """
    confidence, wrong = np.asarray(scores, np.float64), 1.0 - np.asarray(right, np.float64)
    order = np.argsort(-confidence, kind="stable")
    confidence, wrong = confidence[order], wrong[order]
    _, starts, counts = np.unique(-confidence, return_index=True, return_counts=True)
    means = np.add.reduceat(wrong, starts) / counts
    spread = np.repeat(means, counts)
    risks = np.cumsum(spread) / np.arange(1, len(spread) + 1)
    found = {f"risk@{c:g}": float(risks[max(round(c * len(risks)), 1) - 1]) for c in COVERAGES}
    best = np.cumsum(np.sort(wrong)) / np.arange(1, len(wrong) + 1)
    return {**found, "aurc": float(risks.mean()), "excess_aurc": float(risks.mean() - best.mean())}
