"""What claims are checked against: passages of given documents, and the sentences and windows of passages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from simengine.lexical.analysis import passage_terms, query_terms
from simengine.reasoning.claims import reach, sentence_pieces
from simengine.runtimes.contract import Role
from simengine.text.joining import as_sentence, joined
from simengine.types import Document, Evidence, FloatMatrix, Hit, Passage, Span

MAX_SENTENCES = 3
LONGER = 0.02
"""What each further sentence of a window costs, so that of equals the shortest comes first."""


class Encode(Protocol):
    """Texts to vectors: (n, dim) float32, rows L2-normalised."""

    def __call__(self, texts: Sequence[str], *, role: Role = ...) -> FloatMatrix: ...


Find: TypeAlias = Callable[[Sequence[str]], list[list[Hit]]]
"""For each claim its passages, best first."""


@dataclass(frozen=True, slots=True)
class Premise:
    """What a claim is judged by.

    Attributes:
        hit: its document and passage.
        span: characters of the document.
        text: what the model reads; a passage as a whole has its title in front.
        n_sentences: of a window; 0 for a passage as a whole.
        score: how near it is to the claim, for ordering only.
    """

    hit: Hit
    span: Span
    text: str
    n_sentences: int
    score: float

    def as_evidence(self) -> Evidence:
        """Its place in the document."""
        start = self.hit.passage.start
        text = self.hit.passage.text[self.span.start - start : self.span.end - start]
        return Evidence(self.hit.id, self.hit.title, self.span, text)

    @property
    def passage(self) -> tuple[str, int]:
        """What names its passage: the document and where it begins."""
        return self.hit.id, self.hit.passage.start


class SourcePassages:
    """Passages of documents in memory, found by meaning and by words.

    A passage is a run of whole sentences that a model can read at once; it begins with the last sentence of the one
    before it. Its score is the mean of the cosine and of the share of the claim's words that it has, rare ones counting
    more.

    Args:
        documents: read once.
        encode: texts to vectors; None finds by words alone.
        words: whether words count.
        k: passages for each claim.
    """

    def __init__(
        self, documents: Iterable[Document], encode: Encode | None, *, words: bool = True, k: int = 8
    ) -> None:
        self._encode, self._k = encode, k
        self._passages = [(each, passage) for each in documents for passage in passages_of(each.text)]
        texts = [joined(each.title, passage.text) for each, passage in self._passages]
        self._vectors = encode(texts, role="passage") if encode is not None and texts else None
        self._words = WordShares(texts) if words or encode is None else None

    def __len__(self) -> int:
        """Number of passages."""
        return len(self._passages)

    def find(self, claims: Sequence[str]) -> list[list[Hit]]:
        """The passages for each claim, best first."""
        if not self._passages or not claims:
            return [[] for _ in claims]
        vectors = None if self._encode is None else self._encode(claims, role="query")
        found = []
        for row, claim in enumerate(claims):
            parts: dict[str, FloatMatrix] = {}
            if self._words is not None:
                parts["words"] = self._words.of(claim)
            if vectors is not None and self._vectors is not None:
                parts["dense"] = self._vectors @ vectors[row]
            found.append(self._best(parts))
        return found

    def _best(self, parts: Mapping[str, FloatMatrix]) -> list[Hit]:
        score = np.mean(list(parts.values()), axis=0)
        hits = []
        for rank, row in enumerate(np.argsort(-score, kind="stable")[: self._k].tolist(), 1):
            document, passage = self._passages[row]
            scores = {name: float(values[row]) for name, values in parts.items()}
            hits.append(
                Hit(document.id, float(score[row]), rank, document.title, passage, document.metadata, scores)
            )
        return hits


class WordShares:
    """The share of a claim's words that texts have, rare words counting more.

    Args:
        texts: n texts.

    Reference:
        Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009 (the weight of a word).
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._terms = [passage_terms(text) for text in texts]
        self._counts = Counter(term for terms in self._terms for term in terms)

    def of(self, claim: str) -> FloatMatrix:
        """(n,) float32 in [0, 1]; all 0 for a claim without words."""
        n = len(self._terms)
        weights = {
            term: weight * math.log1p((n - self._counts[term] + 0.5) / (self._counts[term] + 0.5))
            for term, weight in query_terms(claim, names=False).items()
        }
        total = sum(weights.values()) or 1.0
        return np.asarray(
            [sum(weights[term] for term in weights.keys() & terms) / total for terms in self._terms],
            np.float32,
        )


def passages_of(text: str) -> list[Passage]:
    """Runs of whole sentences that fit the model, each beginning with the last sentence of the one before it."""
    spans = sentence_pieces(text)
    found: list[Passage] = []
    first = 0
    for last, span in enumerate(spans):
        following = spans[last + 1].end if last + 1 < len(spans) else None
        start = spans[first].start
        if following is not None and reach(text, start, following) >= following:
            continue
        found.append(Passage(start, span.end, text[start : span.end]))
        fits = following is not None and reach(text, span.start, following) >= following
        first = last if fits and last > first else last + 1
    return found


def premises_of(
    claims: Sequence[str], hits: Sequence[Sequence[Hit]], encode: Encode | None, n_read: int
) -> list[list[Premise]]:
    """For each claim the pieces of its passages that it is judged by, nearest first; whole passages come last.

    Args:
        claims: n claims.
        hits: the passages of each.
        encode: texts to vectors; None compares words alone.
        n_read: windows for each claim.
    """
    sentences = {hit.passage.text: sentence_pieces(hit.passage.text) for own in hits for hit in own}
    cosines = _cosines(claims, hits, sentences, encode)
    found: list[list[Premise]] = []
    for row, (claim, own) in enumerate(zip(claims, hits, strict=True)):
        windows = [window for hit in own for window in _windows(hit, sentences[hit.passage.text])]
        if not windows:
            found.append([])
            continue
        shares = WordShares([window.text for window in windows]).of(claim)
        rated = []
        for window, share in zip(windows, shares.tolist(), strict=True):
            inside = _inside(window, sentences[window.hit.passage.text])
            near = max((cosines[row, text] for text in inside), default=0.0) if cosines else 0.0
            rated.append((window, share + near - LONGER * (window.n_sentences - 1)))
        rated.sort(key=lambda pair: -pair[1])
        found.append(_chosen(rated, n_read))
    return found


def _chosen(rated: Sequence[tuple[Premise, float]], n_read: int) -> list[Premise]:
    """The nearest windows, and the passages that they are of."""
    windows = [
        Premise(each.hit, each.span, each.text, each.n_sentences, score) for each, score in rated[:n_read]
    ]
    passages: dict[tuple[str, int], Premise] = {}
    for each in windows:
        hit = each.hit
        whole = Span(hit.passage.start, hit.passage.start + len(hit.passage.text))
        text = joined(as_sentence(hit.title), hit.passage.text)
        passages.setdefault(each.passage, Premise(hit, whole, text, 0, each.score))
    return [*windows, *passages.values()]


def _windows(hit: Hit, sentences: Sequence[Span]) -> list[Premise]:
    """All runs of one to MAX_SENTENCES sentences of a passage."""
    text, start = hit.passage.text, hit.passage.start
    return [
        Premise(
            hit,
            Span(start + sentences[first].start, start + sentences[first + n - 1].end),
            text[sentences[first].start : sentences[first + n - 1].end],
            n,
            0.0,
        )
        for n in range(1, MAX_SENTENCES + 1)
        for first in range(len(sentences) - n + 1)
    ]


def _inside(window: Premise, sentences: Sequence[Span]) -> list[str]:
    start, text = window.hit.passage.start, window.hit.passage.text
    return [
        text[each.start : each.end]
        for each in sentences
        if window.span.start <= start + each.start and start + each.end <= window.span.end
    ]


def _cosines(
    claims: Sequence[str],
    hits: Sequence[Sequence[Hit]],
    sentences: Mapping[str, Sequence[Span]],
    encode: Encode | None,
) -> dict[tuple[int, str], float]:
    """The cosine of each claim with each sentence of its passages, each sentence encoded once; {} without encoder."""
    wanted = [
        [hit.passage.text[s.start : s.end] for hit in own for s in sentences[hit.passage.text]]
        for own in hits
    ]
    rows = {text: row for row, text in enumerate(dict.fromkeys(text for own in wanted for text in own))}
    if encode is None or not rows:
        return {}
    asked, read = encode(claims, role="query"), encode(list(rows), role="passage")
    return {
        (row, text): float(asked[row] @ read[rows[text]]) for row, own in enumerate(wanted) for text in own
    }
