"""From a candidate's features to the probability that the answer is right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from simengine.calibration.calibration import Calibration
from simengine.errors import UsageError
from simengine.qa.stance import plain_probability
from simengine.types import Json

FEATURES: Mapping[str, str] = {
    "cosine": "of the question and the passage, by the search's bi-encoder",
    "retriever": "the search's score if it compared words only",
    "margin": "one of these minus that of the best other document",
    "crowd": "the mean cosine of the question and the other documents found: high where many are about the same",
    "nearness": "the cosine of the question and the evidence",
    "relevance": "P(the passage answers the question), by the model for relevance",
    "sentence": "P(the evidence alone answers the question), by the model for relevance",
    "told": "P(the evidence answers the question, whatever it says), by the NLI model",
    "entailment": "P(the evidence or its passage entails what the answer says), by the NLI model",
    "contradiction": "P(one of them contradicts what the answer says), by the NLI model",
    "evidence": "P(the evidence alone entails what the answer says), by the NLI model",
    "passage": "the same of the whole passage, with its contradiction subtracted, in [0, 1]",
    "asked": "P(the evidence says that to the question as asked), by the NLI model",
    "yes": "1 if the answer is yes, 0 if it is no",
    "stance": "P(that answer rather than the other one), by `simengine.qa.stance`",
    "reader": "the reader's P(the passage answers the question), 0.5 at its own threshold",
    "similarity": "the cosine of the question and a stored one",
    "coverage": "the share of the question's words that occur in the passage",
    "overlap": "the share of the question's words that occur in the evidence",
    "names": "the share of the question's names and numbers that occur in the passage",
    "denied": "1 if the question negates something and the evidence nothing, else 0",
    "expected": "1 if the evidence has what is asked for (a number, a time, a person), 0 if not, 0.5 if not known",
}
"""The features of candidates; which of them exist depends on the question and on the models."""

DEFAULT_THRESHOLD = 0.5
_PROBABILITIES = frozenset(
    (
        "relevance",
        "sentence",
        "told",
        "entailment",
        "contradiction",
        "evidence",
        "passage",
        "asked",
        "stance",
        "reader",
    )
)
_LEAST = 1e-3  # probabilities are kept this far from 0 and 1 before their log-odds are taken
_KIND = "present"


class Decides(Protocol):
    """Gives candidates a probability."""

    def is_calibrated(self, features: Mapping[str, float]) -> bool:
        """Whether a candidate's number was fitted on labelled questions."""

    def probability(self, features: Mapping[str, float]) -> float:
        """In [0, 1], that the answer is right."""

    def says_yes(self, signs: Mapping[str, float]) -> float:
        """P(yes) of evidence for yes or no; see `simengine.qa.stance`."""

    def threshold(self, precision: float | None, features: Mapping[str, float] | None = None) -> float:
        """The lowest probability of an answer that is given.

        Args:
            precision: the required share of right answers among those given; None for the default.
            features: of the candidate, where the threshold depends on its kind; None for the lowest of all.

        Raises:
            UsageError: nothing was fitted, or no threshold reaches it.
        """


@dataclass(frozen=True, slots=True)
class PlainDecision:
    """The rule without labelled questions: plain means of the features, nothing fitted.

    - A stored question: the mean of `similarity` and `cosine`, 0 if negative. Relevance is not used: the
      bundled model has not learned what stored answers look like, which seldom repeat the question.
    - A passage: the mean of its relevance (the mean of `relevance` and `sentence`), `cosine`, `overlap`,
      `entailment` and `reader`, as far as they exist; reduced by up to half for names and numbers of the question
      that the passage lacks, and by half for a question that negates what the evidence does not.

    Attributes:
        calibration: of this number, fitted on labelled questions; None leaves it uncalibrated.
    """

    calibration: Calibration | None = None

    @property
    def calibrated(self) -> bool:
        """Whether there is a calibration."""
        return self.calibration is not None

    def is_calibrated(self, features: Mapping[str, float]) -> bool:  # noqa: ARG002 - as `Decides`
        """As `calibrated`."""
        return self.calibrated

    def says_yes(self, signs: Mapping[str, float]) -> float:
        """Not fitted."""
        return plain_probability(signs)

    def probability(self, features: Mapping[str, float]) -> float:
        """See the class."""
        value = plain_score(features)
        return value if self.calibration is None else float(self.calibration.apply([value])[0])

    def threshold(
        self,
        precision: float | None,
        features: Mapping[str, float] | None = None,  # noqa: ARG002 - one for all kinds
    ) -> float:
        """0.5 without a precision; else from the calibration."""
        if precision is None:
            return DEFAULT_THRESHOLD
        if self.calibration is None:
            raise UsageError(
                f"a precision of {precision:g} is requested, but nothing was fitted on labelled questions; fit the "
                "decision first (`simengine ask --fit FILE`), or give a threshold"
            )
        return threshold_of(self.calibration, precision)


@dataclass(frozen=True, slots=True)
class Decision:
    """A logistic model over the features, fitted on labelled questions, and the calibration of its log-odds.

    Attributes:
        names: features, in the order of `weights`; see `feature_row`.
        means, scales: of the features, on the questions of the fit.
        weights, intercept: of the standardised features.
        judge: digest of the NLI model's fingerprint.
        reader: name of the reader, "" without one.
        calibration: of the log-odds, fitted on out-of-fold questions.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    judge: str
    reader: str
    calibration: Calibration

    def __post_init__(self) -> None:
        n = len(self.names)
        if any(len(each) != n for each in (self.means, self.scales, self.weights)):
            raise UsageError(f"a decision over {n} features has as many means, scales and weights")
        if not all(map(math.isfinite, (*self.means, *self.weights, self.intercept))) or min(self.scales) <= 0:
            raise UsageError("the numbers of a decision must be finite, its scales above 0")

    @property
    def calibrated(self) -> bool:
        """Always."""
        return True

    def is_calibrated(self, features: Mapping[str, float]) -> bool:  # noqa: ARG002 - as `Decides`
        """Always."""
        return True

    def says_yes(self, signs: Mapping[str, float]) -> float:
        """Not fitted."""
        return plain_probability(signs)

    def log_odds(self, features: Mapping[str, float]) -> float:
        """Before the calibration; missing features count as average."""
        row = feature_row(features, self.names)
        standard = np.where(np.isnan(row), 0.0, (row - self.means) / np.asarray(self.scales))
        return float(standard @ np.asarray(self.weights) + self.intercept)

    def probability(self, features: Mapping[str, float]) -> float:
        """See `Decides`."""
        return float(self.calibration.apply([self.log_odds(features)])[0])

    def threshold(
        self,
        precision: float | None,
        features: Mapping[str, float] | None = None,  # noqa: ARG002 - one for all kinds
    ) -> float:
        """See `Decides`; 0.5 without a precision."""
        return DEFAULT_THRESHOLD if precision is None else threshold_of(self.calibration, precision)

    def to_dict(self) -> dict[str, Json]:
        """As JSON, read by `from_dict`."""
        table = {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }
        table["calibration"] = self.calibration.to_dict()
        return cast("dict[str, Json]", table)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Decision:
        """The inverse of `to_dict`.

        Raises:
            UsageError: a key is missing or unknown, or a value is invalid.
        """
        names = set(cls.__dataclass_fields__)
        if wrong := sorted(set(table) ^ names):
            raise UsageError(
                f"a decision has the keys {', '.join(sorted(names))}; missing or unknown: {', '.join(wrong)}"
            )
        try:
            lists = {name: tuple(map(float, table[name])) for name in ("means", "scales", "weights")}
            return cls(
                names=tuple(map(str, table["names"])),
                **lists,
                intercept=float(table["intercept"]),
                judge=str(table["judge"]),
                reader=str(table["reader"]),
                calibration=Calibration.from_dict(table["calibration"]),
            )
        except (TypeError, ValueError) as error:
            raise UsageError(f"a stored decision cannot be used: {error}") from error


def plain_score(features: Mapping[str, float]) -> float:
    """The mean that `PlainDecision` describes, in [0, 1]."""
    stored = "similarity" in features
    answers = [] if stored else [features[name] for name in ("relevance", "sentence") if name in features]
    parts = [sum(answers) / len(answers)] if answers else []
    wanted = ("similarity", "cosine") if stored else ("cosine", "overlap", "entailment", "reader")
    parts += [max(features[name], 0.0) for name in wanted if name in features]
    value = min(sum(parts) / len(parts), 1.0)
    if stored:
        return value
    return value * (1 + features.get("names", 1.0)) / 2 * (1 - features.get("denied", 0.0) / 2)


def threshold_of(calibration: Calibration, precision: float) -> float:
    """The threshold fitted for a precision, or for the next higher one.

    Raises:
        UsageError: none was fitted, or none reaches it.
    """
    known = sorted((float(name), value) for name, value in calibration.thresholds.items())
    enough = [value for asked, value in known if asked >= precision - 1e-9]
    if not enough:
        raise UsageError(
            f"no threshold for a precision of {precision:g} is stored; stored are "
            f"{', '.join(f'{asked:g}' for asked, _ in known) or 'none'}"
        )
    if enough[0] is None:
        reached = [f"{asked:g}" for asked, value in known if value is not None]
        raise UsageError(
            f"no threshold reaches a precision of {precision:g} on the {calibration.n:,} labelled questions; "
            f"the highest reached is {reached[-1] if reached else 'none'}"
        )
    return float(enough[0])


def feature_row(features: Mapping[str, float], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """(n,) the inputs of the logistic model: log-odds of probabilities, NaN for missing features."""
    row = []
    for name in names:
        if name.endswith(_KIND):
            row.append(float(name.removesuffix(_KIND).rstrip() in features))
        elif name not in features:
            row.append(math.nan)
        elif name in _PROBABILITIES:
            kept = min(max(features[name], _LEAST), 1 - _LEAST)
            row.append(math.log(kept / (1 - kept)))
        else:
            row.append(float(features[name]))
    return np.asarray(row, np.float64)


def feature_names(examples: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """The features that some examples have, and for those that others lack, an indicator ("reader present")."""
    present = [name for name in FEATURES if any(name in features for features in examples)]
    partial = [name for name in present if not all(name in features for features in examples)]
    return (*present, *(f"{name} {_KIND}" for name in partial))
