"""The functions from scores to probabilities. Needs only numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.errors import UsageError

Floats = npt.NDArray[np.float64]

KINDS = ("temperature", "platt", "isotonic")
SCALES = ("probability", "logit", "other")
LEAST = 1e-7  # probabilities are kept this far from 0 and 1, where float32 has rounded them to 0 or 1


def as_numbers(scores: npt.ArrayLike) -> Floats:
    """Scores as float64, of any shape.

    Raises:
        UsageError: they are not numbers.
    """
    try:
        return np.asarray(scores, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"scores must be numbers: {error}") from error


def checked_scores(scores: npt.ArrayLike, scale: str, n_classes: int | None) -> Floats:
    """Scores as float64.

    Args:
        scores: (n,) if `n_classes` is None, else (n, n_classes).
        scale: one of SCALES.
        n_classes: columns, or None.

    Raises:
        UsageError: wrong shape, not numbers, or not on this scale.
    """
    given = as_numbers(scores)
    if given.ndim != (1 if n_classes is None else 2) or (
        n_classes is not None and given.shape[1] != n_classes
    ):
        shape = "(n,)" if n_classes is None else f"(n, {n_classes})"
        raise UsageError(f"scores have the shape {given.shape}; expected {shape}")
    if not np.isfinite(given).all():
        bad = int(np.flatnonzero(~np.isfinite(given).reshape(len(given), -1).all(axis=1))[0])
        raise UsageError(f"score {bad} is {given[bad]}; expected finite numbers")
    if scale == "probability" and len(given):
        low, high = given.min(), given.max()
        if low < -1e-6 or high > 1.0 + 1e-6:
            raise UsageError(
                f"scores range from {low:.4g} to {high:.4g}; probabilities are between 0 and 1 (scale 'logit' or "
                "'other' accepts any numbers)"
            )
        if n_classes is not None and np.abs(given.sum(axis=1) - 1.0).max() > 1e-3:
            raise UsageError(
                "probabilities of several classes must sum to 1 in each row (not so on the scale 'logit')"
            )
    return given


def probabilities_of(kind: str, parameters: Mapping[str, Any], scores: Floats, scale: str) -> Floats:
    """Calibrated probabilities for checked scores, of the same shape."""
    if kind == "isotonic":
        knots, heights = (np.asarray(parameters[name], np.float64) for name in ("scores", "probabilities"))
        return np.asarray(np.interp(scores, knots, heights), np.float64)
    values = linear(scores, scale)
    if kind == "platt":
        return _activated(float(parameters["slope"]) * values + float(parameters["intercept"]))
    return _activated(values / float(parameters["temperature"]))


def linear(scores: Floats, scale: str) -> Floats:
    """Numbers on which a slope and an intercept make sense: log-odds (log-probabilities of classes), or as given."""
    if scale != "probability":
        return scores
    if scores.ndim == 2:
        return np.log(np.clip(scores, LEAST, 1.0))
    inside = np.clip(scores, LEAST, 1.0 - LEAST)
    return np.log(inside) - np.log1p(-inside)


def as_probabilities(scores: Floats, scale: str) -> Floats:
    """The uncalibrated probabilities of scores on the scale "probability" or "logit"."""
    return np.clip(scores, 0.0, 1.0) if scale == "probability" else _activated(scores)


def log_softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def check_parameters(kind: str, parameters: Mapping[str, Any], scale: str) -> None:
    """Raise ValueError, TypeError or KeyError unless `probabilities_of` can use them."""
    if kind not in KINDS or scale not in SCALES:
        raise ValueError(f"kind {kind!r}, scale {scale!r}")
    if not _CHECKS[kind](parameters):
        raise ValueError(f"{dict(parameters)}")


def _activated(values: Floats) -> Floats:
    """Sigmoid for (n,), softmax for (n, k); neither overflows, and the sigmoid is never quite 0 or 1."""
    if values.ndim > 1:
        return np.asarray(np.exp(log_softmax(values)), np.float64)
    return np.clip(np.exp(-np.logaddexp(0.0, -values)), LEAST, 1.0 - LEAST)


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "temperature": lambda p: 0.0 < float(p["temperature"]) < np.inf and int(p.get("classes", 2)) > 1,
    "platt": lambda p: float(p["slope"]) > 0.0 and np.isfinite(float(p["intercept"])),
    "isotonic": lambda p: (
        len(p["scores"]) == len(p["probabilities"]) > 0
        and bool((np.diff(np.asarray([p["scores"], p["probabilities"]], np.float64)) >= 0).all())
    ),
}
