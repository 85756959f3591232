"""Dropout from random bytes: the right share, the right scale, torch's seed."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from simengine.training.dropout import ByteDropout, quicken_dropout  # noqa: E402
from tests.training.tiny_models import tiny_cross_encoder  # noqa: E402


@pytest.mark.parametrize(("p", "dropped"), [(0.1, 26 / 256), (0.5, 0.5), (0.25, 0.25)])
def test_the_share_is_dropped_and_the_rest_scaled_by_its_inverse(p: float, dropped: float) -> None:
    torch.manual_seed(1)
    out = ByteDropout(p)(torch.ones(499, 1001))
    values = out.unique()
    assert values.tolist() == pytest.approx([0.0, 1 / (1 - dropped)])
    assert float((out == 0).float().mean()) == pytest.approx(dropped, abs=0.003)
    assert float(out.mean()) == pytest.approx(1.0, abs=0.005)


def test_elements_are_dropped_independently_of_their_neighbours() -> None:
    torch.manual_seed(2)
    gone = (ByteDropout(0.5)(torch.ones(1 << 20)) == 0).float()
    for shift in (1, 2, 4, 8, 16):
        assert float((gone[:-shift] * gone[shift:]).mean()) == pytest.approx(0.25, abs=0.003)


def test_a_seed_decides_what_is_dropped() -> None:
    layer, x = ByteDropout(0.3), torch.ones(77)
    torch.manual_seed(3)
    first, second = layer(x), layer(x)
    torch.manual_seed(3)
    assert torch.equal(layer(x), first)
    assert not torch.equal(first, second)


def test_gradients_pass_where_values_pass() -> None:
    x = torch.ones(64, 3, requires_grad=True)
    out = ByteDropout(0.4)(x)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())


def test_nothing_happens_outside_training_or_with_probability_0() -> None:
    x = torch.randn(5, 5)
    assert ByteDropout(0.5).eval()(x) is x
    assert ByteDropout(0.0)(x) is x
    assert torch.equal(ByteDropout(1.0)(x), torch.zeros_like(x))


def test_every_plain_dropout_of_a_model_is_replaced_and_its_outputs_stay(tmp_path: Path) -> None:
    model = tiny_cross_encoder(tmp_path / "m", dropout=0.1)
    pairs = [("a cat", "a dog"), ("one", "two")]
    before = model.predict(pairs)
    assert quicken_dropout(model) > 4
    assert not any(type(module) is torch.nn.Dropout for module in model.modules())
    assert quicken_dropout(model) == 0
    assert (model.predict(pairs) == before).all()
