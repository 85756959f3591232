"""A cross-encoder in torch, on the CPU or a GPU, in batches bounded by tokens."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.config import PairConfig
from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.cross_encoders.pair_batches import pair_batches
from simengine.cross_encoders.torch_model import (
    FIRST_TOKEN_FAMILIES,
    first_token_logits,
    load_classifier,
    padded_logits,
    reads_token_types,
)
from simengine.models.fingerprint import Fingerprint
from simengine.models.pair_tokenization import PairTokenizer
from simengine.runtimes.batching import Batch
from simengine.runtimes.torch_modules import limited_threads, load_tokenizer_file
from simengine.runtimes.torch_packed import TOKEN_BUDGET_CPU, TOKEN_BUDGET_CUDA

if TYPE_CHECKING:
    import torch


class TorchCrossEncoder(CrossEncoder):
    """A model for sequence classification, run by torch.

    Args:
        config: of the model's folder.
        fingerprint: of the same model.
        device: "cpu", "cuda" or "cuda:N".
        precision: "f32", "bf16" or "f16".
        threads: processor threads to use at most.

    Raises:
        ModelDamagedError: the folder's files cannot be loaded.
    """

    def __init__(
        self, config: PairConfig, fingerprint: Fingerprint, *, device: str, precision: str, threads: int
    ) -> None:
        import torch

        dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[precision]
        self.fingerprint, self.labels, self.activation = fingerprint, config.labels, config.activation
        self.max_tokens = config.model.max_tokens
        self.runtime = f"torch-{precision}" if device == "cpu" else f"torch-{device}-{precision}"
        self._config = config
        self._device = torch.device(device)
        model = load_classifier(config)
        self._types = reads_token_types(config, model)
        self._model = model.to(device=self._device, dtype=dtype)
        self._packed = config.model.family in FIRST_TOKEN_FAMILIES
        self._threads = threads if device == "cpu" else None
        self._budget = TOKEN_BUDGET_CPU if device == "cpu" else TOKEN_BUDGET_CUDA
        self._lock = threading.Lock()
        self.tokenizer: PairTokenizer = _read_tokenizer(config)

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        return self.tokenizer.encode_pairs(pairs, prompt=self._config.prompt).n_tokens

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        import torch

        tokens = self.tokenizer.encode_pairs(
            pairs, prompt=self._config.prompt, truncation=self._config.truncation
        )
        logits = np.empty((len(pairs), len(self.labels)), np.float32)
        pending: list[tuple[npt.NDArray[np.int64], torch.Tensor]] = []
        # One call at a time: the number of threads belongs to the process.
        with self._lock, limited_threads(self._threads), torch.inference_mode():
            for batch, types in pair_batches(
                tokens, budget=self._budget, pad_token_id=self.tokenizer.pad_token_id
            ):
                pending.append((batch.rows, self._run(batch, types)))
                # Copies back wait for the GPU, so they come after further batches were handed to it.
                while len(pending) > 4:
                    rows, result = pending.pop(0)
                    logits[rows] = result.cpu().numpy()
            for rows, result in pending:
                logits[rows] = result.cpu().numpy()
        return Predicted(logits, tokens.n_tokens, tokens.n_truncated)

    def _run(self, batch: Batch, types: npt.NDArray[np.int64]) -> torch.Tensor:
        ids, given = self._to_device(batch.ids), self._to_device(types) if self._types else None
        mask = self._to_device(batch.mask)
        if not self._packed:
            return padded_logits(self._model, ids, mask, given).float()
        if batch.mask.all():
            return first_token_logits(self._model, ids, None, given).float()
        # Found on the CPU: asking the GPU for the number of tokens would wait for it.
        lengths = batch.mask.sum(axis=1)
        where = self._to_device(np.flatnonzero(batch.mask))
        firsts = self._to_device(np.cumsum(lengths) - lengths)
        return first_token_logits(self._model, ids, mask, given, where, firsts).float()

    def _to_device(self, array: npt.NDArray[np.int64]) -> torch.Tensor:
        import torch

        return torch.from_numpy(array).to(self._device, non_blocking=True)


def _read_tokenizer(config: PairConfig) -> PairTokenizer:
    """The tokenizer as transformers understands the folder, run without transformers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        load_tokenizer_file(config.model, path)
        return PairTokenizer.from_file(
            path,
            max_tokens=config.model.max_tokens,
            pad_token_id=int(config.model.architecture.get("pad_token_id") or 0),
            lower_case=config.model.lower_case,
        )
