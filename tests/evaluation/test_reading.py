"""Reading comprehension: SQuAD 2.0's figures and thresholds, worked by hand and by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.corpus.examples import ReadingExample
from simengine.errors import DataError, UsageError
from simengine.evaluation.predictors import ReadingPrediction
from simengine.evaluation.reading import best_threshold, evaluate_reading, reading_table, reading_units


def question(number: int, *golds: str) -> ReadingExample:
    answers = tuple((-1, gold) for gold in golds)
    return ReadingExample(f"q{number}", "", "context", "question?", answers, not golds, "file.json")


QUESTIONS = [question(1, "Denver Broncos", "the Broncos"), question(2, "1 May"), question(3), question(4)]
SAID = [
    ReadingPrediction("Broncos", no_answer_score=-3.0),
    ReadingPrediction("May", no_answer_score=0.5),
    ReadingPrediction("nothing", no_answer_score=2.0),
    ReadingPrediction("something", no_answer_score=-1.0),
]


def test_four_questions_at_threshold_zero() -> None:
    result = evaluate_reading(QUESTIONS, SAID)
    # q1 answered and right, q2 abstained and wrong, q3 abstained and right, q4 answered and wrong.
    assert (result.exact_match, result.f1) == (0.5, 0.5)
    assert result.answerable is not None
    assert result.unanswerable is not None
    assert (result.answerable.n, result.answerable.exact_match) == (2, 0.5)
    assert (result.unanswerable.n, result.unanswerable.exact_match) == (2, 0.5)
    assert result.n_abstained == 2


def test_four_questions_always_answered() -> None:
    result = evaluate_reading(QUESTIONS, SAID, threshold=None)
    assert result.exact_match == 0.25
    assert result.f1 == pytest.approx((1 + 2 / 3) / 4)
    assert result.n_abstained == 0


def test_the_best_threshold_is_reported_beside_the_fixed_one() -> None:
    result = evaluate_reading(QUESTIONS, SAID)
    # Answering q1 alone: q3 and q4 are right to be left. Answering up to q2 gains F1 2/3 and loses q4.
    assert result.best_exact_match.threshold == -3.0
    assert result.best_exact_match.value == 0.75
    assert result.best_f1.value == 0.75
    again = evaluate_reading(QUESTIONS, SAID, threshold=result.best_exact_match.threshold)
    assert again.exact_match == result.best_exact_match.value


def test_a_prediction_without_a_span_abstains_whatever_its_score() -> None:
    result = evaluate_reading([question(1), question(2, "x")], [ReadingPrediction("")] * 2, threshold=None)
    assert result.exact_match == 0.5
    assert result.n_abstained == 2


def test_a_set_without_impossible_questions_has_no_figures_for_them() -> None:
    result = evaluate_reading([question(1, "x")], [ReadingPrediction("x")], threshold=None)
    assert result.unanswerable is None
    assert result.best_f1.threshold is None
    assert result.best_f1.value == 1.0


values = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0]),
        st.sampled_from([0.0, 0.5, 1.0]),
        st.sampled_from([-math.inf, -1.0, 0.0, 2.5]),
    ),
    min_size=1,
    max_size=12,
)


@given(values)
def test_no_threshold_is_better_than_the_best(rows: list[tuple[float, float, float]]) -> None:
    silent, answered, scores = (np.array(column) for column in zip(*rows, strict=True))
    best = best_threshold(silent, answered - silent, scores)

    def value(threshold: float | None) -> float:
        limit = math.inf if threshold is None else threshold
        return float(np.where(scores > limit, silent, answered).mean())

    assert value(best.threshold) == pytest.approx(best.value)
    candidates = [None, *scores.tolist(), *np.nextafter(scores, -np.inf).tolist()]
    assert max(map(value, candidates)) == pytest.approx(best.value)


def test_units_measure_what_the_result_says() -> None:
    table = reading_table(QUESTIONS, SAID)
    result = evaluate_reading(QUESTIONS, SAID)
    measured = reading_units(QUESTIONS, table).measure_all()
    assert measured == pytest.approx({"exact_match": result.exact_match, "f1": result.f1})
    assert table.answers == ("Broncos", "", "", "something")


def test_a_question_that_cannot_be_judged_is_refused() -> None:
    hidden = ReadingExample("q9", "", "context", "question?", (), False, "hidden.json")
    with pytest.raises(DataError, match=r"hidden\.json: question 'q9' has no gold answer"):
        evaluate_reading([hidden], [ReadingPrediction("x")])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="got 1 for 2"):
        evaluate_reading(QUESTIONS[:2], SAID[:1])
    with pytest.raises(UsageError, match="got 0 for 0"):
        evaluate_reading([], [])
    with pytest.raises(UsageError, match="threshold is not a number"):
        evaluate_reading(QUESTIONS, SAID, threshold=math.nan)
    with pytest.raises(UsageError, match="'q1' is not a number"):
        evaluate_reading(QUESTIONS[:1], [ReadingPrediction("x", no_answer_score=math.nan)])
