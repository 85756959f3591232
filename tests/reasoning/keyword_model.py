"""An NLI model that takes microseconds: a text entails a hypothesis by the words that both hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.cross_encoders.nli import NLIModel
from simengine.models.fingerprint import Fingerprint
from tests.cross_encoders.fakes import N_SPECIAL, WordTokenizer, words_of

NOT = (0.0, 2.0, 1.0)  # entailment, neutral, contradiction


class KeywordModel(CrossEncoder):
    """Logits of entailment are `table[word]` for the word of the premise that stands in the hypothesis too, else NOT.

    Args:
        table: from a word to its logit of entailment.
        empty: logits of an empty premise, by a word of the hypothesis.
    """

    def __init__(
        self, table: dict[str, float], empty: dict[str, float] | None = None, max_tokens: int = 64
    ) -> None:
        self.fingerprint = Fingerprint.from_parts({"weights": str(sorted(table.items()))})
        self.labels, self.max_tokens = ("entailment", "neutral", "contradiction"), max_tokens
        self.activation, self.runtime, self.tokenizer = "Identity", "words", WordTokenizer()
        self.pairs: list[tuple[str, str]] = []
        self._table, self._empty = table, empty or {}

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        return np.asarray([sum(len(words_of(text)) for text in pair) + N_SPECIAL for pair in pairs], np.int32)

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        self.pairs += pairs
        counts = self.count_tokens(pairs)
        logits = np.asarray([self._logits(*pair) for pair in pairs], np.float32)
        return Predicted(logits, counts, np.maximum(counts - self.max_tokens, 0).astype(np.int32))

    def _logits(self, premise: str, hypothesis: str) -> tuple[float, float, float]:
        for word, logit in self._table.items():
            if word in premise and word in hypothesis:
                return (logit, *NOT[1:])
        if premise in ("", "N/A", "..."):
            for word, logit in self._empty.items():
                if word in hypothesis:
                    return (logit, *NOT[1:])
        return NOT


def keyword_nli(table: dict[str, float], empty: dict[str, float] | None = None) -> NLIModel:
    """The model behind the interface that users have."""
    return NLIModel(KeywordModel(table, empty))


def log_odds(logit: float) -> float:
    """Of entailment, for an entailment logit beside the other two of NOT."""
    return logit - float(np.logaddexp(*NOT[1:]))
