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
from simengine.types import FloatMatrix, Mask, RowArray

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
    "contradiction lead",
    "larger contradiction lead",
    "cosine lead",
    "larger cosine lead",
    "subject lead",
    "larger subject lead",
)
"""What is combined: log-odds of the model's probabilities, shares in [0, 1], signs that are 0 or 1, and leads: by how
much a pair is before the best other pair of each of its claims, the smaller and the larger of both."""
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
        """The same without rules, and 0 where the model sees no contradiction, or the claims have nothing in common."""
        unruled = features.copy()
        unruled[:, RULE] = 0.0
        found: FloatMatrix = np.where(seen(features), self.probabilities(unruled, chinese), np.float32(0))
        return found


def seen(features: Features) -> Mask:
    """(m,) bool: whether the model sees a contradiction in one direction at least, between claims on one matter.

    They are if they share part of their subject, or if a claim has none that is nearer in meaning.
    """
    least = np.log(LEAST_CONTRADICTION / (1 - LEAST_CONTRADICTION))
    contradicts = features[:, FEATURES.index("larger contradiction")] >= least
    subject, nearest = (
        features[:, FEATURES.index(name)] > 0 for name in ("same subject", "larger cosine lead")
    )
    found: Mask = contradicts & (subject | nearest)
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
    rows: RowArray,
) -> Features:
    """The features of m pairs: (m, f) float64, in the order of `FEATURES`.

    Args:
        verdicts: of m pairs in both directions, not calibrated.
        subjects: (m,) as of `subject_scores`.
        cosines: (m,) of the two claims.
        profiles: of the two claims of each pair.
        ruled: whether a rule found a conflict.
        rows: (m, 2) int64, the numbers of the two claims.
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
    if not names:
        return np.empty((0, len(FEATURES)))
    likeness = (columns[0], columns[FEATURES.index("cosine")], np.asarray(subjects, np.float64))
    return np.concatenate([np.stack(columns, axis=1), *(leads(each, rows) for each in likeness)], axis=1)


def leads(values: Features, rows: RowArray) -> Features:
    """(m, 2) float64: a pair's value minus the greatest of the other pairs of each of its claims, the smaller first.

    A conflict stands out among the pairs of its claims; where a model sees contradictions everywhere, none does. The
    lead in a claim's only pair is 0.

    Args:
        values: (m,) of pairs.
        rows: (m, 2) int64, the numbers of their claims.
    """
    order = np.argsort(-values, kind="stable")
    best: dict[int, int] = {}
    second: dict[int, int] = {}
    for place in order.tolist():
        for claim in rows[place].tolist():
            if claim not in best:
                best[claim] = place
            elif claim not in second:
                second[claim] = place
    found = np.empty((len(values), 2))
    for place, pair in enumerate(rows.tolist()):
        for side, claim in enumerate(pair):
            other = second.get(claim) if best[claim] == place else best[claim]
            found[place, side] = 0.0 if other is None else values[place] - values[other]
    found.sort(axis=1)
    return found


def _log_odds(probabilities: FloatMatrix) -> Features:
    share = np.clip(probabilities.astype(np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    odds: Features = np.log(share / (1 - share))
    return odds


@cache
def _fits() -> Mapping[str, Any]:
    fits: Mapping[str, Any] = json.loads(FITS.read_text(encoding="utf-8"))
    return fits
