"""A model folder as one torch module: token ids to the sentence vector. Imports torch when called."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.errors import ModelDamagedError
from simengine.models.config import DenseStep, ModelConfig, NormalizeStep, PoolingStep, Step
from simengine.models.tokenization import FastTokenizer
from simengine.runtimes.whole_weights import check_finite, check_vocabulary, load_errors, whole_weights

if TYPE_CHECKING:
    import torch


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back warnings, log lines and progress bars of the libraries that load and trace models."""
    from transformers.utils import logging as transformers_logging

    names = ("transformers", "torch", "openvino", "huggingface_hub", "sentence_transformers")
    levels = {name: logging.getLogger(name).level for name in names}
    bars = transformers_logging.is_progress_bar_enabled()
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.ERROR)
        transformers_logging.disable_progress_bar()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if bars:
            transformers_logging.enable_progress_bar()


@contextlib.contextmanager
def limited_threads(threads: int | None) -> Iterator[None]:
    """Let torch use this many processor threads; None leaves its own choice. The setting belongs to the process."""
    import torch

    before = torch.get_num_threads()
    if threads is None or threads == before:
        yield
        return
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def load_transformer(config: ModelConfig, *, attention: str | None = None) -> torch.nn.Module:
    """The transformer in fp32, evaluation mode, on the CPU, without contacting any hub.

    Args:
        config: of the model's folder.
        attention: transformers' name of an attention implementation, or None for the family's default.

    Raises:
        ModelDamagedError: the weights do not fit the configuration, or some are missing or left over; the pooler,
            which is not used, may be missing.
    """
    import torch
    from transformers import AutoModel

    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False, "dtype": torch.float32}
    if attention is not None:
        options["attn_implementation"] = attention
    with quiet(), whole_weights(config.transformer_folder, pooler=False):
        model = AutoModel.from_pretrained(config.transformer_folder, **options)
    module: torch.nn.Module = model.eval()
    return module


def load_tokenizer_file(config: ModelConfig, target: Path) -> None:
    """Write the tokenizer as transformers understands the folder into one tokenizer.json file.

    Raises:
        ModelDamagedError: it cannot be loaded, has no fast variant, or knows more tokens than the model.
    """
    from transformers import AutoTokenizer

    folder = config.transformer_folder
    with quiet(), load_errors(folder, "its tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelDamagedError(f"{folder}: its tokenizer has no fast variant")
    check_vocabulary(folder, backend, config.architecture.get("vocab_size"))
    backend.save(str(target))


def read_tokenizer(config: ModelConfig) -> FastTokenizer:
    """The tokenizer as transformers understands the folder, run without transformers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        load_tokenizer_file(config, path)
        return FastTokenizer.from_file(
            path,
            max_tokens=config.max_tokens,
            pad_token_id=int(config.architecture.get("pad_token_id") or 0),
            lower_case=config.lower_case,
        )


def build_head(config: ModelConfig) -> torch.nn.Module:
    """What follows the transformer: (token vectors, pooling mask) to (n, dimension), L2-normalised."""
    import torch

    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = torch.nn.ModuleDict(
                {
                    str(i): _load_dense(step)
                    for i, step in enumerate(config.steps)
                    if isinstance(step, DenseStep)
                }
            )

        def forward(self, tokens: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
            vectors = tokens
            for position, step in enumerate(config.steps):
                if isinstance(step, PoolingStep):
                    parts = [pool(mode, vectors, pooled) for mode in step.modes]
                    vectors = torch.cat(parts, dim=-1) if len(parts) > 1 else parts[0]
                elif isinstance(step, NormalizeStep):
                    vectors = torch.nn.functional.normalize(vectors, p=2.0, dim=-1)
                else:
                    vectors = self.dense[str(position)](vectors)
            if config.truncated:
                vectors = vectors[:, : config.dimension]
            if config.truncated or not _ends_normalized(config.steps):
                vectors = torch.nn.functional.normalize(vectors, p=2.0, dim=-1)
            return vectors

    return Head().eval()


def _ends_normalized(steps: tuple[Step, ...]) -> bool:
    return bool(steps) and isinstance(steps[-1], NormalizeStep)


def pool(mode: str, tokens: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
    """One pooled vector per text, as sentence-transformers defines the modes, for rows padded on the right.

    Args:
        mode: name of the pooling mode.
        tokens: (n, length, hidden) float.
        pooled: (n, length), 1 for tokens, 0 for padding and for what is left out (the prompt's tokens).
    """
    import torch

    weights = pooled.to(tokens.dtype).unsqueeze(-1)
    if mode == "cls":
        return _take(tokens, pooled.to(torch.int32).argmax(dim=1))
    if mode == "lasttoken":
        positions = torch.arange(1, tokens.shape[1] + 1, device=tokens.device, dtype=torch.int32)
        last = (pooled.to(torch.int32) * positions).amax(dim=1)
        return _take(tokens * weights, (last - 1).clamp(min=0))
    if mode == "max":
        return tokens.masked_fill(weights == 0, float("-inf")).amax(dim=1)
    if mode == "weightedmean":
        positions = torch.arange(1, tokens.shape[1] + 1, device=tokens.device, dtype=tokens.dtype)
        weights = weights * positions.view(1, -1, 1)
    total, count = (tokens * weights).sum(dim=1), weights.sum(dim=1).clamp(min=1e-9)
    return total / (count.sqrt() if mode == "mean_sqrt_len_tokens" else count)


def _take(tokens: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    import torch

    index = positions.to(torch.int64).view(-1, 1, 1).expand(-1, 1, tokens.shape[-1])
    return torch.gather(tokens, 1, index).squeeze(1)


def _load_dense(step: DenseStep) -> torch.nn.Module:
    import torch

    class Dense(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(step.in_features, step.out_features, bias=step.bias)
            self.activation_function = getattr(torch.nn, step.activation)()
            if step.residual and step.in_features != step.out_features:
                self.residual = torch.nn.Linear(step.in_features, step.out_features, bias=False)

        def forward(self, vectors: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.activation_function(self.linear(vectors))
            if not step.residual:
                return result
            return result + (self.residual(vectors) if hasattr(self, "residual") else vectors)

    with load_errors(step.folder, "the dense layer"):
        dense = Dense()
        dense.load_state_dict(_read_weights(step.folder))
        check_finite(step.folder, dense)
    return dense.float().eval()


def _read_weights(folder: Path) -> dict[str, Any]:
    import torch

    path = folder / "model.safetensors"
    if path.is_file():
        from safetensors.torch import load_file

        return dict(load_file(path))
    return dict(torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True))
