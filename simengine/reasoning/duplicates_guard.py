"""Whether two texts say the same: each must entail every sentence of the other, without contradictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.calibration.calibration import Calibration
from simengine.models.unknown import readings_of, tells_apart
from simengine.progress import NoProgress, Progress
from simengine.reasoning.claims import normalised, sentence_pieces
from simengine.reasoning.claims_statements import Encode, encode_in_blocks
from simengine.reasoning.conflict import (
    ENTAILMENT,
    NLI,
    PAIRS_AT_ONCE,
    PairJudge,
    check_calibration,
    judge_pairs,
    named,
)
from simengine.reasoning.conflict_rules import RuleConflict, rule_conflict
from simengine.requests.conflicts import GuardOptions
from simengine.rules.cues import cues, profile
from simengine.types import FloatMatrix, Span

ALIGNED_COSINE = 0.5  # below this two sentences are about different things


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """A text, its sentences and their vectors: (n, dim) float32, rows L2-normalised."""

    text: str
    spans: tuple[Span, ...]
    vectors: FloatMatrix

    def sentence(self, number: int) -> str:
        """One of its sentences."""
        span = self.spans[number]
        return self.text[span.start : span.end]


@dataclass(frozen=True, slots=True)
class SentenceConflict:
    """A sentence of one text that conflicts with a sentence of another. See `Conflict` for the other fields."""

    sentence1: int
    sentence2: int
    probability: float
    forward: dict[str, float]
    backward: dict[str, float]
    cosine: float
    found_by: tuple[str, ...]
    difference: tuple[str, str] | None
    reason: str


@dataclass(frozen=True, slots=True)
class Sameness:
    """The relation of two texts.

    Attributes:
        same: they say the same: the same words; or each entails the other, nothing conflicts, the model can read both,
            and no sentence differs from the one nearest to it in a negation, in a quantity, or by the opposite of a
            word ("turns on" and "turns off"), which models take for the same.
        entailment: the least probability with which a sentence of the one is entailed by the other; 0 if the model
            was not asked.
        conflict: the most certain conflict between their sentences, None if there is none.
    """

    same: bool
    entailment: float
    conflict: SentenceConflict | None


def read_texts(texts: Sequence[str], encode: Encode, progress: Progress | None = None) -> list[EmbeddedText]:
    """Split texts into sentences and encode these; `progress` is notified of the sentences."""
    spans = [sentence_pieces(text) or [Span(0, len(text))] for text in texts]
    sentences = [text[s.start : s.end] for text, found in zip(texts, spans, strict=True) for s in found]
    vectors = encode_in_blocks(encode, sentences, progress or NoProgress())
    ends = np.cumsum([len(found) for found in spans])
    return [
        EmbeddedText(text, tuple(found), vectors[int(end) - len(found) : int(end)])
        for text, found, end in zip(texts, spans, ends, strict=True)
    ]


def compare_texts(
    pairs: Sequence[tuple[EmbeddedText, EmbeddedText]],
    judge: PairJudge,
    options: GuardOptions | None = None,
    calibration: Calibration | None = None,
) -> list[Sameness]:
    """The relation of each pair of texts; the model scores all pairs at once."""
    options = options or GuardOptions()
    check_calibration(judge, calibration)
    conflicts = _conflicts(pairs, judge, options, calibration)
    read = readings_of(judge, [each.text for pair in pairs for each in pair])
    open_ = [
        place
        for place, (first, second) in enumerate(pairs)
        if normalised(first.text) == normalised(second.text)
        or (
            conflicts[place] is None
            and tells_apart(read[2 * place], read[2 * place + 1])
            and not (options.rules and _opposed(first, second))
        )
    ]
    asked = _entailments([pairs[place] for place in open_], judge, calibration)
    entailments = dict(zip(open_, asked, strict=True))
    return [
        Sameness(
            entailments.get(place, -1.0) >= options.min_entailment, entailments.get(place, 0.0), conflict
        )
        for place, conflict in enumerate(conflicts)
    ]


def duplicate_guard(judge: PairJudge, encode: Encode) -> Callable[[Sequence[tuple[str, str]]], list[bool]]:
    """A function that decides for pairs of texts whether they say the same, for `simengine.search.collapse`.

    Args:
        judge: such as an `NLIModel`.
        encode: texts to (n, dim) float32 with rows L2-normalised.
    """

    def guard(pairs: Sequence[tuple[str, str]]) -> list[bool]:
        distinct = list(dict.fromkeys(text for pair in pairs for text in pair))
        read = dict(zip(distinct, read_texts(distinct, encode), strict=True))
        found = compare_texts([(read[one], read[other]) for one, other in pairs], judge)
        return [each.same for each in found]

    return guard


def _entailments(
    pairs: Sequence[tuple[EmbeddedText, EmbeddedText]], judge: PairJudge, calibration: Calibration | None
) -> list[float]:
    """The least probability with which a sentence of the one text follows from the other, for each pair."""
    owners: list[int] = []
    asked: list[tuple[str, str]] = []
    for number, (first, second) in enumerate(pairs):
        for premise, other in ((first, second), (second, first)):
            known = {normalised(premise.sentence(place)) for place in range(len(premise.spans))}
            wanted = (other.sentence(place) for place in range(len(other.spans)))
            hypotheses = [sentence for sentence in wanted if normalised(sentence) not in known]
            owners += [number] * len(hypotheses)
            asked += [(premise.text, hypothesis) for hypothesis in hypotheses]
    least = np.ones(len(pairs), np.float64)
    for start in range(0, len(asked), PAIRS_AT_ONCE):
        found = judge.probabilities(asked[start : start + PAIRS_AT_ONCE])
        if calibration is not None:
            found = calibration.apply(found)
        np.minimum.at(least, owners[start : start + PAIRS_AT_ONCE], found[:, ENTAILMENT])
    values: list[float] = least.tolist()
    return values


def _conflicts(
    pairs: Sequence[tuple[EmbeddedText, EmbeddedText]],
    judge: PairJudge,
    options: GuardOptions,
    calibration: Calibration | None,
) -> list[SentenceConflict | None]:
    """The most certain conflict of each pair of texts, between sentences that are nearest to each other."""
    aligned = [
        (number, left, right, cosine)
        for number, (first, second) in enumerate(pairs)
        for left, right, cosine in _aligned(first, second)
    ]
    asked = [(pairs[n][0].sentence(left), pairs[n][1].sentence(right)) for n, left, right, _ in aligned]
    judged = judge_pairs(judge, asked, calibration=calibration)
    scores = judged.together(options.rule)
    best: list[SentenceConflict | None] = [None] * len(pairs)
    for place, (number, left, right, cosine) in enumerate(aligned):
        found_by = [NLI] if scores[place] >= options.min_contradiction else []
        one, other = asked[place]
        ruled = None
        if options.rules:
            ruled = rule_conflict(one, profile(one), other, profile(other), same_document=False)
        if ruled is not None:
            found_by.append(ruled.rule)
        known = best[number]
        if found_by and (known is None or _strength(ruled, scores[place]) > _strength_of(known)):
            best[number] = SentenceConflict(
                sentence1=left,
                sentence2=right,
                probability=float(scores[place]),
                forward=named(judged.forward[place]),
                backward=named(judged.backward[place]),
                cosine=cosine,
                found_by=tuple(found_by),
                difference=None if ruled is None else ruled.difference,
                reason="" if ruled is None else ruled.reason,
            )
    return best


def _opposed(first: EmbeddedText, second: EmbeddedText) -> bool:
    """Whether two sentences that are nearest to each other differ in a quantity, or say opposite things.

    A negation of an opposite is none: "not allowed" and "forbidden".
    """
    for left, right, _ in _aligned(first, second):
        names = cues(profile(first.sentence(left)), profile(second.sentence(right)))
        if "quantity" in names or ("negation" in names) != ("opposites" in names):
            return True
    return False


def _strength(ruled: RuleConflict | None, score: float) -> tuple[bool, float]:
    return ruled is not None, float(score)


def _strength_of(conflict: SentenceConflict) -> tuple[bool, float]:
    return conflict.found_by != (NLI,), conflict.probability


def _aligned(first: EmbeddedText, second: EmbeddedText) -> list[tuple[int, int, float]]:
    """Sentences of two texts of which one is the nearest to the other, without those of the same wording."""
    cosines = first.vectors @ second.vectors.T
    found = {(left, int(right)) for left, right in enumerate(cosines.argmax(axis=1))}
    found |= {(int(left), right) for right, left in enumerate(cosines.argmax(axis=0))}
    return [
        (left, right, float(min(cosines[left, right], 1.0)))
        for left, right in sorted(found)
        if cosines[left, right] >= ALIGNED_COSINE
        and normalised(first.sentence(left)) != normalised(second.sentence(right))
    ]
