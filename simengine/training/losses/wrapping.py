"""Shared by losses that wrap another loss: hooks on the model, repeated passes, the wrapper itself."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from simengine.errors import UsageError

if TYPE_CHECKING:
    import torch


def word_embeddings(model: Any) -> torch.nn.Module:
    """The layer of a model that turns token ids into vectors.

    Args:
        model: of sentence-transformers or transformers, also inside DistributedDataParallel, torch.compile or PEFT.

    Raises:
        UsageError: the model has no such layer.
    """
    for wrapper in ("module", "_orig_mod", "module"):
        model = getattr(model, wrapper, model)
    transformer = getattr(model, "transformers_model", model)
    try:
        layer: torch.nn.Module | None = transformer.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        layer = None
    if layer is None:
        raise UsageError(
            f"{type(model).__name__} has no layer of word embeddings; adversarial training and smoothness "
            "need a transformer that reads token ids"
        )
    return layer


@contextlib.contextmanager
def embeddings_changed(
    layer: torch.nn.Module, change: Callable[[int, torch.Tensor], torch.Tensor]
) -> Iterator[None]:
    """Within the block, `change(call, output)` replaces the layer's output; calls count from 0."""
    calls = itertools.count()
    handle = layer.register_forward_hook(lambda _module, _arguments, output: change(next(calls), output))
    try:
        yield
    finally:
        handle.remove()


@contextlib.contextmanager
def scores_kept(model: torch.nn.Module) -> Iterator[list[torch.Tensor]]:
    """Within the block, the logits of every call of a cross-encoder are appended to the list."""
    kept: list[torch.Tensor] = []
    handle = model.register_forward_hook(lambda _module, _arguments, output: kept.append(output["scores"]))
    try:
        yield kept
    finally:
        handle.remove()


def same_dropout(layer: torch.nn.Module) -> contextlib.AbstractContextManager[None]:
    """A block that repeats the random numbers drawn from now on, and leaves the stream unchanged."""
    from sentence_transformers.base.losses import RandContext

    context: contextlib.AbstractContextManager[None] = RandContext(*layer.parameters())
    return context


def class_logits(scores: torch.Tensor) -> torch.Tensor:
    """Logits (..., classes) in fp32; one output is the log-odds of "yes" against "no"."""
    import torch

    scores = scores.float()
    if scores.shape[-1] != 1:
        return scores
    return torch.cat([torch.zeros_like(scores), scores], dim=-1)


def check_not_cached(loss: torch.nn.Module, purpose: str) -> None:
    """Refuse losses that compute their gradients in a second pass of their own.

    Raises:
        UsageError: the loss, or one inside it, caches gradients.
    """
    for part in loss.modules():
        if getattr(part, "uses_gradient_cache", False):
            raise UsageError(
                f"{purpose} does not support {type(part).__name__}, which runs the model without gradients first; "
                "use the loss without a cache, such as MultipleNegativesRankingLoss"
            )


@cache
def wrapper_class() -> type[torch.nn.Module]:
    """The base of losses that call another loss of sentence-transformers, possibly several times a batch."""
    import torch

    class WrappedLoss(torch.nn.Module):
        """Calls the loss `self.loss`, the name under which sentence-transformers finds inner losses."""

        def __init__(self, loss: torch.nn.Module, settings: Mapping[str, Any]) -> None:
            super().__init__()
            self.loss = loss
            self._settings = dict(settings)

        @property
        def model(self) -> torch.nn.Module:
            """The model of the inner loss; trainers replace it there by the distributed one."""
            return self.loss.model  # type: ignore[return-value]

        def inner(self, inputs: Sequence[Any], labels: Any, prompt: Any, task: Any) -> torch.Tensor:
            """The inner loss. Models write into their input features, hence the copies."""
            given = {name: value for name, value in (("prompt", prompt), ("task", task)) if value is not None}
            columns = [dict(column) if isinstance(column, dict) else column for column in inputs]
            value: Any = self.loss(columns, labels, **given)
            total: torch.Tensor = (
                torch.stack(list(value.values())).sum() if isinstance(value, dict) else value
            )
            return total

        def get_config_dict(self) -> dict[str, Any]:
            """The model card's entry for this loss."""
            return {"loss": type(self.loss).__name__, **self._settings}

    return WrappedLoss
