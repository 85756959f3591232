"""Loading and running models with torch and transformers. Imports both when called."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.errors import ModelDamagedError
from simengine.models.config import ModelConfig
from simengine.models.tokenization import FastTokenizer
from simengine.runtimes.contract import Network
from simengine.runtimes.whole_weights import check_vocabulary, load_errors, whole_weights

if TYPE_CHECKING:
    import torch


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppress warnings, log lines and progress bars of the libraries that load and trace models."""
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
    """Let torch use this many processor threads; None for its own choice. The setting is process-wide."""
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


def dtype_of(precision: str) -> torch.dtype:
    """torch's dtype for "f32", "bf16" or "f16"."""
    import torch

    return {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[precision]


def load_model(folder: Path, kind: str = "AutoModel", *, pooler: bool, attention: str | None = None) -> Any:
    """A transformers model in fp32, evaluation mode, on the CPU, without contacting any hub.

    Args:
        folder: with its config.json and weights.
        kind: name of one of transformers' Auto classes.
        pooler: whether the model's pooler is used; an unused one may be missing.
        attention: transformers' name of an attention implementation, or None for the family's default.

    Raises:
        ModelDamagedError: the weights do not fit the configuration, or some are missing or unexpected.
    """
    import torch
    import transformers

    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False, "dtype": torch.float32}
    if attention is not None:
        options["attn_implementation"] = attention
    with quiet(), whole_weights(folder, pooler=pooler):
        return getattr(transformers, kind).from_pretrained(folder, **options).eval()


def load_tokenizer_file(config: ModelConfig, target: Path) -> None:
    """Write the tokenizer that transformers loads from the folder into one tokenizer.json file.

    Raises:
        ModelDamagedError: it cannot be loaded, has no fast variant, or has more tokens than the model.
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


def read_tokenizer(network: Network[Any]) -> FastTokenizer:
    """The tokenizer that transformers loads from the model's folder, run without transformers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        load_tokenizer_file(network.config, path)
        return network.open_tokenizer(path)
