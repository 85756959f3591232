"""A judge that reads its verdicts off a table, a reader that knows its spans, and a search over a few documents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.reader import ReadAnswer, ReaderSettings
from simengine.errors import UsageError
from simengine.models.fingerprint import Fingerprint
from simengine.requests.search import SearchOptions
from simengine.results.search import SearchResult
from simengine.types import Document, FloatMatrix, Hit, Passage
from tests.cross_encoders.fakes import WordTokenizer
from tests.faults.encoder import vector_of

LABELS = ("entailment", "neutral", "contradiction")
SURE = float(np.exp(4) / (np.exp(4) + 2))
"""The probability of the class that a rule names."""
UNSURE = float(1 / (np.exp(4) + 2))

Rule = tuple[str, str, str]


class TableModel(CrossEncoder):
    """The first rule (part of the premise, part of the hypothesis, label) that fits decides; none is neutral."""

    def __init__(self, *rules: Rule, max_tokens: int = 10_000) -> None:
        self.fingerprint = Fingerprint.from_parts({"weights": "table"})
        self.labels, self.max_tokens = LABELS, max_tokens
        self.activation, self.runtime = "Identity", "table"
        self.tokenizer = WordTokenizer()
        self.rules = rules
        self.seen: list[tuple[str, str]] = []

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        return np.asarray([len(" ".join(pair).split()) + 3 for pair in pairs], np.int32)

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        self.seen += pairs
        logits = np.zeros((len(pairs), 3), np.float32)
        for row, (premise, hypothesis) in enumerate(pairs):
            label = next(
                (rule[2] for rule in self.rules if rule[0] in premise and rule[1] in hypothesis), "neutral"
            )
            logits[row, LABELS.index(label)] = 4.0
        lengths = self.count_tokens(pairs)
        return Predicted(logits, lengths, np.maximum(lengths - self.max_tokens, 0).astype(np.int32))


def table(*rules: Rule) -> NLIModel:
    return NLIModel(TableModel(*rules))


class SpanTable:
    """Finds the first of its words that stands in a passage; `sure` is the log-odds that it answers."""

    def __init__(
        self, *words: str, sure: float = 3.0, threshold: float | None = 0.0, longest: int = 10_000
    ) -> None:
        self.words, self.sure, self.longest = words, sure, longest
        self.settings = ReaderSettings(no_answer_threshold=threshold)

    def answers(self, pairs: Sequence[tuple[str, str]], *, allow_none: bool = True) -> list[ReadAnswer]:
        if any(len(question) > self.longest for question, _ in pairs):
            raise UsageError("the question is too long")
        return [self._answer(context) for _, context in pairs]

    def _answer(self, context: str) -> ReadAnswer:
        for word in self.words:
            if (start := context.find(word)) >= 0:
                return ReadAnswer(word, start, start + len(word), 1.0, -self.sure)
        return ReadAnswer(context[:1], 0, 1, -5.0, 5.0)


class Library:
    """A retriever over documents, a passage each, ranked by the cosine of hashed words."""

    def __init__(self, *documents: Document) -> None:
        self.documents = list(documents)
        self.n_runs = 0

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:
        self.n_runs += 1
        return SearchResult([self._hits(query, options.k) for query in queries], {"total": 0.0})

    def _hits(self, query: str, k: int) -> list[Hit]:
        scored = [(float(vector_of(query) @ vector_of(f"{d.title} {d.text}")), d) for d in self.documents]
        scored.sort(key=lambda pair: (-pair[0], pair[1].id))
        return [
            Hit(d.id, score, rank, d.title, Passage(0, len(d.text), d.text), d.metadata, {"dense": score})
            for rank, (score, d) in enumerate(scored[:k], 1)
        ]

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        raise NotImplementedError

    def encode(self, texts: Sequence[str], *, role: str = "text") -> FloatMatrix:
        return np.array([vector_of(text) for text in texts], np.float32)

    def get(self, document_id: str) -> Document | None:
        return next((each for each in self.documents if each.id == document_id), None)
