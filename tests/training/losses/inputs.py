"""Two pairs of texts, and what the tests of losses compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

FIRST = ["A cat sleeps on the warm mat.", "Two men play football."]
SECOND = ["An animal rests.", "The stock market fell sharply on Monday after the report."]


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
