"""The fallback: sentence-transformers itself, for every architecture and module that it knows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from simengine.encoders.contract import BiEncoder, Encoded, Role
from simengine.errors import ModelDamagedError
from simengine.models.config import ModelConfig
from simengine.models.fingerprint import Fingerprint
from simengine.models.tokenization import FastTokenizer
from simengine.runtimes.torch_modules import limited_threads, quiet
from simengine.runtimes.whole_weights import check_finite, check_vocabulary, load_errors, whole_weights

_BATCH_SIZE = 32


class SentenceTransformersEncoder(BiEncoder):
    """A model run by `sentence_transformers.SentenceTransformer`.

    Args:
        config: of the model's folder.
        fingerprint: of the same model.
        device: "cpu", "cuda", "cuda:1".
        precision: "f32", "bf16" or "f16".
        threads: processor threads to use, or None for torch's own choice.

    Raises:
        ModelDamagedError: the folder cannot be loaded, or its tokenizer has no fast variant.
    """

    def __init__(
        self,
        config: ModelConfig,
        fingerprint: Fingerprint,
        *,
        device: str,
        precision: str,
        threads: int | None = None,
    ) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[precision]
        with quiet(), whole_weights(config.folder, pooler=config.reads_pooler):
            self._model = SentenceTransformer(
                str(config.folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                truncate_dim=config.dimension if config.truncated else None,
                model_kwargs={"dtype": dtype},
            )
            check_finite(config.folder, self._model)
        self.fingerprint = fingerprint
        self.runtime = f"sentence-transformers-{device}-{precision}"
        self.dimension = int(self._model.get_embedding_dimension() or config.dimension)
        self.max_tokens = int(min(self._model.max_seq_length or config.max_tokens, 1_000_000))
        self._config, self._threads = config, threads
        # The tokenizer of `tokenizers` is not to be reconfigured by two threads at once.
        self._lock = threading.Lock()
        self.tokenizer: FastTokenizer = self._own_tokenizer()
        with quiet(), load_errors(config.folder, "its list of modules"):
            self._model.encode(["a text"], show_progress_bar=False)

    def _own_tokenizer(self) -> FastTokenizer:
        from tokenizers import Tokenizer

        own: Any = self._model.tokenizer
        backend = own if isinstance(own, Tokenizer) else getattr(own, "backend_tokenizer", None)
        if backend is None:
            raise ModelDamagedError(f"{self._config.folder}: its tokenizer has no fast variant")
        copy = Tokenizer.from_str(backend.to_str())
        check_vocabulary(self._config.folder, copy, _n_vectors(self._model[0]))
        if backend is own:  # static embeddings add no special tokens
            copy.post_processor = None
        return FastTokenizer(copy, max_tokens=self.max_tokens)

    def prompt_tokens(self, role: Role) -> int:
        """As in the contract."""
        prompt = self._config.prompt(role)
        return self.tokenizer.prompt_length(prompt) if prompt else 0

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        prompt = self._config.prompt(role)
        counts = self.tokenizer.encode(texts, prompt=prompt)
        measured = (counts.n_tokens, counts.n_truncated, counts.n_unknown, counts.unknown_share)
        if not len(texts):
            return Encoded(np.empty((0, self.dimension), np.float32), *measured)
        task = {"query": {"task": "query"}, "passage": {"task": "document"}}.get(role, {})
        with self._lock, limited_threads(self._threads):
            vectors = self._model.encode(
                list(texts),
                prompt=prompt,
                batch_size=_BATCH_SIZE,
                show_progress_bar=False,
                normalize_embeddings=True,
                **task,
            )
        return Encoded(np.ascontiguousarray(vectors, np.float32), *measured)


def _n_vectors(module: Any) -> int | None:
    """Rows of a first module's table of word vectors; None where it has none that is known."""
    if hasattr(module, "num_embeddings"):
        return int(module.num_embeddings)
    try:
        return int(module.model.get_input_embeddings().weight.shape[0])
    except (AttributeError, NotImplementedError):
        return None
