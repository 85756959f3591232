from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.training.losses.smoothness import smoothness_loss, symmetric_kl
from tests.training.losses.inputs import FIRST, SECOND, close, gradients, labels, plain_loss


def test_symmetric_kl_equals_scipy_both_ways() -> None:
    import torch
    from scipy.special import softmax
    from scipy.stats import entropy

    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    p, q = softmax(first, axis=1), softmax(second, axis=1)
    expected = entropy(p, q, axis=1) + entropy(q, p, axis=1)
    assert symmetric_kl(torch.tensor(first), torch.tensor(second)).numpy() == pytest.approx(
        expected, rel=1e-5
    )


def test_symmetric_kl_of_one_output_is_that_of_yes_and_no() -> None:
    import torch

    first, second = torch.tensor([[0.3]]), torch.tensor([[-1.2]])
    p, q = torch.sigmoid(first), torch.sigmoid(second)
    expected = (p - q) * (first - second)
    assert float(symmetric_kl(first, second)) == pytest.approx(float(expected), rel=1e-5)


def test_symmetric_kl_is_zero_for_equal_logits_also_with_masked_classes() -> None:
    import torch

    logits = torch.tensor([[2.0, -1.0, torch.finfo(torch.float32).min]])
    assert symmetric_kl(logits, logits.clone()).tolist() == [0.0]


def test_smoothness_without_noise_is_the_inner_loss_also_with_dropout(dropping: Any) -> None:
    import torch

    loss = plain_loss(dropping)
    torch.manual_seed(2)
    clean = loss([FIRST, SECOND], labels())
    torch.manual_seed(2)
    total = smoothness_loss(loss, noise=0.0, weight=3.0)([FIRST, SECOND], labels())
    assert float(total) == float(clean)


def test_smoothness_adds_the_divergence_under_noise_and_trains_both_passes(cross: Any) -> None:
    import torch

    loss = plain_loss(cross)
    clean = float(loss([FIRST, SECOND], labels()))
    found = []
    for weight in (1.0, 2.0):
        torch.manual_seed(7)
        total = smoothness_loss(loss, noise=0.5, weight=weight)([FIRST, SECOND], labels())
        found.append(float(total) - clean)
    assert found[0] > 0
    assert found[1] == pytest.approx(2 * found[0], rel=1e-4)
    loss([FIRST, SECOND], labels()).backward()
    plain = gradients(cross)
    cross.zero_grad()
    total.backward()
    assert not close(gradients(cross), plain)


def test_smoothness_grows_with_the_square_of_small_noise(cross: Any) -> None:
    """A divergence has its minimum at no noise, so that it is quadratic there."""
    import torch

    cross.double()
    try:
        loss = plain_loss(cross)
        clean = float(loss([FIRST, SECOND], labels()))
        found = []
        for noise in (1e-2, 2e-2):
            torch.manual_seed(7)
            found.append(float(smoothness_loss(loss, noise=noise)([FIRST, SECOND], labels())) - clean)
        assert found[1] / found[0] == pytest.approx(4.0, rel=0.2)
    finally:
        cross.float()


def test_smoothness_refuses_bi_encoders_and_negative_values(bi: Any, cross: Any) -> None:
    from sentence_transformers.sentence_transformer.losses import CoSENTLoss

    with pytest.raises(UsageError, match="cross-encoder"):
        smoothness_loss(CoSENTLoss(bi))
    with pytest.raises(UsageError, match="0 or more"):
        smoothness_loss(plain_loss(cross), noise=-1.0)
