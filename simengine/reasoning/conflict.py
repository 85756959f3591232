"""What a conflict of two claims is, and the rule that a model's verdicts in both directions make it one by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast, get_args

import numpy as np

from simengine.calibration.calibration import Calibration
from simengine.corpus.examples import NLI_LABELS
from simengine.errors import UsageError
from simengine.progress import NoProgress, Progress
from simengine.requests.conflicts import Rule
from simengine.results.conflicts import Conflict as Conflict
from simengine.types import FloatMatrix

ENTAILMENT, NEUTRAL, CONTRADICTION = (
    NLI_LABELS.index(label) for label in ("entailment", "neutral", "contradiction")
)
PAIRS_AT_ONCE = 256
NLI = "nli"


class PairJudge(Protocol):
    """What is needed of a model for natural language inference; `NLIModel` is one."""

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n, 3) float32 for n pairs (premise, hypothesis), in the order entailment, neutral, contradiction."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of m pairs in both directions.

    Attributes:
        forward, backward: (m, 3) float32, the first, and the second, of each pair as premise.
        calibrated: whether they went through a calibration.
    """

    forward: FloatMatrix
    backward: FloatMatrix
    calibrated: bool

    def together(self, rule: Rule, column: int = CONTRADICTION) -> FloatMatrix:
        """(m,) float32, one probability of both directions: the smaller one, their mean, or the larger one."""
        both = np.stack([self.forward[:, column], self.backward[:, column]])
        if rule == "mean":
            return cast("FloatMatrix", both.mean(axis=0))
        return cast("FloatMatrix", both.min(axis=0) if rule == "both" else both.max(axis=0))


def judge_pairs(
    judge: PairJudge,
    pairs: Sequence[tuple[str, str]],
    *,
    calibration: Calibration | None = None,
    progress: Progress | None = None,
) -> Judged:
    """Ask a model about pairs in both directions.

    Args:
        judge: the model.
        pairs: m pairs of texts.
        calibration: of the task "nli", with three classes.
        progress: is told of every pair.
    """
    check_calibration(judge, calibration)
    progress = progress or NoProgress()
    forward, backward = np.empty((len(pairs), 3), np.float32), np.empty((len(pairs), 3), np.float32)
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        block = list(pairs[start : start + PAIRS_AT_ONCE])
        found = judge.probabilities([*block, *((second, first) for first, second in block)])
        if calibration is not None:
            found = calibration.apply(found)
        place = slice(start, start + len(block))
        forward[place], backward[place] = found[: len(block)], found[len(block) :]
        progress.advance(len(block))
    return Judged(forward, backward, calibration is not None)


def named(probabilities: FloatMatrix) -> dict[str, float]:
    """Three probabilities by name."""
    return dict(zip(NLI_LABELS, probabilities.tolist(), strict=True))


def check_rule(rule: str) -> None:
    """Raise UsageError unless the rule is known."""
    if rule not in get_args(Rule):
        raise UsageError(f"rule is {rule!r}; expected one of {', '.join(get_args(Rule))}")


def check_share(name: str, value: float, *, least: float = 0.0) -> None:
    """Raise UsageError unless a number lies between `least` and 1."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not least <= value <= 1.0:
        raise UsageError(f"{name} is {value!r}; expected a number from {least:g} to 1")


def check_calibration(judge: PairJudge, calibration: Calibration | None) -> None:
    """Raise UsageError unless a calibration, where there is one, is of NLI and of this model."""
    if calibration is None:
        return
    if calibration.task != NLI or calibration.n_classes != len(NLI_LABELS):
        raise UsageError(
            f"the calibration is of the task {calibration.task!r} with {calibration.n_classes or 1} classes; expected "
            "one of the task 'nli' with three (`simengine calibrate --task nli`)"
        )
    fingerprint = getattr(getattr(judge, "model", None), "fingerprint", None)
    if fingerprint is not None and calibration.model and calibration.model != fingerprint.digest:
        raise UsageError(
            f"the calibration is of the model {calibration.model[:12]}, the judge is {fingerprint.digest[:12]}; fit it "
            "again for this model, or judge with the model that it was fitted for"
        )
