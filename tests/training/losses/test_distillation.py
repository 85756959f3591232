from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from simengine.corpus.examples import Triplet
from simengine.errors import UsageError
from simengine.training.losses.adversarial import adversarial_loss
from simengine.training.losses.distillation import (
    TEACHER_COLUMN,
    distillation_loss,
    margin_columns,
    margin_loss,
    teacher_divergence,
    teacher_logits,
    teacher_margins,
)
from simengine.types import FloatMatrix
from tests.training.losses.inputs import FIRST, SECOND, features, gradients, labels, plain_loss


class Told:
    """A teacher that says what it was told to."""

    def __init__(self, labels: tuple[str, ...], rows: dict[tuple[str, str], list[float]]) -> None:
        self.labels, self._rows = labels, rows

    def predict_logits(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        return np.array([self._rows[pair] for pair in pairs], np.float32)


def test_teacher_divergence_is_zero_where_student_and_teacher_agree() -> None:
    import torch

    logits = torch.randn(5, 3)
    # Softmax does not see a constant.
    assert float(teacher_divergence(logits, logits + 4.0, 2.0)) == pytest.approx(0.0, abs=1e-5)
    assert float(teacher_divergence(logits[:, :1], logits[:, :1], 2.0)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_teacher_divergence_equals_scipy(temperature: float) -> None:
    import torch
    from scipy.special import softmax
    from scipy.stats import entropy

    rng = np.random.default_rng(1)
    student, teacher = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    p, q = softmax(teacher / temperature, axis=1), softmax(student / temperature, axis=1)
    expected = temperature**2 * entropy(p, q, axis=1).mean()
    found = teacher_divergence(torch.tensor(student), torch.tensor(teacher), temperature)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_teacher_divergence_of_one_output_is_that_of_probabilities() -> None:
    import torch

    student, teacher = torch.tensor([[0.4]]), torch.tensor([[2.0]])
    p, q = float(torch.sigmoid(teacher)), float(torch.sigmoid(student))
    expected = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    assert float(teacher_divergence(student, teacher)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_distillation_mixes_labels_and_teacher_by_alpha(cross: Any, alpha: float) -> None:
    import torch

    loss = plain_loss(cross)
    taught = [[2.0, 0.5, -1.0], [0.1, 0.0, 3.0]]
    hard = float(loss([FIRST, SECOND], labels()))
    student = cross(cross.preprocess(list(zip(FIRST, SECOND, strict=True))))["scores"]
    soft = float(teacher_divergence(student, torch.tensor(taught), 2.0))
    total = distillation_loss(loss, alpha=alpha, temperature=2.0)([FIRST, SECOND, taught], labels())
    assert float(total) == pytest.approx((1 - alpha) * hard + alpha * soft, rel=1e-5)


def test_distillation_from_itself_alone_gives_no_gradient(cross: Any) -> None:
    taught = cross(cross.preprocess(list(zip(FIRST, SECOND, strict=True))))["scores"].tolist()
    total = distillation_loss(plain_loss(cross), alpha=1.0)([FIRST, SECOND, taught], labels())
    total.backward()
    assert float(total) == pytest.approx(0.0, abs=1e-5)
    assert max(float(gradient.abs().max()) for gradient in gradients(cross).values()) < 1e-4


def test_distillation_under_adversarial_training_keeps_both_definitions(cross: Any) -> None:
    taught = [[2.0, 0.5, -1.0], [0.1, 0.0, 3.0]]
    inner = distillation_loss(plain_loss(cross))
    once = float(inner([FIRST, SECOND, taught], labels()))
    twice = adversarial_loss(inner, epsilon=0.0)([FIRST, SECOND, taught], labels())
    assert float(twice) == pytest.approx(2 * once, rel=1e-6)


def test_distillation_says_what_is_missing(cross: Any) -> None:
    loss = distillation_loss(plain_loss(cross))
    with pytest.raises(UsageError, match=TEACHER_COLUMN):
        loss([FIRST, SECOND], labels())
    with pytest.raises(UsageError, match=r"\(2, 2\)"):
        loss([FIRST, SECOND, [[1.0, 2.0], [1.0, 2.0]]], labels())
    for values in ({"alpha": 1.5}, {"temperature": 0.0}):
        with pytest.raises(UsageError, match="alpha"):
            distillation_loss(plain_loss(cross), **values)


def test_teacher_logits_come_in_the_students_order() -> None:
    teacher = Told(("contradiction", "entailment", "neutral"), {("a", "b"): [1.0, 2.0, 3.0]})
    found = teacher_logits(teacher, [("a", "b")], ("entailment", "neutral", "contradiction"))
    assert found.tolist() == [[2.0, 3.0, 1.0]]
    assert teacher_logits(teacher, [], ("entailment", "neutral", "contradiction")).shape == (0, 3)
    with pytest.raises(UsageError, match="same labels"):
        teacher_logits(teacher, [("a", "b")], ("relevance",))


def test_teacher_logits_of_one_output_go_to_any_other_single_output() -> None:
    teacher = Told(("relevance",), {("a", "b"): [1.5]})
    assert teacher_logits(teacher, [("a", "b")], ("score",)).tolist() == [[1.5]]


TRIPLETS = [Triplet("q1", "p1", "n1"), Triplet("q2", "p2", "n2")]


def test_teacher_margins_are_differences_of_logits() -> None:
    rows = {("q1", "p1"): [5.0], ("q1", "n1"): [1.0], ("q2", "p2"): [0.5], ("q2", "n2"): [2.5]}
    margins = teacher_margins(Told(("relevance",), rows), TRIPLETS)
    assert margins.tolist() == pytest.approx([4.0 / 3.9, -2.0 / 3.9])  # 3.9 is the 95th percentile of 4 and 2
    assert margin_columns(TRIPLETS, margins) == {
        "anchor": ["q1", "q2"],
        "positive": ["p1", "p2"],
        "negative": ["n1", "n2"],
        "label": margins.tolist(),
    }
    assert teacher_margins(Told(("relevance",), {}), []).tolist() == []


def test_teacher_margins_are_scaled_to_what_cosines_can_differ_by() -> None:
    rows = {("q1", "p1"): [10.0], ("q1", "n1"): [0.0], ("q2", "p2"): [-10.0], ("q2", "n2"): [0.0]}
    margins = teacher_margins(Told(("relevance",), rows), TRIPLETS)
    assert margins.tolist() == pytest.approx([1.0, -1.0])


def test_teacher_margins_of_an_nli_model_are_log_odds_of_entailment() -> None:
    names = ("neutral", "entailment", "contradiction")
    rows = {key: [0.0, 0.0, 0.0] for key in (("q1", "n1"), ("q2", "n2"))}
    rows["q1", "p1"] = [1.0, 3.0, -1.0]
    rows["q2", "p2"] = [0.0, 2.0, 0.0]
    margins = teacher_margins(Told(names, rows), TRIPLETS)
    p1 = math.exp(3) / (math.exp(3) + math.exp(1) + math.exp(-1))
    p2 = math.exp(2) / (math.exp(2) + 2)
    odds1, odds2, even = (math.log(p / (1 - p)) for p in (p1, p2, 1 / 3))
    assert float(margins[0] / margins[1]) == pytest.approx((odds1 - even) / (odds2 - even), rel=1e-5)
    with pytest.raises(UsageError, match="entailment"):
        teacher_margins(Told(("a", "b"), {key: [0.0, 1.0] for key in rows}), TRIPLETS)


def test_margin_loss_is_the_squared_error_of_the_margin_of_cosines(bi: Any) -> None:
    import torch

    columns = [FIRST, SECOND, ["Nothing.", "Something else entirely."]]
    anchor, positive, negative = (
        torch.nn.functional.normalize(bi(features(bi, column))["sentence_embedding"], dim=-1)
        for column in columns
    )
    taught = torch.tensor([0.4, -0.2])
    margins = (anchor * positive).sum(-1) - (anchor * negative).sum(-1)
    expected = float(((margins - taught) ** 2).mean())
    found = margin_loss(bi)([features(bi, column) for column in columns], taught)
    assert float(found) == pytest.approx(expected, rel=1e-5)
