"""Whether evidence says yes or no: the NLI model's readings and signs in the words, weighed together."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simengine.errors import UsageError
from simengine.qa.judging import Stance
from simengine.rules.cues import cues, profile, shared_words
from simengine.text.scripts import is_chinese
from simengine.types import Json

ASKED = "asked"
READ = ("evidence", "around", "passage", ASKED)
"""What the NLI model reads: the sentence, the sentence with its neighbours, and the passage, each beside the statement;
and the sentence with its neighbours beside the question as it was asked."""
SIGNS: Mapping[str, str] = {
    "evidence": "log-odds of entailment minus those of contradiction, of the sentence",
    "around": "the same of the sentence with its neighbours",
    "passage": "the same of the passage",
    "asked": "the same of the sentence with its neighbours and the question as asked; bundled models know questions",
    "negation": "1 if either the statement or the sentence is negated, -1 if both or neither is",
    "opposites": "1 if the sentence has a word of the opposite sense of one in the statement",
    "quantity": "1 if both have quantities, and other ones",
    "limits": "1 if the sentence allows or says something only under a condition",
    "shared": "the share of the statement's words in the sentence",
}
_LIMITS = re.compile(
    r"\b(?:only|except|unless|prohibited|forbidden|excluded|banned|refused|closed|instead|dropped|neither|nor|without|too)\b|"
    r"仅|僅|只|除外|禁止|不得|严禁|嚴禁|谢绝|謝絕|暂停|暫停|取消",
    re.IGNORECASE,
)
_LEAST = 0.01


@dataclass(frozen=True, slots=True)
class StanceFit:
    """A logistic model over SIGNS, fitted on questions for yes or no with their evidence.

    Attributes:
        names: signs, in the order of `weights`.
        means, scales: of the signs.
        weights, intercept: of the standardised signs; above 0 for yes.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def probability(self, signs: Mapping[str, float]) -> float:
        """That the evidence says yes, if it says anything."""
        odds = self.intercept
        rows = zip(self.names, self.means, self.scales, self.weights, strict=True)
        for name, mean, scale, weight in rows:
            odds += weight * (signs[name] - mean) / scale
        return 1.0 / (1.0 + math.exp(-max(min(odds, 30.0), -30.0)))

    def to_dict(self) -> dict[str, Json]:
        """As JSON, read by `from_dict`."""
        return {
            "names": list(self.names),
            "means": list(self.means),
            "scales": list(self.scales),
            "weights": list(self.weights),
            "intercept": self.intercept,
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> StanceFit:
        """The inverse of `to_dict`.

        Raises:
            UsageError: a sign is unknown, or the numbers do not fit.
        """
        means, scales, weights = (tuple(map(float, table[name])) for name in ("means", "scales", "weights"))
        names = tuple(map(str, table["names"]))
        if not set(names) <= SIGNS.keys() or {len(means), len(scales), len(weights)} != {len(names)}:
            raise UsageError("a stored weighing of yes and no has unknown signs, or not as many numbers")
        return cls(names, means, scales, weights, float(table["intercept"]))


def signs_of(statement: str, evidence: str, readings: Mapping[str, Stance]) -> dict[str, float]:
    """What speaks for yes and for no, and whether it is Chinese.

    Args:
        statement: what "yes" would say.
        evidence: a sentence.
        readings: the NLI model's verdicts by READ.
    """
    ours, theirs = profile(statement), profile(evidence)
    found = cues(theirs, ours)
    return {
        **{
            name: _log_odds(each.entailment) - _log_odds(each.contradiction)
            for name, each in readings.items()
        },
        "negation": 1.0 if "negation" in found else -1.0,
        "opposites": float("opposites" in found),
        "quantity": float("quantity" in found),
        "limits": float(_LIMITS.search(evidence) is not None and _LIMITS.search(statement) is None),
        "shared": shared_words(ours, theirs),
        "chinese": float(is_chinese(statement)),
    }


def plain_probability(signs: Mapping[str, float]) -> float:
    """P(yes) where nothing was fitted: by the sentence alone, which small models read best."""
    return 1.0 / (1.0 + math.exp(-signs["evidence"]))


def sided(readings: Mapping[str, Stance], probability: float) -> dict[str, float]:
    """The features of evidence for a yes or a no.

    Args:
        readings: see `signs_of`.
        probability: P(yes).

    Returns:
        `yes`, `stance` and the NLI model's probabilities of that side; see `simengine.qa.decision.FEATURES`.
    """
    yes = probability >= 0.5
    sides = {
        name: (each.entailment, each.contradiction)[:: 1 if yes else -1] for name, each in readings.items()
    }
    said, denied = sides["passage"]
    asked = {ASKED: sides.pop(ASKED)[0]} if ASKED in sides else {}
    return {
        **asked,
        "yes": float(yes),
        "stance": probability if yes else 1.0 - probability,
        "entailment": max(each[0] for each in sides.values()),
        "contradiction": max(each[1] for each in sides.values()),
        "evidence": sides["evidence"][0],
        "passage": (said - denied + 1) / 2,
    }


def fit_stance(signs: Sequence[Mapping[str, float]], says_yes: Sequence[bool]) -> StanceFit:
    """Fit on signs of gold evidence.

    Args:
        signs: of n questions.
        says_yes: (n,) whether yes is right.

    Raises:
        UsageError: fewer than 40, or all with one answer.
        MissingExtraError: scikit-learn is not installed.
    """
    import numpy as np

    from simengine.extras import optional_module

    labels = np.asarray(says_yes, bool)
    if len(labels) < 40 or labels.all() or not labels.any():
        raise UsageError(
            f"{len(labels)} questions for yes or no, {int(labels.sum())} answered by yes; give more"
        )
    linear = optional_module("sklearn.linear_model", "judge", "weighing yes and no")
    rows = np.asarray([[each[name] for name in SIGNS] for each in signs], np.float64)
    means, spread = rows.mean(axis=0), rows.std(axis=0)
    scales = np.where(spread > 1e-9, spread, 1.0)
    model = linear.LogisticRegression(C=0.3, max_iter=1_000).fit((rows - means) / scales, labels)
    return StanceFit(
        tuple(SIGNS),
        means=tuple(map(float, means)),
        scales=tuple(map(float, scales)),
        weights=tuple(map(float, model.coef_[0])),
        intercept=float(model.intercept_[0]),
    )


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))
