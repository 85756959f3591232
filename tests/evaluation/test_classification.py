"""Classification against scikit-learn and figures worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from simengine.errors import UsageError
from simengine.evaluation.classification import classification_units, evaluate_classification

LABELS = ("entailment", "neutral", "contradiction")
E, N, C = LABELS
codes = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


def test_six_pairs_worked_by_hand() -> None:
    gold = [E, E, E, N, N, C]
    predicted = [E, E, N, N, C, C]
    result = evaluate_classification(gold, predicted, labels=LABELS)
    assert result.accuracy == pytest.approx(4 / 6)
    assert result.confusion == ((2, 1, 0), (0, 1, 1), (0, 0, 1))
    first, second, third = result.classes
    assert (first.precision, first.recall, first.f1, first.support) == pytest.approx((1, 2 / 3, 0.8, 3))
    assert (second.precision, second.recall, second.f1, second.support) == pytest.approx((0.5, 0.5, 0.5, 2))
    assert (third.precision, third.recall, third.f1, third.support) == pytest.approx((0.5, 1, 2 / 3, 1))
    assert [one.predicted for one in result.classes] == [2, 2, 2]
    assert result.macro_f1 == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)
    assert result.weighted_f1 == pytest.approx((3 * 0.8 + 2 * 0.5 + 2 / 3) / 6)


def test_a_class_that_occurs_nowhere_has_zeros_and_does_not_count_for_macro_f1() -> None:
    result = evaluate_classification([E, N], [E, N], labels=LABELS)
    assert result.macro_f1 == 1.0
    assert (result.classes[2].f1, result.classes[2].support) == (0.0, 0)


@given(codes)
def test_units_give_what_scikit_learn_gives(pairs: list[tuple[int, int]]) -> None:
    gold, predicted = [LABELS[g] for g, _ in pairs], [LABELS[p] for _, p in pairs]
    measured = classification_units(gold, predicted, labels=LABELS).measure_all()
    assert measured["accuracy"] == pytest.approx(accuracy_score(gold, predicted))
    for average in ("macro", "weighted"):
        expected = f1_score(gold, predicted, average=average, zero_division=0)
        assert measured[f"{average}_f1"] == pytest.approx(expected)
    result = evaluate_classification(gold, predicted, labels=LABELS)
    assert measured == pytest.approx(
        {"accuracy": result.accuracy, "macro_f1": result.macro_f1, "weighted_f1": result.weighted_f1}
    )


@given(codes, st.randoms(use_true_random=False))
def test_measuring_rows_is_measuring_the_examples_of_these_rows(pairs: list[tuple[int, int]], random) -> None:
    rows = np.array([random.randrange(len(pairs)) for _ in pairs])
    whole = classification_units(*_labels(pairs), labels=LABELS)
    part = classification_units(*_labels([pairs[row] for row in rows]), labels=LABELS)
    assert whole.measure(rows) == pytest.approx(part.measure_all())


def _labels(pairs: list[tuple[int, int]]) -> tuple[list[str], list[str]]:
    return [LABELS[g] for g, _ in pairs], [LABELS[p] for _, p in pairs]


def test_calibration_uses_the_probability_of_the_predicted_label() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    result = evaluate_classification([E, E], [E, C], labels=LABELS, probabilities=probabilities)
    assert result.calibration is not None
    # 0.7 right and 0.6 wrong, in two bins of one each.
    assert result.calibration.expected_calibration_error == pytest.approx((0.3 + 0.6) / 2)


def test_as_dict_holds_plain_values() -> None:
    import json

    probabilities = np.full((1, 3), 1 / 3)
    result = evaluate_classification([E], [E], labels=LABELS, probabilities=probabilities)
    assert json.loads(json.dumps(result.to_dict()))["classes"][0]["label"] == E


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([], [], "as many predictions"),
        ([E], [E, N], "got 2 and 1"),
        ([E], ["maybe"], "unknown predicted label 'maybe'; the labels are entailment"),
        (["-"], [E], "unknown gold label '-'"),
    ],
)
def test_what_cannot_be_judged_is_refused(gold: list[str], predicted: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate_classification(gold, predicted, labels=LABELS)


def test_a_label_given_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="occurs twice"):
        evaluate_classification([E], [E], labels=(E, E))


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.array([[2.0, -1.0, 0.5]]), "softmax"),
        (np.array([[0.5, 0.6, 0.5]]), "softmax"),
        (np.array([[np.nan, 0.5, 0.5]]), "softmax"),
        (np.array([[0.5, 0.5]]), r"shape \(1, 2\); expected \(1, 3\)"),
    ],
)
def test_what_is_no_distribution_is_refused(probabilities: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate_classification([E], [E], labels=LABELS, probabilities=probabilities)
