"""The contract of models in torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class TorchModel(ABC):
    """Token ids to (n, width).

    In all methods `ids` are (n, length) token ids, padded on the right, `mask` is 1 for tokens, and `side` is token
    types or 1 for the tokens that are pooled (see `Rows`), all int64.

    Args:
        body: the weights that may be in a lower precision.
        head: the layers after it, in fp32; None if there are none.
        takes_side: whether `side` is an input.
        packs: whether `packed` is supported.
    """

    def __init__(self, body: Any, head: Any = None, *, takes_side: bool, packs: bool) -> None:
        self.body, self.head, self.takes_side, self.packs = body, head, takes_side, packs

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        """Move the weights to a device, and the body to a dtype."""
        self.body.to(device=device, dtype=dtype)
        if self.head is not None:
            self.head.to(device=device)

    @abstractmethod
    def padded(self, ids: torch.Tensor, mask: torch.Tensor, side: torch.Tensor | None = None) -> torch.Tensor:
        """By transformers' own forward."""

    def traced(self, ids: torch.Tensor, mask: torch.Tensor, side: torch.Tensor | None = None) -> torch.Tensor:
        """The computation that is exported."""
        return self.padded(ids, mask, side)

    @abstractmethod
    def packed(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        side: torch.Tensor | None,
        where: torch.Tensor | None,
    ) -> torch.Tensor:
        """Without computing padding.

        Args:
            where: positions of the tokens in the flattened mask, or None if there is no padding.
        """
