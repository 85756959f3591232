"""Correlations, worked by hand and against SciPy."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from simengine.errors import UsageError
from simengine.evaluation.similarity import evaluate_similarity, similarity_units


def test_four_pairs_worked_by_hand() -> None:
    result = evaluate_similarity([1, 2, 3, 4], [10, 20, 40, 30])
    # Ranks 1 2 4 3: one minus 6 * (0 + 0 + 1 + 1) / (4 * 15).
    assert result.spearman == pytest.approx(0.8)
    assert result.pearson == pytest.approx(0.8)


def test_a_monotone_change_of_scale_keeps_spearman_at_one() -> None:
    result = evaluate_similarity([0, 1, 2, 5], [0, 1, 8, 125])
    assert result.spearman == pytest.approx(1.0)
    assert result.pearson < 1.0


numbers = st.lists(
    st.tuples(st.integers(0, 5), st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 3))),
    min_size=3,
    max_size=40,
).filter(lambda pairs: len({g for g, _ in pairs}) > 1 and np.ptp([p for _, p in pairs]) > 0)


@given(numbers)
def test_units_give_what_scipy_gives(pairs: list[tuple[int, float]]) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    measured = similarity_units(gold, predicted).measure_all()
    assert measured["pearson"] == pytest.approx(pearsonr(gold, predicted).statistic, abs=1e-9)
    assert measured["spearman"] == pytest.approx(spearmanr(gold, predicted).statistic, abs=1e-9)
    result = evaluate_similarity(gold, predicted)
    assert (result.pearson, result.spearman) == pytest.approx(
        (measured["pearson"], measured["spearman"]), abs=1e-9
    )


@given(numbers, st.randoms(use_true_random=False))
def test_measuring_rows_is_measuring_the_pairs_of_these_rows(pairs: list[tuple[int, float]], random) -> None:
    rows = np.array([random.randrange(len(pairs)) for _ in pairs])
    gold, predicted = (np.array(column, float) for column in zip(*pairs, strict=True))
    measured = similarity_units(gold, predicted).measure(rows)
    if np.ptp(gold[rows]) == 0 or np.ptp(predicted[rows]) == 0:
        assert all(map(math.isnan, measured.values()))
        return
    expected = spearmanr(gold[rows], predicted[rows]).statistic
    assert measured["spearman"] == pytest.approx(expected, abs=1e-9)
    expected = pearsonr(gold[rows], predicted[rows]).statistic
    assert measured["pearson"] == pytest.approx(expected, abs=1e-6)


def test_a_model_that_always_says_the_same_has_no_correlation() -> None:
    result = evaluate_similarity([1, 2, 3], [0.5, 0.5, 0.5])
    assert math.isnan(result.pearson)
    assert math.isnan(result.spearman)
    assert json.dumps(result.to_dict(), allow_nan=False) == '{"n": 3, "pearson": null, "spearman": null}'
    assert all(map(math.isnan, similarity_units([1, 2, 3], [0.5] * 3).measure_all().values()))


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([1], [1], "at least 2"),
        ([1, 2], [1, 2, 3], "as many scores"),
        ([1, 2], [1, math.inf], "score 2 is not a finite number"),
        ([math.nan, 2], [1, 2], "judgement 1 is not a finite number"),
        ([3, 3], [1, 2], "all 2 judgements are 3"),
    ],
)
def test_what_has_no_correlation_is_refused(gold, predicted, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate_similarity(gold, predicted)


@pytest.mark.parametrize("value", [0.87, -3.0, 1e-6, 4e8])
def test_scores_that_differ_by_rounding_only_have_no_correlation(value: float) -> None:
    gold = np.arange(50, dtype=np.float64)
    noisy = np.full(50, value, np.float32)
    noisy[::2] = np.nextafter(noisy[::2], np.float32(np.inf))
    for scores in (noisy, np.sort(noisy), value * (1 + 1e-15 * gold)):
        assert np.ptp(scores) > 0
        result = evaluate_similarity(gold, scores)
        assert math.isnan(result.pearson)
        assert math.isnan(result.spearman)
        assert all(map(math.isnan, similarity_units(gold, scores).measure_all().values()))
        with pytest.raises(UsageError, match="a correlation needs different ones"):
            evaluate_similarity(scores, gold)


def test_small_but_real_differences_are_judged() -> None:
    gold = np.arange(5, dtype=np.float64)
    for scores in (
        0.87 + 1e-5 * gold,
        1e-9 * gold,
        np.float32(0.5) + np.float32(1e-4) * gold.astype(np.float32),
    ):
        assert evaluate_similarity(gold, scores).spearman == pytest.approx(1.0)
