"""Hard negatives: texts that a bi-encoder finds near a query and that are no answers to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np

from simengine.corpus.examples import NLI_LABELS, Triplet
from simengine.encoders.contract import Role
from simengine.errors import UsageError
from simengine.index.exact import exact_search
from simengine.requests.training import MiningOptions as MiningOptions
from simengine.text.arguments import as_pairs, as_texts
from simengine.training.leakage.normalise import compared_tokens, text_key
from simengine.types import FloatMatrix

Reason: TypeAlias = Literal["contradiction", "neutral", "unjudged"]
Dropped: TypeAlias = Literal[
    "known positive", "entails the positive", "near the positive", "outside the scores"
]
SOURCE = "mined"
_ENTAILMENT, _CONTRADICTION = NLI_LABELS.index("entailment"), NLI_LABELS.index("contradiction")


class RoleEncoder(Protocol):
    """What is needed of a bi-encoder."""

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """(n, dim) float32, rows L2-normalised."""


class NLIJudge(Protocol):
    """What is needed of a model for natural language inference."""

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n, 3) float32 for n pairs (premise, hypothesis), in the order entailment, neutral, contradiction."""


@dataclass(frozen=True, slots=True)
class MinedNegative:
    """A negative and why it is one.

    Attributes:
        triplet: (query, positive, negative); its line is the number of the pair, from 1.
        reason: the negative contradicts the positive, does neither that nor entail it, or was not judged.
        cosine: of query and negative.
        positive_cosine: of query and positive.
        rank: of the negative among all passages for the query, 1 for the nearest.
        entailment, contradiction: probabilities that the negative entails the positive, and that they contradict each
            other (the smaller one of both directions); None where not judged.
    """

    triplet: Triplet
    reason: Reason
    cosine: float
    positive_cosine: float
    rank: int
    entailment: float | None = None
    contradiction: float | None = None


@dataclass(frozen=True, slots=True)
class MiningResult:
    """What was mined.

    Attributes:
        negatives: by pair, the hardest first: contradictions by their probability, then the others by cosine.
        n_pairs: (query, positive) pairs.
        n_without: pairs for which no negative was found.
        dropped: candidates that became no negatives, by reason.
    """

    negatives: tuple[MinedNegative, ...]
    n_pairs: int
    n_without: int
    dropped: Mapping[Dropped, int]


@dataclass(frozen=True, slots=True)
class _Candidate:
    pair: int
    passage: int
    cosine: float
    positive_cosine: float
    rank: int


def mine_hard_negatives(
    pairs: Sequence[tuple[str, str]],
    encoder: RoleEncoder,
    *,
    corpus: Sequence[str] | None = None,
    judge: NLIJudge | None = None,
    options: MiningOptions | None = None,
) -> MiningResult:
    """Find passages that are near a query and do not answer it.

    Texts that differ from the query or from one of its positives in spelling only are never negatives. With a judge, a
    candidate that entails the positive is none either, and one that contradicts it is the hardest: it stands first, and
    no margin keeps it out.

    Args:
        pairs: (query, positive); a query may stand in several.
        encoder: queries and passages are encoded in their roles, every distinct text once; searched exactly.
        corpus: passages to choose from; None takes all positives.
        judge: None judges nothing. It sees every candidate with the positive, in both directions.
        options: which neighbours count.

    Returns:
        The negatives; the same input gives the same ones.

    Raises:
        UsageError: there is no pair, or no passage.
    """
    options = options or MiningOptions()
    pairs = as_pairs(pairs)
    corpus = None if corpus is None else as_texts(corpus, "passage")
    passages = list(
        dict.fromkeys(positive for _, positive in pairs) if corpus is None else dict.fromkeys(corpus)
    )
    if not pairs or not passages:
        raise UsageError(
            f"{len(pairs)} pairs and {len(passages)} passages were given; expected one of each at least"
        )
    dropped: Counter[Dropped] = Counter()
    candidates = list(_candidates(pairs, passages, encoder, options, dropped))
    judged = _judge(pairs, passages, candidates, judge)
    by_pair: dict[int, list[MinedNegative]] = {}
    for number, candidate in enumerate(candidates):
        negative = _negative(
            pairs, passages, candidate, None if judged is None else judged[number], options, dropped
        )
        if negative is not None:
            by_pair.setdefault(candidate.pair, []).append(negative)
    found: list[MinedNegative] = []
    for pair in sorted(by_pair):
        found.extend(sorted(by_pair[pair], key=_hardest_first)[: options.negatives])
    return MiningResult(tuple(found), len(pairs), len(pairs) - len(by_pair), dict(dropped))


def _candidates(
    pairs: Sequence[tuple[str, str]],
    passages: Sequence[str],
    encoder: RoleEncoder,
    options: MiningOptions,
    dropped: Counter[Dropped],
) -> Iterator[_Candidate]:
    """The nearest passages of each pair's query that are not known to answer it."""
    queries = list(dict.fromkeys(query for query, _ in pairs))
    number_of = {query: number for number, query in enumerate(queries)}
    known = _known_keys(pairs)
    keys = [_key(passage) for passage in passages]
    query_vectors = encoder.encode(queries, role="query")
    texts = list(dict.fromkeys([*passages, *(positive for _, positive in pairs)]))
    place_of = {text: place for place, text in enumerate(texts)}
    vectors = encoder.encode(texts, role="passage")
    most_known = max(_count_known(keys, known).values(), default=0)
    k = min(len(passages), options.candidates + options.skip_first + most_known)
    scores, rows = exact_search([(0, vectors[: len(passages)])], query_vectors, k)
    for pair, (query, positive) in enumerate(pairs):
        number = number_of[query]
        positive_cosine = float(np.dot(query_vectors[number], vectors[place_of[positive]]))
        taken = 0
        for rank, (row, score) in enumerate(
            zip(rows[number].tolist(), scores[number].tolist(), strict=True), 1
        ):
            if taken == options.candidates:
                break
            if keys[row] in known[query]:
                dropped["known positive"] += 1
            elif rank > options.skip_first:
                taken += 1
                yield _Candidate(pair, row, score, positive_cosine, rank)


def _known_keys(pairs: Sequence[tuple[str, str]]) -> dict[str, set[str]]:
    """For each query the keys of its positives and its own."""
    known: dict[str, set[str]] = {}
    by_key: dict[str, set[str]] = {}
    for query, positive in pairs:
        own = by_key.setdefault(_key(query), {_key(query)})
        own.add(_key(positive))
        known[query] = own
    return known


def _count_known(keys: Sequence[str], known: Mapping[str, set[str]]) -> dict[str, int]:
    """For each query how many passages it can meet that are known to answer it."""
    times = Counter(keys)
    return {query: sum(times[key] for key in own) for query, own in known.items()}


def _key(text: str) -> str:
    return text_key(compared_tokens(text))


def _judge(
    pairs: Sequence[tuple[str, str]],
    passages: Sequence[str],
    candidates: Sequence[_Candidate],
    judge: NLIJudge | None,
) -> list[tuple[float, float]] | None:
    """For each candidate the probabilities that it entails its positive, and that they contradict each other."""
    if judge is None:
        return None
    asked = [(passages[candidate.passage], pairs[candidate.pair][1]) for candidate in candidates]
    distinct = list(dict.fromkeys([*asked, *((positive, passage) for passage, positive in asked)]))
    if not distinct:
        return []
    found = np.asarray(judge.probabilities(distinct))
    if found.shape != (len(distinct), len(NLI_LABELS)):
        raise UsageError(
            f"the judge gave an array of shape {found.shape}; expected {(len(distinct), len(NLI_LABELS))}"
        )
    place = {pair: number for number, pair in enumerate(distinct)}
    judged = []
    for passage, positive in asked:
        there, back = found[place[passage, positive]], found[place[positive, passage]]
        judged.append((float(there[_ENTAILMENT]), float(min(there[_CONTRADICTION], back[_CONTRADICTION]))))
    return judged


def _negative(
    pairs: Sequence[tuple[str, str]],
    passages: Sequence[str],
    candidate: _Candidate,
    judged: tuple[float, float] | None,
    options: MiningOptions,
    dropped: Counter[Dropped],
) -> MinedNegative | None:
    entailment, contradiction = judged or (None, None)
    contradicts = contradiction is not None and contradiction >= options.contradiction
    if entailment is not None and entailment >= options.entailment:
        dropped["entails the positive"] += 1
        return None
    limit = candidate.positive_cosine
    if options.relative_margin is not None:
        limit -= options.relative_margin * abs(limit)
        if candidate.cosine > limit and not contradicts:
            dropped["near the positive"] += 1
            return None
    if candidate.cosine < options.min_score or (candidate.cosine > options.max_score and not contradicts):
        dropped["outside the scores"] += 1
        return None
    query, positive = pairs[candidate.pair]
    return MinedNegative(
        triplet=Triplet(query, positive, passages[candidate.passage], SOURCE, candidate.pair + 1),
        reason="unjudged" if judged is None else "contradiction" if contradicts else "neutral",
        cosine=candidate.cosine,
        positive_cosine=candidate.positive_cosine,
        rank=candidate.rank,
        entailment=entailment,
        contradiction=contradiction,
    )


def _hardest_first(negative: MinedNegative) -> tuple[bool, float, int]:
    """Sort key: contradictions by probability, then the others by rank."""
    contradicts = negative.reason == "contradiction"
    return not contradicts, -(negative.contradiction or 0.0) if contradicts else 0.0, negative.rank
