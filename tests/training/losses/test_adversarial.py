from __future__ import annotations

from typing import Any

import pytest

from simengine.errors import UsageError
from simengine.training.losses.adversarial import adversarial_loss, perturbation, with_adversarial
from simengine.training.losses.wrapping import embeddings_changed, word_embeddings
from tests.training.losses.inputs import FIRST, SECOND, close, features, gradients, labels, plain_loss


def test_perturbation_has_norm_epsilon_for_each_sequence_and_points_along_the_gradient() -> None:
    import torch

    gradient = torch.randn(3, 5, 4) * torch.tensor([1.0, 1e-6, 1e-25]).view(3, 1, 1)
    found = perturbation(gradient, 0.25)
    assert torch.linalg.vector_norm(found, dim=(1, 2)).tolist() == pytest.approx([0.25] * 3, rel=1e-5)
    for row in range(2):
        cosine = torch.nn.functional.cosine_similarity(found[row].flatten(), gradient[row].flatten(), dim=0)
        assert float(cosine) == pytest.approx(1.0, abs=1e-5)


def test_perturbation_of_a_zero_gradient_is_zero() -> None:
    import torch

    assert perturbation(torch.zeros(2, 3, 4), 1.0).abs().max() == 0


def test_perturbation_of_a_sequence_does_not_depend_on_the_others_in_the_batch() -> None:
    import torch

    gradient = torch.randn(4, 6, 8)
    alone = perturbation(gradient[2:3], 0.5)
    assert torch.allclose(perturbation(gradient, 0.5)[2:3], alone)


def test_perturbation_keeps_the_type_of_the_gradient() -> None:
    import torch

    found = perturbation(torch.randn(2, 3, 4, dtype=torch.bfloat16), 0.5)
    assert found.dtype == torch.bfloat16
    assert torch.linalg.vector_norm(found.float(), dim=(1, 2)).tolist() == pytest.approx([0.5] * 2, rel=1e-2)


def test_adversarial_with_epsilon_zero_is_one_plus_weight_times_the_clean_loss(dropping: Any) -> None:
    import torch

    loss = plain_loss(dropping)
    torch.manual_seed(1)
    clean = loss([FIRST, SECOND], labels())
    clean.backward()
    expected = gradients(dropping)
    dropping.zero_grad()
    torch.manual_seed(1)
    total = adversarial_loss(loss, epsilon=0.0, weight=0.5)([FIRST, SECOND], labels())
    total.backward()
    assert float(total) == pytest.approx(1.5 * float(clean), rel=1e-6)
    assert close(gradients(dropping), expected, 1.5)


def test_adversarial_leaves_the_random_stream_as_the_clean_loss_does(dropping: Any) -> None:
    import torch

    loss = plain_loss(dropping)
    torch.manual_seed(1)
    loss([FIRST, SECOND], labels())
    expected = torch.rand(3)
    torch.manual_seed(1)
    adversarial_loss(loss, epsilon=0.1)([FIRST, SECOND], labels())
    assert torch.equal(torch.rand(3), expected)


def oracle(model: Any, epsilon: float, weight: float) -> Any:
    """The same by transformers' own `inputs_embeds`, without any hook."""
    import torch

    transformer = model.transformers_model
    tokens = model.preprocess(list(zip(FIRST, SECOND, strict=True)))
    ids = tokens["input_ids"]
    rest = {"attention_mask": tokens["attention_mask"], "token_type_ids": tokens["token_type_ids"]}
    table = transformer.get_input_embeddings()

    def value(embedded: Any) -> Any:
        logits = transformer(inputs_embeds=embedded, **rest).logits
        return torch.nn.functional.cross_entropy(logits, labels())

    leaf = table(ids).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(value(leaf), leaf)
    norm = gradient.flatten(1).norm(dim=1).view(-1, 1, 1)
    moved = (epsilon * gradient / norm).detach()
    embedded = table(ids)
    return value(embedded) + weight * value(embedded + moved)


def test_adversarial_value_and_gradients_equal_the_definition(cross: Any) -> None:
    expected = oracle(cross, 0.7, 0.4)
    expected.backward()
    by_definition = gradients(cross)
    cross.zero_grad()
    total = adversarial_loss(plain_loss(cross), epsilon=0.7, weight=0.4)([FIRST, SECOND], labels())
    total.backward()
    assert float(total) == pytest.approx(float(expected), rel=1e-5)
    found = gradients(cross)
    assert {name.split("model.", 1)[-1] for name in found} == {
        name.split("model.", 1)[-1] for name in by_definition
    }
    assert close(found, by_definition)


def test_adversarial_loss_grows_by_epsilon_times_the_gradients_norm_as_finite_differences_say(
    cross: Any,
) -> None:
    import torch

    cross.double()
    try:
        loss = plain_loss(cross)
        pair = [FIRST[:1], SECOND[:1]]
        layer = word_embeddings(cross)
        held: list[Any] = []

        def keep(_call: int, output: Any) -> Any:
            held.append(output.detach().requires_grad_())
            return held[0]

        with embeddings_changed(layer, keep):
            clean = loss(pair, labels()[:1])
        (gradient,) = torch.autograd.grad(clean, held)
        epsilon = 1e-5
        total = adversarial_loss(loss, epsilon=epsilon)(pair, labels()[:1])
        slope = (float(total) - 2 * float(clean)) / epsilon
        assert slope == pytest.approx(float(gradient.norm()), rel=1e-3)
    finally:
        cross.float()


def test_adversarial_gradients_equal_finite_differences_of_the_weights(cross: Any) -> None:
    """The perturbation is a constant in the gradient: held still, the total loss has this slope."""
    import torch

    cross.double()
    try:
        loss = plain_loss(cross)
        layer = word_embeddings(cross)
        parameter = cross.transformers_model.bert.encoder.layer[0].attention.self.query.weight
        outputs: list[Any] = []

        def keep(_call: int, output: Any) -> Any:
            outputs.append(output)
            return output

        with embeddings_changed(layer, keep):
            clean = loss([FIRST, SECOND], labels())
        moves = perturbation(torch.autograd.grad(clean, outputs)[0], 0.5)

        def total() -> float:
            value = float(loss([FIRST, SECOND], labels()))
            with embeddings_changed(layer, lambda _call, output: output + moves):
                return value + float(loss([FIRST, SECOND], labels()))

        cross.zero_grad()
        adversarial_loss(loss, epsilon=0.5)([FIRST, SECOND], labels()).backward()
        for row, column in ((0, 0), (3, 7), (30, 21)):
            slope = parameter.grad[row, column]
            with torch.no_grad():
                parameter[row, column] += 1e-5
                above = total()
                parameter[row, column] -= 2e-5
                below = total()
                parameter[row, column] += 1e-5
            assert float(slope) == pytest.approx((above - below) / 2e-5, rel=1e-4, abs=1e-8)
    finally:
        cross.float()


def test_adversarial_works_with_frozen_embeddings_and_gives_them_no_gradient(cross: Any) -> None:
    free = adversarial_loss(plain_loss(cross), epsilon=0.5)([FIRST, SECOND], labels())
    for parameter in cross.transformers_model.bert.embeddings.parameters():
        parameter.requires_grad_(False)
    total = adversarial_loss(plain_loss(cross), epsilon=0.5)([FIRST, SECOND], labels())
    total.backward()
    assert float(total) == pytest.approx(float(free), rel=1e-6)
    assert cross.transformers_model.bert.embeddings.word_embeddings.weight.grad is None
    assert cross.transformers_model.classifier.weight.grad is not None


def test_adversarial_gradients_are_the_same_under_gradient_checkpointing(dropping: Any) -> None:
    import torch

    loss = adversarial_loss(plain_loss(dropping), epsilon=0.5)
    torch.manual_seed(3)
    loss([FIRST, SECOND], labels()).backward()
    expected = gradients(dropping)
    dropping.zero_grad()
    transformer = dropping.transformers_model
    transformer.gradient_checkpointing_enable({"use_reentrant": False})
    try:
        torch.manual_seed(3)
        loss([FIRST, SECOND], labels()).backward()
        assert close(gradients(dropping), expected)
    finally:
        transformer.gradient_checkpointing_disable()


def test_adversarial_refuses_reentrant_checkpointing(cross: Any) -> None:
    transformer = cross.transformers_model
    transformer.gradient_checkpointing_enable({"use_reentrant": True})
    try:
        with pytest.raises(UsageError, match="use_reentrant"):
            adversarial_loss(plain_loss(cross))([FIRST, SECOND], labels())
    finally:
        transformer.gradient_checkpointing_disable()


def test_adversarial_gradients_add_up_over_batches_independently_of_what_was_there(cross: Any) -> None:
    loss = adversarial_loss(plain_loss(cross), epsilon=0.5)
    parts = []
    for row in (0, 1):
        cross.zero_grad()
        loss([FIRST[row : row + 1], SECOND[row : row + 1]], labels()[row : row + 1]).backward()
        parts.append(gradients(cross))
    cross.zero_grad()
    for row in (0, 1):
        loss([FIRST[row : row + 1], SECOND[row : row + 1]], labels()[row : row + 1]).backward()
    added = {name: parts[0][name] + parts[1][name] for name in parts[0]}
    assert close(gradients(cross), added)


def test_adversarial_under_bf16_autocast_is_near_the_fp32_value(cross: Any) -> None:
    import torch

    loss = adversarial_loss(plain_loss(cross), epsilon=0.3)
    expected = float(loss([FIRST, SECOND], labels()))
    forward = cross.forward
    cross.forward = torch.autocast("cpu", dtype=torch.bfloat16)(forward)
    try:
        total = loss([FIRST, SECOND], labels())
        total.float().backward()
    finally:
        del cross.forward
    assert float(total) == pytest.approx(expected, rel=0.05)
    assert all(torch.isfinite(gradient).all() for gradient in gradients(cross).values())


def test_adversarial_on_a_bi_encoder_moves_each_column(bi: Any) -> None:
    import torch
    from sentence_transformers.sentence_transformer.losses import CoSENTLoss

    loss = CoSENTLoss(bi)
    columns = [features(bi, FIRST), features(bi, SECOND)]
    scores = torch.tensor([0.2, 0.9])
    seen: list[Any] = []

    def keep(_call: int, output: Any) -> Any:
        seen.append(output.detach())
        return output

    with embeddings_changed(word_embeddings(bi), keep):
        clean = loss([dict(column) for column in columns], scores)
        total = adversarial_loss(loss, epsilon=0.6)(columns, scores)
    # This hook was registered first: in the last two calls it sees what the layer gives before it is moved.
    assert len(seen) == 6
    assert float(total) > 2 * float(clean)
    assert all("sentence_embedding" not in column for column in columns)


def test_adversarial_moves_each_text_of_a_bi_encoder_by_epsilon(bi: Any) -> None:
    import torch
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    layer = word_embeddings(bi)
    reached: list[Any] = []
    embeddings = bi.transformers_model.embeddings
    handle = embeddings.LayerNorm.register_forward_pre_hook(
        lambda _m, given: reached.append(given[0].detach())
    )
    try:
        texts = [FIRST, SECOND, ["No animal rests.", "Nobody plays."]]
        loss = MultipleNegativesRankingLoss(bi)
        adversarial_loss(loss, epsilon=0.8)([features(bi, column) for column in texts], None).backward()
    finally:
        handle.remove()
    half = len(reached) // 2
    for clean, moved in zip(reached[:half], reached[half:], strict=True):
        norms = torch.linalg.vector_norm(moved - clean, dim=(1, 2))
        assert norms.tolist() == pytest.approx([0.8] * len(norms), rel=1e-4)
    assert layer._forward_hooks == {}


def test_adversarial_without_gradients_is_the_clean_loss(cross: Any) -> None:
    import torch

    loss = plain_loss(cross)
    with torch.no_grad():
        found = adversarial_loss(loss, epsilon=5.0)([FIRST, SECOND], labels())
        assert float(found) == float(loss([FIRST, SECOND], labels()))


def test_adversarial_refuses_losses_with_a_gradient_cache(bi: Any) -> None:
    from sentence_transformers.sentence_transformer.losses import (
        CachedMultipleNegativesRankingLoss,
        MatryoshkaLoss,
    )

    cached = CachedMultipleNegativesRankingLoss(bi)
    for loss in (cached, MatryoshkaLoss(bi, cached, [32, 16])):
        with pytest.raises(UsageError, match="without gradients first"):
            adversarial_loss(loss)


def test_adversarial_works_around_matryoshka(bi: Any) -> None:
    from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss

    loss = MatryoshkaLoss(bi, MultipleNegativesRankingLoss(bi), [32, 16])
    columns = [features(bi, FIRST), features(bi, SECOND)]
    clean = loss([dict(column) for column in columns], None)
    total = adversarial_loss(loss, epsilon=0.3)(columns, None)
    assert float(total) > 2 * float(clean)


@pytest.mark.parametrize(("epsilon", "weight"), [(-1.0, 1.0), (1.0, -0.1)])
def test_adversarial_refuses_negative_values(cross: Any, epsilon: float, weight: float) -> None:
    with pytest.raises(UsageError, match="0 or more"):
        adversarial_loss(plain_loss(cross), epsilon=epsilon, weight=weight)


def test_adversarial_refuses_a_loss_that_does_not_depend_on_the_embeddings(cross: Any) -> None:
    import torch

    with pytest.raises(UsageError, match="does not depend"):
        with_adversarial(
            lambda: torch.zeros((), requires_grad=True) * 2, word_embeddings(cross), epsilon=1.0, weight=1.0
        )
