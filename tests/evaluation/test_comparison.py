"""Comparisons of two models: counts by hand, p-values against exact tests and by simulation."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import permutation_test

from simengine.errors import UsageError
from simengine.evaluation.classification import classification_units
from simengine.evaluation.comparison import compare_models, mcnemar
from simengine.evaluation.similarity import similarity_units
from simengine.evaluation.units import ClassificationUnits, MeanUnits, TaggingUnits


def classified(right: str) -> ClassificationUnits:
    """Gold is "a" throughout; "+" is right."""
    return classification_units(
        ["a"] * len(right), ["a" if sign == "+" else "b" for sign in right], labels=("a", "b")
    )


def valued(values: list[float]) -> MeanUnits:
    ids = tuple(str(number) for number in range(len(values)))
    return MeanUnits(ids, ("MAP",), np.array(values).reshape(-1, 1), "question", "MAP")


def test_the_units_that_each_model_alone_gets_right_are_counted() -> None:
    units = compare_models(classified("+++--+"), classified("+-++--"), n_resamples=100).units
    assert units is not None
    assert (units.first_better, units.second_better, units.both_right, units.both_wrong) == (2, 1, 2, 1)
    assert units.metric == "accuracy"


def test_difference_is_second_less_first() -> None:
    accuracy = compare_models(classified("+---"), classified("++--"), n_resamples=100).metrics[0]
    assert (accuracy.metric, accuracy.first, accuracy.second, accuracy.difference) == (
        "accuracy",
        0.25,
        0.5,
        0.25,
    )


@pytest.mark.parametrize(
    ("first", "second", "p_value"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 1, 1.0), (0, 5, 2 / 32), (1, 9, 22 / 1024), (9, 1, 22 / 1024)],
)
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int, p_value: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p_value)


def test_randomisation_p_value_agrees_with_an_exact_permutation_test() -> None:
    generator = np.random.default_rng(3)
    first, second = generator.normal(0, 1, 12), generator.normal(0.5, 1, 12)
    ours = compare_models(valued(first.tolist()), valued(second.tolist()), n_resamples=4_000).metrics[0]
    exact = permutation_test(
        (first, second), lambda a, b: np.mean(b) - np.mean(a), permutation_type="samples", n_resamples=np.inf
    )
    assert ours.p_value == pytest.approx(exact.pvalue, abs=0.03)


def test_a_model_compared_with_itself_has_p_1_and_difference_0() -> None:
    for units in (classified("+-+-+"), valued([0.1, 0.5, 0.9]), similarity_units([1, 2, 3], [3, 1, 2])):
        comparison = compare_models(units, units, n_resamples=100)
        for metric in comparison.metrics:
            assert (metric.difference, metric.p_value) == (0.0, 1.0)
            assert metric.interval is not None
            assert (metric.interval.low, metric.interval.high) == (0.0, 0.0)


def test_a_change_of_scale_is_no_difference_in_correlation() -> None:
    generator = np.random.default_rng(2)
    gold = generator.normal(size=40)
    scores = gold + generator.normal(size=40)
    comparison = compare_models(
        similarity_units(gold, scores), similarity_units(gold, 1_000 * scores - 7), n_resamples=200
    )
    for metric in comparison.metrics:
        assert metric.difference == pytest.approx(0.0, abs=1e-9)
        assert metric.p_value == 1.0
    assert comparison.units is None


def test_a_clearly_better_correlation_is_found_on_any_scale() -> None:
    generator = np.random.default_rng(2)
    gold = generator.normal(size=120)
    weak, strong = gold + 3 * generator.normal(size=120), 100 * (gold + 0.3 * generator.normal(size=120))
    comparison = compare_models(similarity_units(gold, weak), similarity_units(gold, strong), n_resamples=300)
    for metric in comparison.metrics:
        assert metric.difference > 0
        assert metric.p_value < 0.01
        assert metric.interval is not None
        assert metric.interval.low > 0


def test_randomisation_seldom_finds_a_difference_where_there_is_none() -> None:
    generator = np.random.default_rng(11)
    found = 0
    for _ in range(100):
        first, second = generator.random(40) < 0.7, generator.random(40) < 0.7
        signs = ["".join("+" if hit else "-" for hit in line) for line in (first, second)]
        comparison = compare_models(*map(classified, signs), rng=generator, n_resamples=100)
        found += comparison.metrics[0].p_value <= 0.05
    assert found <= 12


def test_graded_units_are_counted_as_better_and_worse_without_mcnemar() -> None:
    units = compare_models(valued([0.2, 0.9, 0.5]), valued([0.3, 0.1, 0.5]), n_resamples=100).units
    assert units is not None
    assert (units.first_better, units.second_better, units.equal) == (1, 1, 1)
    assert units.mcnemar_p is None
    assert units.both_right is None


def test_tagged_sentences_are_compared_by_whether_all_entities_are_right() -> None:
    first = TaggingUnits(np.array([[1, 1, 1], [0, 0, 2], [0, 1, 0]]))
    second = TaggingUnits(np.array([[1, 2, 1], [2, 2, 2], [0, 0, 0]]))
    comparison = compare_models(first, second, n_resamples=100)
    assert comparison.units is not None
    assert comparison.units.metric == "all entities right"
    assert (comparison.units.first_better, comparison.units.second_better) == (1, 2)


def test_different_examples_are_refused() -> None:
    with pytest.raises(UsageError, match="same units"):
        compare_models(classified("++"), classified("+++"))
    with pytest.raises(UsageError, match="same units"):
        compare_models(classified("++"), valued([1.0, 0.0]))
    other_gold = classification_units(["b", "a"], ["a", "a"], labels=("a", "b"))
    with pytest.raises(UsageError, match="gold answers differ"):
        compare_models(classified("++"), other_gold)


def test_as_dict_is_json() -> None:
    comparison = compare_models(classified("+-+"), classified("++-"), n_resamples=100)
    assert json.loads(json.dumps(comparison.to_dict()))["units"]["first_better"] == 1
