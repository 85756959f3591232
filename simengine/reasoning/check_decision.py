"""What the premises of a claim say together: a fitted combination of the model's probabilities and of nearness."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from simengine.text.scripts import is_chinese

OUTCOMES = ("supported", "contradicted", "not found")
FEATURES = (
    "support",
    "passage support",
    "contradiction",
    "passage contradiction",
    "nearness",
)
"""Log-odds of the clearest window's support and of its passage's, the same of contradiction, and how near the nearest
window is to the claim (cosine and the share of its words)."""
FITS = Path(__file__).with_name("check_decision.json")
"""Written by benchmarks/fit_check.py."""
_LEAST = 0.01


@dataclass(frozen=True, slots=True)
class CheckDecision:
    """Multinomial logistic regressions over `FEATURES`, one for each language.

    Attributes:
        weights: by language ("en", "zh"): for each of `OUTCOMES` the weights of `FEATURES`, and the intercept last.
    """

    weights: Mapping[str, Sequence[Sequence[float]]]

    def probabilities(self, claim: str, features: Sequence[float]) -> tuple[float, float, float] | None:
        """Of `OUTCOMES`; None for a language that was not fitted."""
        table = self.weights.get("zh" if is_chinese(claim) else "en")
        if table is None:
            return None
        odds = [sum(w * value for w, value in zip(row, (*features, 1.0), strict=True)) for row in table]
        shares = np.exp(np.asarray(odds) - max(odds))
        supported, contradicted, neither = (shares / shares.sum()).tolist()
        return supported, contradicted, neither


def log_odds(probability: float) -> float:
    """Of a probability, kept away from 0 and 1."""
    kept = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))


def check_decision(judge: str) -> CheckDecision | None:
    """The decision that was fitted with an NLI model, by the digest of its fingerprint; None if there is none."""
    found: Mapping[str, Any] | None = _fits().get(judge)
    return None if found is None else CheckDecision({name: each["weights"] for name, each in found.items()})


@cache
def _fits() -> Mapping[str, Any]:
    fits: Mapping[str, Any] = json.loads(FITS.read_text(encoding="utf-8")) if FITS.is_file() else {}
    return fits
