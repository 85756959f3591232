"""Calibrations on samples whose true probabilities are known."""

from __future__ import annotations

import builtins
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.calibration.calibration import (
    MIN_PAIRS,
    Calibration,
    fit_calibration,
    fit_calibration_counted,
)
from simengine.errors import MissingExtraError, UsageError
from simengine.evaluation.calibration import evaluate_calibration

MODEL = "a" * 64


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def sample(
    n: int = 3_000, slope: float = 1.0, shift: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose log-odds are slope * z + shift, of labels that are 1 with probability sigmoid(z)."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2, n)
    return sigmoid(slope * z + shift), (rng.random(n) < sigmoid(z)).astype(int)


def fit(scores: object, labels: object, **options: object) -> Calibration:
    return fit_calibration(scores, labels, **{"model": MODEL, "task": "relevance", **options})  # type: ignore[arg-type]


def test_a_temperature_finds_how_much_too_sure_scores_are() -> None:
    scores, labels = sample(slope=3.0)
    found = fit(scores, labels, kind="temperature")
    assert found.parameters["temperature"] == pytest.approx(3.0, rel=0.1)
    inside = scores[(scores > 1e-6) & (scores < 1 - 1e-6)]
    expected = sigmoid(np.log(inside / (1 - inside)) / found.parameters["temperature"])
    np.testing.assert_allclose(found.apply(inside), expected, atol=1e-5)


def test_platt_finds_slope_and_intercept() -> None:
    scores, labels = sample(slope=3.0, shift=1.5)
    found = fit(scores, labels, kind="platt")
    assert found.parameters["slope"] == pytest.approx(1 / 3, rel=0.1)
    assert found.parameters["intercept"] == pytest.approx(-0.5, abs=0.12)


def test_platt_is_the_logistic_regression_on_platts_targets() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    scores, labels = sample(n=60, seed=3)
    found = fit(scores, labels, kind="platt")
    z, n_right = np.log(scores / (1 - scores)), labels.sum()
    targets = np.where(labels == 1, (n_right + 1) / (n_right + 2), 1 / (60 - n_right + 2))

    def loss(ab: np.ndarray) -> float:
        p = sigmoid(ab[0] * z + ab[1])
        return float(-(targets * np.log(p) + (1 - targets) * np.log(1 - p)).sum())

    best = optimize.minimize(loss, [1.0, 0.0], tol=1e-12).x
    assert [found.parameters["slope"], found.parameters["intercept"]] == pytest.approx(best, rel=1e-3)


def test_isotonic_follows_any_rising_function() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random(6_000)
    true = np.where(scores < 0.5, 0.1, 0.8)
    found = fit(scores, rng.random(6_000) < true, kind="isotonic")
    np.testing.assert_allclose(found.apply([0.2, 0.4, 0.6, 0.9]), [0.1, 0.1, 0.8, 0.8], atol=0.05)


@pytest.mark.parametrize("kind", ["temperature", "platt", "isotonic", "auto"])
def test_the_error_after_is_that_of_pairs_left_out_and_smaller(kind: str) -> None:
    scores, labels = sample(slope=3.0)
    fitted = fit_calibration_counted(scores, labels, model=MODEL, task="relevance", kind=kind)
    found = fitted.calibration
    expected = evaluate_calibration(fitted.out_of_fold, labels == 1).expected_calibration_error
    assert found.ece_after == pytest.approx(expected)
    before = evaluate_calibration(scores, labels == 1).expected_calibration_error
    assert found.ece_before == pytest.approx(before)
    assert found.ece_after < before / 3
    assert (found.n, found.base_rate) == (3_000, pytest.approx(labels.mean()))


def test_the_error_after_is_not_that_of_the_fit_itself() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.random(200), np.arange(200) % 2  # scores that say nothing
    fitted = fit_calibration_counted(scores, labels, model=MODEL, task="relevance", kind="isotonic")
    inside = evaluate_calibration(fitted.calibration.apply(scores), labels == 1).expected_calibration_error
    assert fitted.calibration.ece_after > inside + 0.02


def test_pairs_of_one_group_are_never_on_both_sides() -> None:
    rng = np.random.default_rng(1)
    of_group, groups = rng.random(40).repeat(10), np.arange(40).repeat(10)
    labels = (rng.random(40) < 0.5).repeat(10)  # known for a group from any other pair of it
    together = fit(of_group, labels, kind="isotonic", groups=groups.tolist())
    apart = fit(of_group, labels, kind="isotonic")
    assert together.ece_after > apart.ece_after + 0.05


def test_several_classes_take_one_temperature() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (3_000, 3))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(3, p=row) for row in true])
    sharp = np.exp(2 * logits) / np.exp(2 * logits).sum(axis=1, keepdims=True)
    found = fit(sharp, labels, kind="auto", task="nli")
    assert (found.kind, found.n_classes) == ("temperature", 3)
    assert found.parameters["temperature"] == pytest.approx(2.0, rel=0.1)
    np.testing.assert_allclose(found.apply(sharp), true, atol=0.05)
    assert found.apply(sharp).sum(axis=1) == pytest.approx(np.ones(3_000), abs=1e-5)
    assert (found.apply(sharp).argmax(axis=1) == sharp.argmax(axis=1)).all()
    from_logits = fit(2 * logits, labels, kind="temperature", scale="logit", task="nli")
    assert from_logits.parameters["temperature"] == pytest.approx(found.parameters["temperature"], rel=1e-3)
    np.testing.assert_allclose(from_logits.apply(2 * logits), found.apply(sharp), atol=1e-3)


def test_cosines_have_no_error_before() -> None:
    scores, labels = sample()
    found = fit(2 * scores - 1, labels, task="cosine", scale="other", kind="auto")
    assert found.ece_before is None
    assert found.kind in ("platt", "isotonic")
    assert found.ece_after < 0.05


def test_logits_are_taken_as_they_are() -> None:
    scores, labels = sample(slope=2.0)
    logits = np.log(scores / (1 - scores))
    from_logits = fit(logits, labels, scale="logit", kind="temperature")
    np.testing.assert_allclose(
        from_logits.apply(logits), fit(scores, labels, kind="temperature").apply(scores), atol=1e-4
    )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["temperature", "platt", "isotonic"]),
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40),
)
def test_probabilities_rise_with_scores_and_stay_between_0_and_1(kind: str, scores: list[float]) -> None:
    parameters = {
        "temperature": {"temperature": 2.5},
        "platt": {"slope": 0.7, "intercept": -1.0},
        "isotonic": {"scores": [0.1, 0.4, 0.4, 0.9], "probabilities": [0.05, 0.2, 0.6, 0.95]},
    }[kind]
    made = Calibration(
        kind, MODEL, "relevance", "probability", parameters, 100, "", "2026-01-01", 0.1, 0.05, 0.5
    )
    found = made.apply(np.sort(np.asarray(scores, np.float32)))
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) >= -1e-7).all()


def test_scores_of_exactly_0_and_1_have_probabilities() -> None:
    scores, labels = sample()
    for kind in ("temperature", "platt", "isotonic"):
        found = fit(scores, labels, kind=kind).apply([0.0, 1.0])
        assert 0 <= found[0] < found[1] <= 1


def test_separable_labels_give_finite_parameters() -> None:
    scores = np.linspace(0.01, 0.99, 200)
    for kind in ("temperature", "platt", "isotonic"):
        found = fit(scores, scores > 0.5, kind=kind)
        assert 0 < found.apply([0.01])[0] < 0.1
        assert 0.9 < found.apply([0.99])[0] < 1


def test_the_same_pairs_give_the_same_calibration() -> None:
    scores, labels = sample(500)
    assert fit(scores, labels, kind="auto") == fit(scores, labels, kind="auto")


def test_no_scores_give_no_probabilities() -> None:
    scores, labels = sample(200)
    assert fit(scores, labels).apply([]).shape == (0,)


@pytest.mark.parametrize("kind", ["temperature", "platt", "isotonic"])
def test_a_table_brings_back_the_same_calibration(kind: str) -> None:
    scores, labels = sample(400)
    made = fit(scores, labels, kind=kind, fitted_on="对子.jsonl", precisions=[0.8, 0.999])
    read = Calibration.from_table(json.loads(json.dumps(made.as_table())))
    assert read == made
    np.testing.assert_array_equal(read.apply(scores), made.apply(scores))


def test_a_table_that_is_no_calibration_is_refused() -> None:
    scores, labels = sample(200)
    table = fit(scores, labels).as_table()
    for broken in (
        {},
        [],
        {**table, "more": 1},
        {**table, "kind": "other"},
        {**table, "parameters": {}},
        {**table, "parameters": {"slope": -1.0, "intercept": 0.0}},
        {**table, "parameters": {"slope": "x", "intercept": 0.0}},
        {**table, "kind": "isotonic", "parameters": {"scores": [1, 0], "probabilities": [0, 1]}},
        {**table, "kind": "isotonic", "parameters": {"scores": [], "probabilities": []}},
    ):
        with pytest.raises(UsageError):
            Calibration.from_table(broken)  # type: ignore[arg-type]


SCORES, LABELS = sample(200)


@pytest.mark.parametrize(
    ("scores", "labels", "options", "says"),
    [
        (SCORES, np.ones(200), {}, "each label"),
        (SCORES, np.arange(200) < 2, {}, "each label"),
        (np.full(200, 0.5), LABELS, {}, "all scores"),
        (np.where(np.arange(200) == 7, np.nan, SCORES), LABELS, {}, "score 7"),
        (SCORES[:10], LABELS[:10], {}, "too few"),
        (SCORES[:50], LABELS[:50], {"kind": "isotonic"}, "too few"),
        (SCORES[:0], LABELS[:0], {}, "too few"),
        (SCORES, LABELS[:-1], {}, "label for each"),
        (SCORES, LABELS + 1, {}, "labels are"),
        (SCORES, LABELS / 2, {}, "labels are"),
        (SCORES * 2, LABELS, {}, "between 0 and 1"),
        (1 - SCORES, LABELS, {}, "wrong way"),
        (SCORES, LABELS, {"kind": "spline"}, "kind"),
        (SCORES, LABELS, {"scale": "percent"}, "scale"),
        (SCORES, LABELS, {"kind": "temperature", "scale": "other"}, "temperature"),
        (SCORES, LABELS, {"groups": ["a"] * 200}, "groups"),
        (SCORES, LABELS, {"groups": ["a"]}, "group for each"),
        (SCORES, LABELS, {"precisions": [2.0]}, "precision"),
        (np.stack([SCORES, 1 - SCORES], axis=1), LABELS, {"kind": "platt"}, "several classes"),
        (np.stack([SCORES, SCORES], axis=1), LABELS, {"kind": "temperature"}, "sum to 1"),
        (["a"] * 200, LABELS, {}, "numbers"),
    ],
)
def test_pairs_that_teach_nothing_are_refused_with_what_is_wrong(scores, labels, options, says) -> None:
    with pytest.raises(UsageError, match=says):
        fit(scores, labels, **options)


def test_scores_of_another_shape_or_scale_are_refused() -> None:
    made = fit(SCORES, LABELS)
    for wrong in ([[0.5, 0.5]], [1.5], [np.nan], 0.5, ["a"]):
        with pytest.raises(UsageError):
            made.apply(wrong)
    with pytest.raises(UsageError):
        replace(made, parameters={"temperature": 1.0, "classes": 3}, kind="temperature").apply([[0.5, 0.5]])


def test_the_least_numbers_of_pairs_are_enough() -> None:
    for kind, n in MIN_PAIRS.items():
        scores, labels = sample(n, seed=5)
        assert fit(scores, labels, kind=kind).n == n


def test_auto_takes_the_kinds_that_there_are_enough_pairs_for() -> None:
    scores, labels = sample(40, slope=2.0)
    assert fit(scores, labels, kind="auto").kind in ("temperature", "platt")


def test_fitting_without_scikit_learn_names_the_extra_and_applying_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    made = fit(SCORES, LABELS, kind="isotonic")
    real = builtins.__import__
    for name in [each for each in sys.modules if each.split(".")[0] in ("sklearn", "scipy")]:
        monkeypatch.delitem(sys.modules, name)

    def refuse(name: str, *rest: object) -> object:
        if name.split(".")[0] in ("sklearn", "scipy"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.split(".")[0])
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr("simengine.extras.import_module", refuse)
    assert made.apply(SCORES).shape == (200,)
    with pytest.raises(MissingExtraError, match=r"simengine-search\[judge\]"):
        fit(SCORES, LABELS)
