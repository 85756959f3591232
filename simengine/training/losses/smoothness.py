"""Smoothness: a model's predictions should change little under small noise in its word embeddings.

Adds `weight * (KL(p || q) + KL(q || p))` to the loss, between the predictions p on the clean embeddings and q on
embeddings with normal noise added. It takes one more forward pass and no search for a direction; both passes have the
same dropout mask, so that only the noise differs, and both are trained.

Sources: Jiang et al., "SMART: Robust and Efficient Fine-Tuning for Pre-trained Natural Language Models", ACL 2020;
Aghajanyan et al., "Better Fine-Tuning by Reducing Representational Collapse", ICLR 2021 (noise instead of a search).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from simengine.errors import UsageError
from simengine.training.losses.wrapping import (
    check_not_cached,
    class_logits,
    embeddings_changed,
    same_dropout,
    scores_kept,
    word_embeddings,
    wrapper_class,
)

if TYPE_CHECKING:
    import torch


def smoothness_loss(loss: torch.nn.Module, *, noise: float = 1e-3, weight: float = 1.0) -> torch.nn.Module:
    """A loss of sentence-transformers' cross-encoders plus the smoothness of the predictions.

    Args:
        loss: of a cross-encoder. A single output is the log-odds of a yes, several are class logits.
        noise: standard deviation of the noise, in units of the model's word embeddings (whose entries have one of
            about 0.05 in models of BERT's kind). 0 adds nothing.
        weight: of the divergence. Without gradients (on dev data) the loss is the inner one.

    Raises:
        UsageError: a value is negative, the loss caches gradients, or the model is a bi-encoder.
    """
    from sentence_transformers import CrossEncoder

    check_smoothness(noise, weight)
    check_not_cached(loss, "smoothness")
    if not isinstance(loss.model, CrossEncoder):
        raise UsageError(
            f"smoothness compares the logits of a cross-encoder; {type(loss.model).__name__} returns vectors. "
            "Use adversarial training for bi-encoders"
        )
    made: torch.nn.Module = _loss_class()(loss, noise, weight)
    return made


def check_smoothness(noise: float, weight: float) -> None:
    """Raise UsageError if a value is negative."""
    if noise < 0 or weight < 0:
        raise UsageError(f"noise is {noise}, weight is {weight}; expected values of 0 or more")


def with_smoothness(
    compute: Callable[[], tuple[torch.Tensor, Sequence[torch.Tensor]]],
    embeddings: torch.nn.Module,
    *,
    noise: float,
    weight: float,
) -> torch.Tensor:
    """The loss of one batch and the divergence of its predictions under noise.

    Args:
        compute: runs the model on the batch; returns its loss and its logits, tensors (rows, classes). Called twice.
        embeddings: the model's layer of word embeddings.
        noise, weight: see `smoothness_loss`.

    Returns:
        A scalar with a graph: loss + weight * divergence, the mean over all rows of all logits.
    """
    import torch

    again = same_dropout(embeddings)
    loss, clean = compute()
    # A separate stream: drawing noise from the common one would change the dropout mask.
    seed = int(torch.randint(2**62, ()).item())
    generators: dict[torch.device, torch.Generator] = {}

    def shake(_call: int, output: torch.Tensor) -> torch.Tensor:
        if output.device not in generators:
            generators[output.device] = torch.Generator(output.device).manual_seed(seed)
        drawn = torch.randn(output.shape, generator=generators[output.device], device=output.device)
        return output + (noise * drawn).to(output.dtype)

    with again, embeddings_changed(embeddings, shake):
        _, shaken = compute()
    moved = [symmetric_kl(one, other) for one, other in zip(clean, shaken, strict=True)]
    return loss + weight * torch.cat(moved).mean()


def symmetric_kl(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """KL(p || q) + KL(q || p) of each row, in nats.

    Args:
        first, second: (rows, classes) logits; with one class, log-odds of yes against no.

    Returns:
        (rows,) fp32, 0 or more.
    """
    p, q = class_logits(first).log_softmax(dim=-1), class_logits(second).log_softmax(dim=-1)
    return ((p.exp() - q.exp()) * (p - q)).sum(dim=-1)


@cache
def _loss_class() -> Any:
    import torch

    class SmoothnessLoss(wrapper_class()):  # type: ignore[misc]
        def __init__(self, loss: torch.nn.Module, noise: float, weight: float) -> None:
            super().__init__(loss, {"noise": noise, "weight": weight})
            self.noise, self.weight = noise, weight

        def forward(self, inputs: Any, labels: Any, prompt: Any = None, task: Any = None) -> torch.Tensor:
            inputs = list(inputs)
            if not torch.is_grad_enabled():
                value: torch.Tensor = self.inner(inputs, labels, prompt, task)
                return value

            def compute() -> tuple[torch.Tensor, list[torch.Tensor]]:
                with scores_kept(self.model) as scores:
                    return self.inner(inputs, labels, prompt, task), scores

            layer = word_embeddings(self.model)
            return with_smoothness(compute, layer, noise=self.noise, weight=self.weight)

        @property
        def citation(self) -> str:
            return (
                "@inproceedings{aghajanyan2021better,\n"
                "    title = {Better Fine-Tuning by Reducing Representational Collapse},\n"
                "    author = {Aghajanyan, Armen and Shrivastava, Akshat and Gupta, Anchit and Goyal, Naman and\n"
                "              Zettlemoyer, Luke and Gupta, Sonal},\n"
                "    booktitle = {International Conference on Learning Representations},\n"
                "    year = {2021},\n}"
            )

    return SmoothnessLoss
