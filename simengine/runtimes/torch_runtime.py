"""torch in small batches bounded by tokens, on the CPU or a GPU.

BERT-like encoders run packed: the linear layers see the tokens of all inputs of a batch without padding, attention
sees the inputs as rows. Other families run their transformers module on batches of inputs of similar length.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simengine.runtimes.batching import Batch, token_budget_batches
from simengine.runtimes.contract import Network, Rows, T, TokenRuntime
from simengine.runtimes.torch_modules import dtype_of, limited_threads, read_tokenizer
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    import torch

# Small batches keep the activations in a processor's cache; a GPU needs enough work per launch.
TOKEN_BUDGET_CPU = 1024
TOKEN_BUDGET_CUDA = 32_768


class TorchRuntime(TokenRuntime[T]):
    """A model of a known architecture in torch, with its weights in the given precision."""

    def __init__(self, network: Network[T], *, device: str, precision: str, threads: int) -> None:
        import torch

        super().__init__(network, device=device, precision=precision, threads=threads)
        self.name = f"torch-{precision}" if device == "cpu" else f"torch-{device}-{precision}"
        self._device = torch.device(device)
        self._model = network.load()
        self._model.to(self._device, dtype_of(precision))
        self._budget = TOKEN_BUDGET_CPU if device == "cpu" else TOKEN_BUDGET_CUDA
        self._limit = threads if device == "cpu" else None
        self._lock = threading.Lock()
        self.tokenizer = read_tokenizer(network)

    def _compute(self, rows: Rows) -> FloatMatrix:
        import torch

        values = np.empty((len(rows.ids), self.width), np.float32)
        pending: list[tuple[npt.NDArray[np.int64], torch.Tensor]] = []
        batches = token_budget_batches(
            rows.ids,
            rows.side if self._model.takes_side else None,
            budget=self._budget,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        # One call at a time: the number of threads is process-wide.
        with self._lock, limited_threads(self._limit), torch.inference_mode():
            for batch in batches:
                pending.append((batch.rows, self._run(batch)))
                # Copies back wait for the GPU, so they are delayed until further batches are queued.
                if len(pending) > 4:
                    _collect(values, [pending.pop(0)])
            _collect(values, pending)
        return values

    def _run(self, batch: Batch) -> torch.Tensor:
        ids, mask = self._to_device(batch.ids), self._to_device(batch.mask)
        side = None if batch.side is None else self._to_device(batch.side)
        if not self._model.packs:
            return self._model.padded(ids, mask, side).float()
        # Computed on the CPU: reading the number of tokens from the GPU would wait for it.
        where = None if batch.mask.all() else self._to_device(np.flatnonzero(batch.mask))
        return self._model.packed(ids, mask, side, where).float()

    def _to_device(self, array: npt.NDArray[np.int64]) -> torch.Tensor:
        import torch

        return torch.from_numpy(array).to(self._device, non_blocking=True)


def _collect(values: FloatMatrix, results: list[tuple[npt.NDArray[np.int64], torch.Tensor]]) -> None:
    for rows, tensor in results:
        values[rows] = tensor.cpu().numpy()
