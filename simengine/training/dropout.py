"""Fast dropout on CPUs: torch draws one number per element, on one core; here each draw gives eight."""

from __future__ import annotations

from typing import Any

import torch

_STEPS = 256


class ByteDropout(torch.nn.Dropout):
    """Dropout whose probability is a multiple of 1/256, from random bytes.

    The rest is scaled by the inverse of the kept share, so the expectation is exact for the rounded probability
    (0.1 becomes 26/256 = 0.1016). Drawn from torch's generator, so a seed decides it and a checkpoint continues it.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        """The input with some elements zero and the others scaled; the input itself when not training."""
        dropped = round(self.p * _STEPS)
        if not self.training or dropped == 0:
            return input
        if dropped == _STEPS or input.device.type != "cpu":
            return super().forward(input)
        n = input.numel()
        draws = torch.empty((n + 7) // 8, dtype=torch.int64).random_(-(2**63), None).view(torch.uint8)
        keep = (draws[:n] >= dropped).view(input.shape).to(input.dtype)
        return input * keep.mul_(_STEPS / (_STEPS - dropped))


def quicken_dropout(model: Any) -> int:
    """Replace every plain dropout of a model with `ByteDropout`; the number of them."""
    count = 0
    for module in model.modules():
        for name, child in module.named_children():
            if type(child) is torch.nn.Dropout:
                quick = ByteDropout(child.p)
                quick.train(child.training)
                setattr(module, name, quick)
                count += 1
    return count
