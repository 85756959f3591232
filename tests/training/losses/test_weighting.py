from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.training.losses.weighting import class_weights, cross_entropy_loss
from tests.training.losses.inputs import FIRST, SECOND, labels


def test_balanced_class_weights_equal_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    said = ["a"] * 5 + ["b"] * 3 + ["c"] * 2
    expected = compute_class_weight("balanced", classes=np.array(["c", "a", "b"]), y=said)
    assert class_weights(said, ("c", "a", "b"), "balanced") == pytest.approx(tuple(expected))
    assert class_weights(said, ("c", "a", "b"), "balanced") == pytest.approx((10 / 6, 10 / 15, 10 / 9))


def test_balanced_class_weights_give_one_to_a_class_without_examples() -> None:
    assert class_weights(["a", "a", "b"], ("a", "b", "z"), "balanced") == pytest.approx((0.75, 1.5, 1.0))


def test_given_class_weights_stand_in_the_models_order() -> None:
    assert class_weights([], ("a", "b", "c"), {"c": 2.0, "a": 0.5}) == (0.5, 1.0, 2.0)
    assert class_weights(["a"], ("a",), None) is None


def test_class_weights_refuse_what_cannot_be() -> None:
    for labels_given, choice, reason in (
        (["a"], {"d": 1.0}, "known are a, b"),
        (["a"], {"a": 0.0}, "above 0"),
        (["d"], "balanced", "not one of the model"),
        ([], "balanced", "need labelled examples"),
    ):
        with pytest.raises(UsageError, match=reason):
            class_weights(labels_given, ("a", "b"), choice)  # type: ignore[arg-type]


def test_cross_entropy_loss_has_weights_and_label_smoothing(cross: Any) -> None:
    import torch

    weights = (0.5, 1.0, 4.0)
    logits = cross(cross.preprocess(list(zip(FIRST, SECOND, strict=True))))["scores"]
    expected = torch.nn.functional.cross_entropy(logits, labels(), torch.tensor(weights), label_smoothing=0.1)
    found = cross_entropy_loss(cross, weights=weights, label_smoothing=0.1)([FIRST, SECOND], labels())
    assert float(found) == pytest.approx(float(expected), rel=1e-6)
    log = logits.log_softmax(-1)
    by_hand = -(0.5 * log[0, 0] + 4.0 * log[1, 2]) / 4.5
    found = cross_entropy_loss(cross, weights=weights)([FIRST, SECOND], labels())
    assert float(found) == pytest.approx(float(by_hand), rel=1e-5)


def test_cross_entropy_loss_refuses_what_does_not_fit(cross: Any) -> None:
    with pytest.raises(UsageError, match="2 class weights and 3 outputs"):
        cross_entropy_loss(cross, weights=(1.0, 2.0))
    with pytest.raises(UsageError, match="below 1"):
        cross_entropy_loss(cross, label_smoothing=1.0)
