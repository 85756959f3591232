"""How probable it is that two claims conflict: a fitted combination of a model's verdicts and what they share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.reasoning.conflict import ENTAILMENT, PairJudge, PairVerdicts
from simengine.rules.cues import Profile, cues
from simengine.types import FloatMatrix, Mask

FEATURES = (
    "mean contradiction",
    "smaller contradiction",
    "larger contradiction",
    "larger entailment",
    "same subject",
    "cosine",
    "negation",
    "opposites",
    "quantity",
    "rule",
)
"""What is combined: log-odds of the model's probabilities, shares in [0, 1], and signs that are 0 or 1."""
FITS = Path(__file__).with_name("conflict_decision.json")
"""Written by benchmarks/fit_contradictions.py."""
RULE = FEATURES.index("rule")
LEAST_CONTRADICTION = 0.3  # in one direction at least; below it the model sees none
SAME_SUBJECT = 0.3
"""With so much in common two claims are on one subject; what they share beyond that says no more of a conflict. Chosen
on the dev passages of benchmarks/fit_contradictions.py."""
LEAST_PROBABILITY = 1e-3  # below this, and above its complement, a model's probabilities are noise
Features = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a logistic regression: those of `FEATURES`, and the intercept of the log-odds."""

    features: tuple[float, ...]
    intercept: float

    def odds(self, features: Features) -> Features:
        """(m,) log-odds of (m, f) features."""
        found: Features = features @ np.asarray(self.features) + self.intercept
        return found


@dataclass(frozen=True, slots=True)
class ConflictDecision:
    """Logistic regressions over `FEATURES`, one for each language, as other models and other words decide.

    Attributes:
        english: for all claims that are not Chinese.
        chinese: for pairs of which one claim is Chinese.
        threshold: least probability of a conflict that is reported, chosen on other texts than the weights.
    """

    english: Weights
    chinese: Weights
    threshold: float

    def probabilities(self, features: Features, chinese: Mask) -> FloatMatrix:
        """(m,) float32, for (m, f) features, and (m,) whether a claim is Chinese."""
        odds = np.where(chinese, self.chinese.odds(features), self.english.odds(features))
        found: FloatMatrix = (1 / (1 + np.exp(-odds))).astype(np.float32)
        return found

    def by_model(self, features: Features, chinese: Mask) -> FloatMatrix:
        """The same without rules, and 0 where the model sees no contradiction, however much two claims share."""
        unruled = features.copy()
        unruled[:, RULE] = 0.0
        found: FloatMatrix = np.where(seen(features), self.probabilities(unruled, chinese), np.float32(0))
        return found


def seen(features: Features) -> Mask:
    """(m,) bool: whether the model sees a contradiction in one direction at least."""
    least = np.log(LEAST_CONTRADICTION / (1 - LEAST_CONTRADICTION))
    found: Mask = features[:, FEATURES.index("larger contradiction")] >= least
    return found


def decision_for(judge: PairJudge) -> ConflictDecision:
    """The decision that was fitted with an NLI model; for other models that of the model that ships."""
    fingerprint = getattr(getattr(judge, "model", None), "fingerprint", None)
    fits = _fits()
    chosen = fits["models"].get(getattr(fingerprint, "digest", "")) or fits["models"][fits["default"]]
    english = _weights(chosen["en"])
    return ConflictDecision(
        english, _weights(chosen["zh"]) if "zh" in chosen else english, float(chosen["threshold"])
    )


def _weights(fit: Mapping[str, Any]) -> Weights:
    return Weights(tuple(float(fit["weights"][name]) for name in FEATURES), float(fit["intercept"]))


def pair_features(
    verdicts: PairVerdicts,
    subjects: FloatMatrix,
    cosines: FloatMatrix,
    profiles: Sequence[tuple[Profile, Profile]],
    ruled: Sequence[bool],
) -> Features:
    """The features of m pairs: (m, f) float64, in the order of `FEATURES`.

    Args:
        verdicts: of m pairs in both directions, not calibrated.
        subjects: (m,) as of `subject_scores`.
        cosines: (m,) of the two claims.
        profiles: of the two claims of each pair.
        ruled: whether a rule found a conflict.
    """
    names = [cues(*pair) for pair in profiles]
    columns = [
        _log_odds(verdicts.together("mean")),
        _log_odds(verdicts.together("both")),
        _log_odds(verdicts.together("either")),
        _log_odds(verdicts.together("either", ENTAILMENT)),
        np.minimum(np.asarray(subjects, np.float64) / SAME_SUBJECT, 1.0),
        np.asarray(cosines, np.float64),
        *(
            np.asarray([cue in each for each in names], np.float64)
            for cue in ("negation", "opposites", "quantity")
        ),
        np.asarray(ruled, np.float64),
    ]
    return np.stack(columns, axis=1) if len(names) else np.empty((0, len(FEATURES)))


def _log_odds(probabilities: FloatMatrix) -> Features:
    share = np.clip(probabilities.astype(np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    odds: Features = np.log(share / (1 - share))
    return odds


@cache
def _fits() -> Mapping[str, Any]:
    fits: Mapping[str, Any] = json.loads(FITS.read_text(encoding="utf-8"))
    return fits
