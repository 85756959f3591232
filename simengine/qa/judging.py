"""What the NLI model says about pairs, each asked once for a block of questions."""

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
    """Pairs (premise, hypothesis) and what the model says; pairs are learned in batches and looked up one by one.

    Args:
        nli: the judge.
    """

    def __init__(self, nli: NLIModel) -> None:
        self._nli = nli
        self._known: dict[tuple[str, str], Stance] = {}
        self.truncated: set[str] = set()
        """Hypotheses that the model could not read as a whole."""

    def learn(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Judge the pairs that are not known yet, in one batch."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        for pair, verdict in zip(new, self._nli.verdicts(new, evidence=False) if new else [], strict=True):
            given = verdict.probabilities
            self._known[pair] = Stance(given["entailment"], given["neutral"], given["contradiction"])
            if verdict.n_truncated:
                self.truncated.add(pair[1])

    def __getitem__(self, pair: tuple[str, str]) -> Stance:
        """What the model said about a pair that was learned."""
        return self._known[pair]
