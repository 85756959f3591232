"""The NLI model's verdicts on pairs, computed once per block of questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simengine.cross_encoders.nli import NLIModel


@dataclass(frozen=True, slots=True)
class Stance:
    """Probabilities of entailment, neutral and contradiction; they sum to 1."""

    entailment: float
    neutral: float
    contradiction: float

    @property
    def strength(self) -> float:
        """The greater of entailment and contradiction."""
        return max(self.entailment, self.contradiction)


class VerdictCache:
    """The NLI model's probabilities by pair (premise, hypothesis); computed in batches, looked up one by one.

    Args:
        nli: the NLI model.
    """

    def __init__(self, nli: NLIModel) -> None:
        self._nli = nli
        self._known: dict[tuple[str, str], Stance] = {}
        self.truncated: set[str] = set()
        """Hypotheses that the model could not read as a whole."""

    def learn(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Compute the pairs that are not known yet, in one batch."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        for pair, verdict in zip(new, self._nli.verdicts(new, evidence=False) if new else [], strict=True):
            given = verdict.probabilities
            self._known[pair] = Stance(given["entailment"], given["neutral"], given["contradiction"])
            if verdict.n_truncated:
                self.truncated.add(pair[1])

    def __getitem__(self, pair: tuple[str, str]) -> Stance:
        """The probabilities of a known pair."""
        return self._known[pair]
