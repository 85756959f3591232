"""Extractive reading comprehension, with questions that the context does not answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.corpus.examples import ReadingExample
from simengine.errors import DataError, UsageError
from simengine.evaluation.answer_text import AnswerMatch, MatchName, answer_match, score_answer
from simengine.evaluation.predictors import SpanAnswer
from simengine.evaluation.result import Result
from simengine.evaluation.units import MeanUnits, Values


@dataclass(frozen=True, slots=True)
class ReadingScores:
    """Exact match and F1 over some questions, in [0, 1]."""

    n: int
    exact_match: float
    f1: float


@dataclass(frozen=True, slots=True)
class BestThreshold:
    """The threshold that would have been best on these very questions, and what it would have given.

    It is chosen with the gold answers in sight: report it as a ceiling, never as the result.

    Attributes:
        threshold: abstain where the no-answer score is above; None abstains never.
        value: of the metric at that threshold.
    """

    threshold: float | None
    value: float


@dataclass(frozen=True, slots=True)
class ReadingResult(Result):
    """How well questions were answered.

    Attributes:
        n: questions.
        threshold: the model abstains where its no-answer score is above; None: it always answers.
        match: how answers were compared, "squad" or "cmrc".
        exact_match, f1: over all questions, at that threshold, in [0, 1].
        answerable: over the questions that have an answer; None if there are none.
        unanswerable: over the others, where both figures are the share that the model abstained from.
        n_abstained: questions that the model gave no answer to.
        best_exact_match, best_f1: ceilings with the threshold chosen on these questions.
    """

    n: int
    threshold: float | None
    match: MatchName
    exact_match: float
    f1: float
    answerable: ReadingScores | None
    unanswerable: ReadingScores | None
    n_abstained: int
    best_exact_match: BestThreshold
    best_f1: BestThreshold


@dataclass(frozen=True, slots=True)
class ReadingTable:
    """Each question's figures.

    Attributes:
        answers: what the model says at the threshold, "" where it abstains.
        impossible: (n,) whether there is no answer.
        answered: (n, 2) exact match and F1 if the model answers.
        silent: (n, 2) the same if it abstains.
        final: (n, 2) at the threshold.
        no_answer_scores: (n,) what the threshold is compared with; -inf where the model has no answer to give up.
    """

    answers: tuple[str, ...]
    impossible: np.ndarray
    answered: Values
    silent: Values
    final: Values
    no_answer_scores: Values


def evaluate_reading(
    examples: Sequence[ReadingExample],
    predictions: Sequence[SpanAnswer],
    *,
    threshold: float | None = 0.0,
    match: MatchName = "squad",
) -> ReadingResult:
    """Exact match and F1 as SQuAD 2.0 defines them.

    Args:
        examples: questions with gold answers, or marked impossible.
        predictions: the best span of each, and the no-answer score.
        threshold: abstain where the no-answer score is above; None always answers, as sets without impossible
            questions ask for.
        match: "squad" for languages with spaces, "cmrc" for Chinese.

    Raises:
        DataError: a question has no gold answer and is not marked impossible.
        UsageError: nothing to evaluate, different lengths, or an unknown comparison.

    Reference:
        Rajpurkar et al., Know What You Don't Know: Unanswerable Questions for SQuAD, ACL 2018.
    """
    table = reading_table(examples, predictions, threshold=threshold, match=match)
    gain = table.answered - table.silent
    exact_match, f1 = table.final.mean(axis=0).tolist()
    return ReadingResult(
        n=len(examples),
        threshold=threshold,
        match=match,
        exact_match=exact_match,
        f1=f1,
        answerable=_mean_scores(table.final[~table.impossible]),
        unanswerable=_mean_scores(table.final[table.impossible]),
        n_abstained=sum(not answer for answer in table.answers),
        best_exact_match=best_threshold(table.silent[:, 0], gain[:, 0], table.no_answer_scores),
        best_f1=best_threshold(table.silent[:, 1], gain[:, 1], table.no_answer_scores),
    )


def reading_table(
    examples: Sequence[ReadingExample],
    predictions: Sequence[SpanAnswer],
    *,
    threshold: float | None = 0.0,
    match: MatchName = "squad",
) -> ReadingTable:
    """The figures of each question; arguments and errors as for `evaluate_reading`."""
    if not len(examples) or len(examples) != len(predictions):
        raise UsageError(f"expected a prediction a question, got {len(predictions)} for {len(examples)}")
    if threshold is not None and math.isnan(threshold):
        raise UsageError("threshold is not a number")
    rule = answer_match(match)
    answered = np.array([_scores(e, p.text, rule) for e, p in zip(examples, predictions, strict=True)])
    silent = np.array([_scores(example, "", rule) for example in examples])
    scores = np.array([p.no_answer_score for p in predictions], np.float64)
    if np.isnan(scores).any():
        place = int(np.flatnonzero(np.isnan(scores))[0])
        raise UsageError(f"the no-answer score for question {examples[place].id!r} is not a number")
    abstains = np.zeros(len(scores), np.bool_) if threshold is None else scores > threshold
    return ReadingTable(
        tuple("" if quiet else p.text for p, quiet in zip(predictions, abstains.tolist(), strict=True)),
        np.array([example.impossible for example in examples]),
        answered,
        silent,
        np.where(abstains[:, None], silent, answered),
        scores,
    )


def reading_units(examples: Sequence[ReadingExample], table: ReadingTable) -> MeanUnits:
    """The questions, for intervals and comparisons."""
    ids = tuple(example.id for example in examples)
    return MeanUnits(ids, ("exact_match", "f1"), table.final, "question", "exact_match")


def _scores(example: ReadingExample, prediction: str, match: AnswerMatch) -> tuple[float, float]:
    golds = [text for _, text in example.answers]
    if not golds and not example.impossible:
        reason = (
            f"question {example.id!r} has no gold answer and is not marked impossible: it cannot be judged"
        )
        raise DataError(reason, example.source)
    return score_answer(prediction, [] if example.impossible else golds, match)


def _mean_scores(values: Values) -> ReadingScores | None:
    if not len(values):
        return None
    exact_match, f1 = values.mean(axis=0).tolist()
    return ReadingScores(len(values), exact_match, f1)


def best_threshold(silent: Values, gain: Values, no_answer_scores: Values) -> BestThreshold:
    """The threshold with the highest mean; of several, the one that abstains most.

    Args:
        silent: (n,) each question's figure if the model abstains.
        gain: (n,) what answering adds to it.
        no_answer_scores: (n,); questions with the same score are answered together or not at all.
    """
    order = np.argsort(no_answer_scores, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(gain[order])])
    ordered = no_answer_scores[order]
    n = len(ordered)
    # Answering the first m questions can be had by a threshold only if the next one's score is higher.
    below_all = [bool(ordered[0] > -math.inf)]
    possible = np.concatenate([below_all, ordered[1:] > ordered[:-1], [True]])
    best = int(np.argmax(np.where(possible, np.round(sums, 9), -np.inf)))
    value = float((silent.sum() + sums[best]) / n)
    if best == n:
        return BestThreshold(None, value)
    # Nothing lies between two neighbouring scores, so the lower one, which is still answered, is the threshold.
    below = float(ordered[best - 1]) if best else math.nextafter(float(ordered[0]), -math.inf)
    return BestThreshold(below, value)
