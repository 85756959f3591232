"""Adversarial training: word embeddings perturbed in the direction of the loss gradient (the fast gradient method).

For each sequence with word embeddings s, gradient g of its loss by s, the perturbation is epsilon * g / ||g||_2, the
norm taken over all tokens of the sequence. The objective is `loss(s) + weight * loss(s + perturbation)`.

Everything happens within the computation of one batch's loss, on the output of the embedding layer: no weight is
changed and no gradient of a weight is read. So it is correct with gradient accumulation (each batch has its own
perturbation, gradients in `.grad` are not used), with autocast, with non-reentrant gradient checkpointing,
with frozen embeddings and with adapters. It costs one more forward and two more backward passes, one of which stops
at activations, and the memory of both graphs. Both passes have the same dropout mask: the perturbation is the worst
one for exactly the network it is applied to. On several devices, cross-encoders need
`ddp_find_unused_parameters=False`: DistributedDataParallel does not allow two passes per step while it searches for
unused weights, unless it finds some.

Source: Miyato, Dai and Goodfellow, "Adversarial Training Methods for Semi-Supervised Text Classification", ICLR 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from simengine.errors import UsageError
from simengine.training.losses.wrapping import (
    check_not_cached,
    embeddings_changed,
    same_dropout,
    word_embeddings,
    wrapper_class,
)

if TYPE_CHECKING:
    import torch


def adversarial_loss(loss: torch.nn.Module, *, epsilon: float = 1.0, weight: float = 1.0) -> torch.nn.Module:
    """A loss of sentence-transformers with adversarial training, for cross-encoders and bi-encoders.

    Args:
        loss: any loss with a `model` that does not cache gradients. For bi-encoders every text is a sequence.
        epsilon: L2 norm of a sequence's perturbation, in units of the model's word embeddings (whose rows have a
            norm of about 1 in models of BERT's kind). 0 perturbs nothing.
        weight: of the adversarial loss relative to the clean one. Without gradients (on dev data) the loss is the
            clean one.

    Raises:
        UsageError: a value is negative, or the loss caches gradients.
    """
    check_adversarial(epsilon, weight)
    check_not_cached(loss, "adversarial training")
    made: torch.nn.Module = _loss_class()(loss, epsilon, weight)
    return made


def check_adversarial(epsilon: float, weight: float) -> None:
    """Raise UsageError if a value is negative."""
    if epsilon < 0 or weight < 0:
        raise UsageError(f"epsilon is {epsilon}, weight is {weight}; expected values of 0 or more")


def with_adversarial(
    compute: Callable[[], torch.Tensor], embeddings: torch.nn.Module, *, epsilon: float, weight: float
) -> torch.Tensor:
    """The loss of one batch, clean and under perturbation.

    Args:
        compute: runs the model on the batch and returns its loss (a scalar); called twice.
        embeddings: the model's layer of word embeddings.
        epsilon, weight: see `adversarial_loss`.

    Returns:
        A scalar with a graph: clean + weight * adversarial.

    Raises:
        UsageError: the loss does not depend on the embeddings, or reentrant gradient checkpointing is on.
    """
    import torch

    outputs: list[torch.Tensor] = []

    def keep(_call: int, output: torch.Tensor) -> torch.Tensor:
        # The output of frozen embeddings starts its own graph.
        kept = output if output.requires_grad else output.detach().requires_grad_()
        outputs.append(kept)
        return kept

    again = same_dropout(embeddings)
    with embeddings_changed(embeddings, keep):
        clean = compute()
    gradients = _gradients(clean, outputs)
    moves = [
        torch.zeros_like(output) if gradient is None else perturbation(gradient, epsilon)
        for output, gradient in zip(outputs, gradients, strict=True)
    ]
    with again, embeddings_changed(embeddings, lambda call, output: output + moves[call]):
        moved = compute()
    return clean + weight * moved


def perturbation(gradient: torch.Tensor, epsilon: float) -> torch.Tensor:
    """epsilon * g / ||g||_2 for each sequence; zero where the gradient is.

    Args:
        gradient: (sequences, tokens, hidden); (tokens, hidden) is one sequence.

    Returns:
        A tensor of the same shape and type, computed in fp32.
    """
    import torch

    own = tuple(range(1 if gradient.dim() > 2 else 0, gradient.dim()))
    values = gradient.float()
    # Gradients of well-learned examples are so small that their squares would underflow.
    values = values / values.abs().amax(dim=own, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny)
    norm = torch.linalg.vector_norm(values, dim=own, keepdim=True).clamp_min(1e-12)
    move: torch.Tensor = (epsilon * values / norm).to(gradient.dtype)
    return move


def _gradients(loss: torch.Tensor, outputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor | None, ...]:
    import torch

    try:
        found = torch.autograd.grad(loss, outputs, retain_graph=True, allow_unused=True) if outputs else ()
    except RuntimeError as error:
        if "checkpoint" not in str(error).lower():
            raise
        raise UsageError(
            "adversarial training needs non-reentrant gradient checkpointing: "
            'gradient_checkpointing_kwargs={"use_reentrant": False}'
        ) from error
    if all(gradient is None for gradient in found):
        raise UsageError("adversarial training: the loss does not depend on the model's word embeddings")
    return found


@cache
def _loss_class() -> Any:
    import torch

    class AdversarialLoss(wrapper_class()):  # type: ignore[misc]
        def __init__(self, loss: torch.nn.Module, epsilon: float, weight: float) -> None:
            super().__init__(loss, {"epsilon": epsilon, "weight": weight})
            self.epsilon, self.weight = epsilon, weight

        def forward(self, inputs: Any, labels: Any, prompt: Any = None, task: Any = None) -> torch.Tensor:
            inputs = list(inputs)

            def compute() -> torch.Tensor:
                value: torch.Tensor = self.inner(inputs, labels, prompt, task)
                return value

            if not torch.is_grad_enabled():
                return compute()
            layer = word_embeddings(self.model)
            return with_adversarial(compute, layer, epsilon=self.epsilon, weight=self.weight)

        @property
        def citation(self) -> str:
            return (
                "@inproceedings{miyato2017adversarial,\n"
                "    title = {Adversarial Training Methods for Semi-Supervised Text Classification},\n"
                "    author = {Miyato, Takeru and Dai, Andrew M. and Goodfellow, Ian},\n"
                "    booktitle = {International Conference on Learning Representations},\n"
                "    year = {2017},\n}"
            )

    return AdversarialLoss
