"""More pairs from those there are, labelled by a cross-encoder (augmented SBERT: Thakur et al. 2021)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from simengine.corpus.examples import LabelledPair
from simengine.errors import UsageError
from simengine.index.exact import exact_search
from simengine.requests.training import AugmentOptions as AugmentOptions
from simengine.training.leakage.nearby import TextEncoder, encode_all
from simengine.training.leakage.normalise import compared_tokens, text_key
from simengine.types import FloatMatrix, Json

Group: TypeAlias = "str | int"
"""What is balanced: a label, or the number of a bin of scores."""
SOURCE = "silver"
DRAWS = 4  # for each random pair that is wanted: some give pairs that are there already


@runtime_checkable
class ClassJudge(Protocol):
    """A cross-encoder with classes, such as an NLIModel."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes."""

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n, n_labels) float32, rows summing to 1."""


@runtime_checkable
class ScoreJudge(Protocol):
    """A cross-encoder with a graded score, such as a SimilarityModel or a RelevanceModel."""

    def scores(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n,) float32, in the range of the gold scores."""


@dataclass(frozen=True, slots=True)
class AugmentResult:
    """Silver pairs.

    Attributes:
        pairs: source "silver", line from 1; `extra` holds "silver": true, "sampled" ("neighbour" or "random"), "cosine"
            and, for classes, "confidence".
        n_candidates: pairs that were judged.
        n_unsure: of them, those that the judge was not sure of.
        found: pairs by label (or bin of scores, from 0) before balancing.
    """

    pairs: tuple[LabelledPair, ...]
    n_candidates: int
    n_unsure: int
    found: Mapping[Group, int]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the judge said of each candidate.

    Attributes:
        labels, scores, confidences: of each pair, where the judge gives them.
        groups: what is balanced.
        sure: (n,) bool.
    """

    labels: Sequence[str | None]
    scores: Sequence[float | None]
    confidences: Sequence[float | None]
    groups: Sequence[Group]
    sure: npt.NDArray[np.bool_]


def augment_pairs(
    pairs: Sequence[LabelledPair],
    encoder: TextEncoder,
    judge: ClassJudge | ScoreJudge,
    options: AugmentOptions | None = None,
) -> AugmentResult:
    """Pair the texts of a set anew, let a cross-encoder label the pairs, and keep those it is sure of.

    Pairs that are there already, but for spelling, are not made again, nor is a text paired with itself. The new pairs
    may stand in held-out data: compare them with it (`simengine.training.leakage`) before training.

    Args:
        pairs: the gold pairs.
        encoder: finds the nearest texts, exactly.
        judge: labels new pairs, in the order (text1, text2).
        options: which pairs are made and kept.

    Returns:
        Silver pairs in the order of their first texts; the same input gives the same ones.

    Raises:
        UsageError: there are no pairs, or the judge gives something else than it should.
    """
    options = options or AugmentOptions()
    if not pairs:
        raise UsageError("no pairs were given; expected gold pairs to make new ones of")
    rng = np.random.default_rng(options.seed)
    candidates = _sample(pairs, encoder, options, rng)
    texts = [(one, other) for one, other, _, _ in candidates]
    gold_scores = [pair.score for pair in pairs if pair.score is not None]
    if isinstance(judge, ClassJudge):
        judged = _by_class(judge, texts, options)
        gold: list[Group] = [pair.label for pair in pairs if pair.label is not None]
    else:
        judged = _by_score(judge, texts, gold_scores, options)
        gold = list(_bins(np.array(gold_scores), gold_scores, options.bins))
    sure = np.flatnonzero(judged.sure).tolist()
    groups = [judged.groups[row] for row in sure]
    kept = sorted(sure[place] for place in _balanced(groups, gold, options, rng))
    silver = [_silver(number, candidates[row], judged, row) for number, row in enumerate(kept, 1)]
    return AugmentResult(tuple(silver), len(candidates), len(candidates) - len(sure), dict(Counter(groups)))


_Candidate: TypeAlias = tuple[str, str, str, float]
"""text1, text2, how it was sampled, cosine."""


def _sample(
    pairs: Sequence[LabelledPair], encoder: TextEncoder, options: AugmentOptions, rng: np.random.Generator
) -> list[_Candidate]:
    """New pairs of the nearest texts and of random ones."""
    firsts = list(dict.fromkeys(pair.text1 for pair in pairs))
    seconds = list(dict.fromkeys(pair.text2 for pair in pairs))
    if options.symmetric:
        firsts = seconds = list(dict.fromkeys([*firsts, *seconds]))
    texts = list(dict.fromkeys([*firsts, *seconds]))
    place_of = {text: place for place, text in enumerate(texts)}
    vectors = encode_all(encoder, texts)
    keys = {text: text_key(compared_tokens(text)) for text in texts}
    left = vectors[[place_of[text] for text in firsts]]
    right = vectors[[place_of[text] for text in seconds]]
    taken = {_pair_key(keys[pair.text1], keys[pair.text2], options.symmetric) for pair in pairs}
    # Known pairs and the text itself may stand before the new neighbours.
    known = Counter(pair.text1 for pair in pairs) + Counter(pair.text2 for pair in pairs if options.symmetric)
    k = min(len(seconds), options.neighbours + max(known.values()) + 1)
    _, rows = exact_search([(0, right)], left, k)
    found: list[_Candidate] = []
    for number, first in enumerate(firsts):
        draws = rng.integers(0, len(seconds), DRAWS * (options.random + 1)).tolist()
        for how, wanted, places in (
            ("neighbour", options.neighbours, rows[number].tolist()),
            ("random", options.random, draws),
        ):
            for place in places:
                if not wanted:
                    break
                second = seconds[place]
                key = _pair_key(keys[first], keys[second], options.symmetric)
                if key in taken or keys[first] == keys[second]:
                    continue
                taken.add(key)
                wanted -= 1
                found.append((first, second, how, float(np.dot(left[number], right[place]))))
    return found


def _pair_key(one: str, other: str, symmetric: bool) -> tuple[str, str]:
    return (other, one) if symmetric and other < one else (one, other)


def _by_class(judge: ClassJudge, texts: Sequence[tuple[str, str]], options: AugmentOptions) -> _Judged:
    found = np.asarray(judge.probabilities(texts)) if texts else np.empty((0, len(judge.labels)), np.float32)
    if found.shape != (len(texts), len(judge.labels)):
        raise UsageError(
            f"the judge gave an array of shape {found.shape}; expected {(len(texts), len(judge.labels))}"
        )
    labels = [judge.labels[column] for column in found.argmax(axis=1).tolist()]
    confidence = found.max(axis=1)
    return _Judged(
        labels, [None] * len(texts), confidence.tolist(), labels, confidence >= options.min_confidence
    )


def _by_score(
    judge: ScoreJudge, texts: Sequence[tuple[str, str]], gold: Sequence[float], options: AugmentOptions
) -> _Judged:
    found = np.asarray(judge.scores(texts), np.float64) if texts else np.empty(0)
    if found.shape != (len(texts),):
        raise UsageError(f"the judge gave an array of shape {found.shape}; expected {(len(texts),)}")
    sure = np.ones(len(texts), np.bool_)
    if options.unsure is not None:
        low, high = options.unsure
        sure = (found <= low) | (found >= high)
    nothing = [None] * len(texts)
    return _Judged(nothing, found.tolist(), nothing, _bins(found, gold, options.bins), sure)


def _bins(scores: npt.NDArray[np.float64], gold: Sequence[float], n_bins: int) -> list[int]:
    """The bin of each score; bins are equally wide over the range of the gold scores, or [0, 1] without any."""
    low, high = (min(gold), max(gold)) if gold else (0.0, 1.0)
    width = (high - low) / n_bins or 1.0
    places: list[int] = np.clip(np.floor((scores - low) / width), 0, n_bins - 1).astype(np.int64).tolist()
    return places


def _balanced(
    groups: Sequence[Group], gold: Sequence[Group], options: AugmentOptions, rng: np.random.Generator
) -> list[int]:
    """Which pairs are kept, so that the groups have the wanted shares."""
    if options.balance == "none":
        order = rng.permutation(len(groups))
        return list(map(int, order[: options.max_pairs]))
    places: dict[Group, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    # What the judge never says, or gold never has, cannot be brought to a share.
    counts = Counter(gold) if options.balance == "gold" and gold else Counter(places.keys())
    shares = {group: counts[group] for group in sorted(places, key=str) if counts[group]}
    if not shares and groups:
        judged, given = (", ".join(map(str, sorted(some, key=str))) for some in (places, counts))
        raise UsageError(f"the judge says {judged}, the gold pairs have {given}; expected the same names")
    if not shares:
        return []
    scale = min(len(places[group]) / share for group, share in shares.items())
    if options.max_pairs is not None:
        scale = min(scale, options.max_pairs / sum(shares.values()))
    kept: list[int] = []
    for group, share in shares.items():
        drawn = rng.permutation(len(places[group]))[: int(scale * share + 1e-9)]
        kept.extend(places[group][place] for place in drawn.tolist())
    return kept


def _silver(number: int, candidate: _Candidate, judged: _Judged, row: int) -> LabelledPair:
    text1, text2, how, cosine = candidate
    extra: dict[str, Json] = {"silver": True, "sampled": how, "cosine": round(cosine, 4)}
    confidence = judged.confidences[row]
    if confidence is not None:
        extra["confidence"] = round(confidence, 4)
    return LabelledPair(text1, text2, judged.labels[row], judged.scores[row], SOURCE, number, extra)
