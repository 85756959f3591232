from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.corpus.examples import Triplet
from simengine.errors import UsageError
from simengine.training.losses.adversarial import adversarial_loss, perturbation, with_adversarial
from simengine.training.losses.distillation import (
    TEACHER_COLUMN,
    distillation_loss,
    margin_columns,
    margin_loss,
    teacher_divergence,
    teacher_logits,
    teacher_margins,
)
from simengine.training.losses.smoothness import smoothness_loss, symmetric_kl
from simengine.training.losses.weighting import class_weights, cross_entropy_loss
from simengine.training.losses.wrapping import embeddings_changed, word_embeddings
from simengine.types import FloatMatrix
from tests.training.tiny_models import tiny_bi_encoder, tiny_cross_encoder

FIRST = ["A cat sleeps on the warm mat.", "Two men play football."]
SECOND = ["An animal rests.", "The stock market fell sharply on Monday after the report."]


@pytest.fixture(scope="module")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny_cross_encoder(tmp_path_factory.mktemp("cross"))


@pytest.fixture(scope="module")
def dropping(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny_cross_encoder(tmp_path_factory.mktemp("dropping"), dropout=0.3)


@pytest.fixture(scope="module")
def bi(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny_bi_encoder(tmp_path_factory.mktemp("bi"))


@pytest.fixture(autouse=True)
def _fresh(cross: Any, dropping: Any, bi: Any) -> None:
    for model in (cross, dropping, bi):
        model.zero_grad()
        model.requires_grad_(True)
        model.train()


def labels() -> Any:
    import torch

    return torch.tensor([0, 2])


def features(model: Any, texts: Sequence[str]) -> dict[str, Any]:
    return dict(model.preprocess(list(texts)))


def plain_loss(model: Any) -> Any:
    from sentence_transformers.cross_encoder.losses import CrossEntropyLoss

    return CrossEntropyLoss(model)


def gradients(model: Any) -> dict[str, Any]:
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def close(first: dict[str, Any], second: dict[str, Any], factor: float = 1.0) -> bool:
    import torch

    return first.keys() == second.keys() and all(
        torch.allclose(first[name], factor * second[name], rtol=1e-4, atol=1e-6) for name in first
    )


# The perturbation


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


# Adversarial training


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


def test_wrapped_losses_hand_the_trainers_model_to_the_inner_loss(cross: Any) -> None:
    """As sentence-transformers' trainer does with the distributed model."""
    import torch
    from sentence_transformers.cross_encoder import CrossEncoderTrainer

    loss = adversarial_loss(smoothness_loss(plain_loss(cross)))
    assert loss.model is cross

    class Distributed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = cross

        def forward(self, *given: Any) -> Any:
            return self.module(*given)

        @property
        def device(self) -> Any:
            return cross.device

    trainer = object.__new__(CrossEncoderTrainer)
    wrapped = Distributed()
    replaced = trainer.override_model_in_loss(loss, wrapped)
    assert replaced.model is wrapped
    torch.manual_seed(0)
    found = float(replaced([FIRST, SECOND], labels()))
    torch.manual_seed(0)
    assert found == pytest.approx(
        float(adversarial_loss(smoothness_loss(plain_loss(cross)))([FIRST, SECOND], labels()))
    )


def test_word_embeddings_of_something_else_is_refused() -> None:
    import torch

    with pytest.raises(UsageError, match="no layer of word embeddings"):
        word_embeddings(torch.nn.Linear(2, 2))


# Smoothness


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


# Distillation


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


def test_teacher_logits_report_progress() -> None:
    done: list[int] = []
    pairs = [("a", "b")] * 5000
    teacher_logits(Told(("relevance",), {("a", "b"): [1.5]}), pairs, ("score",), progress=done.append)
    assert done == [4096, 5000]


TRIPLETS = [Triplet("q1", "p1", "n1"), Triplet("q2", "p2", "n2")]


def test_teacher_margins_are_differences_of_logits() -> None:
    rows = {("q1", "p1"): [5.0], ("q1", "n1"): [1.0], ("q2", "p2"): [0.5], ("q2", "n2"): [2.5]}
    margins = teacher_margins(Told(("relevance",), rows), TRIPLETS, largest=None)
    assert margins.tolist() == [4.0, -2.0]
    assert margin_columns(TRIPLETS, margins) == {
        "anchor": ["q1", "q2"],
        "positive": ["p1", "p2"],
        "negative": ["n1", "n2"],
        "label": [4.0, -2.0],
    }


def test_teacher_margins_are_scaled_to_what_cosines_can_differ_by() -> None:
    rows = {("q1", "p1"): [10.0], ("q1", "n1"): [0.0], ("q2", "p2"): [-10.0], ("q2", "n2"): [0.0]}
    margins = teacher_margins(Told(("relevance",), rows), TRIPLETS, largest=0.5)
    assert margins.tolist() == pytest.approx([0.5, -0.5])


def test_teacher_margins_of_an_nli_model_are_log_odds_of_entailment() -> None:
    names = ("neutral", "entailment", "contradiction")
    rows = {key: [0.0, 0.0, 0.0] for key in (("q1", "n1"), ("q2", "p2"), ("q2", "n2"))}
    rows["q1", "p1"] = [1.0, 3.0, -1.0]
    margins = teacher_margins(Told(names, rows), TRIPLETS, largest=None)
    p = math.exp(3) / (math.exp(3) + math.exp(1) + math.exp(-1))
    assert float(margins[0]) == pytest.approx(math.log(p / (1 - p)) - math.log((1 / 3) / (2 / 3)), rel=1e-5)
    assert float(margins[1]) == 0.0
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


# Weights


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
        (["d"], "balanced", "none of the model"),
        ([], "balanced", "no labelled examples"),
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


# Within sentence-transformers' trainers


@pytest.mark.parametrize("accumulation", [1, 2])
def test_the_losses_train_within_the_stock_trainer(tmp_path: Path, accumulation: int) -> None:
    import torch
    from datasets import Dataset
    from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments

    model = tiny_cross_encoder(tmp_path / "model", dropout=0.1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    rows = {
        "text1": FIRST * 4,
        "text2": SECOND * 4,
        TEACHER_COLUMN: [[2.0, 0.5, -1.0], [0.1, 0.0, 3.0]] * 4,
        "label": [0, 2] * 4,
    }
    loss = smoothness_loss(adversarial_loss(distillation_loss(plain_loss(model)), epsilon=0.1))
    arguments = CrossEncoderTrainingArguments(
        output_dir=str(tmp_path / "out"),
        num_train_epochs=3,
        per_device_train_batch_size=4 // accumulation,
        gradient_accumulation_steps=accumulation,
        gradient_checkpointing=True,
        learning_rate=1e-3,
        save_strategy="no",
        report_to="none",
        logging_steps=1,
        disable_tqdm=True,
        use_cpu=True,
    )
    trainer = CrossEncoderTrainer(
        model=model, args=arguments, train_dataset=Dataset.from_dict(rows), loss=loss
    )
    trainer.train()
    logged = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert logged[-1] < logged[0]
    assert any(not torch.equal(before[name], value) for name, value in model.state_dict().items())
    model.save_pretrained(str(tmp_path / "saved"))
    card = (tmp_path / "saved" / "README.md").read_text(encoding="utf-8")
    assert "miyato2017adversarial" in card
