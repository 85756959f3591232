"""Transformers with an output per token, run over many inputs in batches by token budget."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from simengine.errors import ModelDamagedError, ModelError
from simengine.models.kinds import TOKENIZER_FILES, check_kind
from simengine.models.resolve import resolve_model
from simengine.runtimes.batching import token_budget_batches
from simengine.runtimes.hardware import choose_device, choose_threads
from simengine.runtimes.torch_modules import limited_threads, quiet
from simengine.runtimes.whole_weights import check_vocabulary, whole_weights
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    import torch

CPU_BUDGET, GPU_BUDGET = 2_048, 32_768
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_NEEDED = {
    "config.json": ("config.json",),
    "weights (model.safetensors)": ("*.safetensors", "pytorch_model*.bin"),
    "a tokenizer (tokenizer.json)": TOKENIZER_FILES,
}
"""What a folder must contain, and alternative file names for it."""


class TokenModel:
    """A transformers model and its tokenizer. Thread-safe; one thread runs at a time.

    Args:
        model: takes input_ids and attention_mask, and token_type_ids if its tokenizer returns them. It is put into
            evaluation mode for each run, and its mode restored.
        tokenizer: a fast tokenizer of transformers.
        threads: processor threads to use, or None for torch's own choice.

    Raises:
        ModelError: the tokenizer has no fast variant.
    """

    def __init__(self, model: Any, tokenizer: Any, *, threads: int | None = None) -> None:
        if not getattr(tokenizer, "is_fast", False):
            raise ModelError(f"{type(tokenizer).__name__} has no fast variant, which character offsets need")
        self.model, self.tokenizer = model, tokenizer
        self.lock = threading.Lock()
        self._threads = threads

    def run(
        self, inputs: Sequence[Mapping[str, Sequence[int]]], pick: Callable[[Any], torch.Tensor]
    ) -> list[FloatMatrix]:
        """The outputs for each input.

        Args:
            inputs: n inputs, each with token ids and token types of the same length.
            pick: from the model's output for a batch to a tensor (rows, length, outputs).

        Returns:
            n arrays (length, outputs) float32.
        """
        import torch

        ids = [np.asarray(each["input_ids"], np.int64) for each in inputs]
        types = None
        if inputs and "token_type_ids" in inputs[0]:
            types = [np.asarray(each["token_type_ids"], np.int64) for each in inputs]
        device = next(self.model.parameters()).device
        budget = CPU_BUDGET if device.type == "cpu" else GPU_BUDGET
        pad = int(self.tokenizer.pad_token_id or 0)
        found: dict[int, FloatMatrix] = {}
        with torch.no_grad(), _evaluating(self.model), limited_threads(self._threads):
            for batch in token_budget_batches(ids, types, budget=budget, pad_token_id=pad):
                tensors = [torch.from_numpy(array).to(device) for array in batch.inputs]
                output = self.model(**dict(zip(_INPUTS, tensors, strict=False)))
                values = pick(output).float().cpu().numpy()
                for place, row in enumerate(batch.rows):
                    found[int(row)] = values[place, : len(ids[row])]
        return [found[row] for row in range(len(inputs))]


@contextlib.contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    before = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(before)


def load_token_model(name: str, head: str, *, threads: int | None, device: str, offline: bool) -> TokenModel:
    """Load a model with its tokenizer in fp32.

    Args:
        name: a folder or a hub name of a transformers model.
        head: the architecture's suffix, "ForQuestionAnswering" or "ForTokenClassification".
        threads: most processor threads to use; None for all that this process may use.
        device: "auto", "cpu", "cuda" or "cuda:N".
        offline: never contact a hub.

    Raises:
        ModelNotFoundError: see `resolve_model`.
        ModelError: the model has another head.
        ModelDamagedError: the folder lacks files, they cannot be loaded, or weights are missing.
        DeviceError: CUDA was requested and cannot be used.
    """
    import torch
    import transformers

    n_threads, place = choose_threads(threads), choose_device(device)
    folder = resolve_model(name, offline=offline).path
    check_kind(folder, "reader" if head == "ForQuestionAnswering" else "tagger")
    _check_files(folder)
    auto = getattr(transformers, f"AutoModel{head}")
    here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with quiet(), whole_weights(folder):
        config = transformers.AutoConfig.from_pretrained(folder, **here)
        architecture = (getattr(config, "architectures", None) or ["none"])[0]
        if not architecture.endswith(head):
            raise ModelError(
                f"{folder}: its architecture is {architecture}; expected one that ends in {head}"
            )
        model = auto.from_pretrained(folder, config=config, dtype=torch.float32, **here)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **here)
    if getattr(tokenizer, "is_fast", False):
        check_vocabulary(folder, tokenizer.backend_tokenizer, getattr(config, "vocab_size", None))
    return TokenModel(model.to(place).eval(), tokenizer, threads=n_threads)


def _check_files(folder: Path) -> None:
    """Refuse a folder with missing files; transformers' own errors are about hubs and model types."""
    lacks = [
        what for what, patterns in _NEEDED.items() if not any(any(folder.glob(each)) for each in patterns)
    ]
    if lacks:
        raise ModelDamagedError(
            f"{folder}: lacks {' and '.join(lacks)}; expected a model and its tokenizer, as saved by transformers"
        )


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """Settings in a model's config.json under the key `key`."""

    key: ClassVar[str]

    @classmethod
    def of_config(cls, config: Any) -> Self:
        """The settings in a model's config, or the defaults.

        Raises:
            ModelDamagedError: the config has settings that this version does not know.
        """
        stored: Mapping[str, Any] = getattr(config, cls.key, None) or {}
        try:
            return cls(**stored)
        except TypeError as error:
            raise ModelDamagedError(f"config.json: {cls.key} cannot be read: {error}") from error

    def as_dict(self) -> dict[str, Any]:
        """Plain values for config.json."""
        return asdict(self)


def longest_input(config: Any, tokenizer: Any) -> int:
    """Most tokens of an input, special tokens included."""
    positions = getattr(config, "max_position_embeddings", None) or 512
    if config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        # Their positions start after the padding's.
        positions -= int(config.pad_token_id or 0) + 1
    return int(min(positions, tokenizer.model_max_length))
