"""What models say about pairs, computed once per block of questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simengine.cross_encoders.nli import NLIModel
from simengine.models.unknown import readings_of
from simengine.rerank.judge import Judge


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

    @property
    def side(self) -> float:
        """Entailment minus contradiction, in [-1, 1]."""
        return self.entailment - self.contradiction


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


class RelevanceCache:
    """Probabilities that texts answer questions, by pair (text, question); None where no model can read the question.

    Args:
        model: a judge of relevance; None takes the NLI model's probability that the text entails the question.
        judged: the NLI model's verdicts. Of questions that the judge of relevance cannot read, the bundled models know
            whether a text tells anything: their probability that the pair is not neutral.
    """

    def __init__(self, model: Judge | None, judged: VerdictCache) -> None:
        self._model, self._judged = model, judged
        self._known: dict[tuple[str, str], float] = {}
        self._readable: dict[str, bool] = {}

    def learn(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Compute the pairs that are not known yet, in one batch."""
        wanted = list(dict.fromkeys(pairs))
        if self._model is None:
            self._judged.learn(wanted)
            return
        questions = [text for text in dict.fromkeys(pair[1] for pair in wanted) if text not in self._readable]
        for question, reading in zip(questions, readings_of(self._model, questions), strict=True):
            self._readable[question] = not reading.unreadable
        self._judged.learn(pair for pair in wanted if not self._readable[pair[1]])
        new = [pair for pair in wanted if pair not in self._known and self._readable[pair[1]]]
        if new:
            found = self._model.judge([(question, text) for text, question in new])
            self._known.update(zip(new, map(float, found.relevance), strict=True))
            cut = zip(new, found.n_truncated.tolist(), strict=True)
            self._judged.truncated.update(question for (_, question), n in cut if n)

    def __getitem__(self, pair: tuple[str, str]) -> float | None:
        """The probability of a learned pair."""
        if self._model is None:
            return self._judged[pair].entailment
        if self._readable.get(pair[1], True):
            return self._known.get(pair)
        neutral = self._judged[pair].neutral
        return 1.0 - neutral if neutral < 1.0 else None  # 1 is a verdict withheld
