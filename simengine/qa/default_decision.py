"""The decision about answers that ships with the package, for the models that ship with it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

from simengine.errors import UsageError
from simengine.qa.decision import DEFAULT_THRESHOLD, Decides, Decision, PlainDecision, threshold_of
from simengine.qa.stance import StanceFit, plain_probability
from simengine.types import Json

FILE = "default_decision.json"
"""Written by benchmarks/fit_ask.py."""


@dataclass(frozen=True, slots=True)
class FittedFor:
    """A decision for one kind of question in one language, with one set of models.

    Attributes:
        language: "en" or "zh".
        kind: "yes/no" (also for claims) or "other".
        encoder, relevance: digests of the bi-encoder's and the relevance model's fingerprints; `relevance` is ""
            where the model cannot read the language. The NLI model's digest is that of `decision.judge`.
        threshold: the lowest probability of an answer.
        decision: the logistic model.
        stance: whether evidence says yes or no; None for other questions.
    """

    language: str
    kind: str
    encoder: str
    relevance: str
    threshold: float
    decision: Decision
    stance: StanceFit | None = None

    def to_dict(self) -> dict[str, Json]:
        """As JSON, read by `from_dict`."""
        return {
            "language": self.language,
            "kind": self.kind,
            "encoder": self.encoder,
            "relevance": self.relevance,
            "threshold": self.threshold,
            "decision": self.decision.to_dict(),
            "stance": None if self.stance is None else self.stance.to_dict(),
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> FittedFor:
        """The inverse of `to_dict`."""
        return cls(
            language=str(table["language"]),
            kind=str(table["kind"]),
            encoder=str(table["encoder"]),
            relevance=str(table["relevance"]),
            threshold=float(table["threshold"]),
            decision=Decision.from_dict(table["decision"]),
            stance=None if table.get("stance") is None else StanceFit.from_dict(table["stance"]),
        )


@dataclass(frozen=True, slots=True)
class ByKind:
    """Decides by the decision for a candidate's language and kind; what none is for, by the plain rule.

    Attributes:
        fitted: at most one for each language and kind.
    """

    fitted: tuple[FittedFor, ...]

    def is_calibrated(self, features: Mapping[str, float]) -> bool:
        """Whether there is a decision for a candidate."""
        return self._of(features) is not None

    def probability(self, features: Mapping[str, float]) -> float:
        """See `Decides`."""
        chosen = self._of(features)
        return (PlainDecision() if chosen is None else chosen.decision).probability(features)

    def says_yes(self, signs: Mapping[str, float]) -> float:
        """See `Decides`."""
        language = _language(signs)
        known = [each.stance for each in self.fitted if each.language == language and each.stance is not None]
        return known[0].probability(signs) if known else plain_probability(signs)

    def threshold(self, precision: float | None, features: Mapping[str, float] | None = None) -> float:
        """See `Decides`."""
        if precision is not None and features is None:
            return min(threshold_of(each.decision.calibration, precision) for each in self.fitted)
        chosen = None if features is None else self._of(features)
        if chosen is None:  # a precision is promised for what was fitted alone
            return DEFAULT_THRESHOLD if precision is None else 1.0
        return chosen.threshold if precision is None else threshold_of(chosen.decision.calibration, precision)

    def _of(self, features: Mapping[str, float]) -> FittedFor | None:
        if "chinese" not in features:
            return None  # a stored question
        wanted = _language(features), "yes/no" if "yes" in features else "other"
        return next((each for each in self.fitted if (each.language, each.kind) == wanted), None)


def _language(values: Mapping[str, float]) -> str:
    return "zh" if values["chinese"] else "en"


def default_decision(judge: str, relevance: str, encoder: str) -> Decides | None:
    """The decision that ships with the package, for these models; None if there is none.

    Args:
        judge: digest of the NLI model's fingerprint.
        relevance: of the model for relevance.
        encoder: of the bi-encoder.
    """
    fitting = [
        each
        for each in _shipped()
        if each.decision.judge == judge and each.encoder == encoder and each.relevance in ("", relevance)
    ]
    return ByKind(tuple(fitting)) if fitting else None


@functools.cache
def _shipped() -> Sequence[FittedFor]:
    file = files("simengine.qa").joinpath(FILE)
    if not file.is_file():
        return ()
    try:
        return tuple(
            map(FittedFor.from_dict, cast("list[dict[str, Any]]", json.loads(file.read_text("utf-8"))))
        )
    except (KeyError, TypeError, ValueError, UsageError):
        return ()
