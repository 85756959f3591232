"""The fallback: sentence-transformers itself, for every architecture and module that it supports."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.errors import ModelDamagedError
from simengine.models.tokenization import FastTokenizer
from simengine.runtimes.contract import Network, Role, Runtime, T, TokenCounts
from simengine.runtimes.torch_modules import dtype_of, limited_threads, quiet
from simengine.runtimes.whole_weights import check_finite, check_vocabulary, load_errors, whole_weights
from simengine.types import FloatMatrix

_BATCH_SIZE = 32
_WHOLE = {"text": {"truncation": False}}


class SentenceTransformersRuntime(Runtime[T]):
    """A model run by `sentence_transformers.SentenceTransformer` or `.CrossEncoder`."""

    def __init__(self, network: Network[T], *, device: str, precision: str, threads: int) -> None:
        import sentence_transformers

        super().__init__(network, device=device, precision=precision, threads=threads)
        config, options = network.config, {}
        self._pairs = network.reads_pairs
        kind: Any = sentence_transformers.CrossEncoder
        if not self._pairs:
            kind = sentence_transformers.SentenceTransformer
            options["truncate_dim"] = config.dimension if config.truncated else None
        with quiet(), whole_weights(config.folder, pooler=config.reads_pooler):
            self._model: Any = kind(
                str(config.folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": dtype_of(precision)},
                **options,
            )
            check_finite(config.folder, self._model)
        width = self._model.num_labels if self._pairs else self._model.get_embedding_dimension()
        self.name = f"sentence-transformers-{device}-{precision}"
        self.width = int(width or config.dimension)
        self.max_tokens = int(min(self._model.max_seq_length or config.max_tokens, 1_000_000))
        self._limit = threads if device == "cpu" else None
        # Two threads must not reconfigure a `tokenizers` tokenizer at once.
        self._lock = threading.Lock()
        self.tokenizer = self._own_tokenizer()
        if not self._pairs:
            with quiet(), load_errors(config.folder, "its list of modules"):
                self._model.encode(["a text"], show_progress_bar=False)

    @classmethod
    def refuses(cls, network: Network[Any], device: str) -> str | None:  # noqa: ARG003
        return None

    def _own_tokenizer(self) -> FastTokenizer:
        from tokenizers import Tokenizer

        config, own = self._network.config, self._model.tokenizer
        backend = own if isinstance(own, Tokenizer) else getattr(own, "backend_tokenizer", None)
        if backend is None:
            raise ModelDamagedError(f"{config.folder}: its tokenizer has no fast variant")
        copy = Tokenizer.from_str(backend.to_str())
        n_vectors = config.architecture.get("vocab_size") if self._pairs else _n_vectors(self._model[0])
        check_vocabulary(config.folder, copy, n_vectors)
        if backend is own:  # static embeddings add no special tokens
            copy.post_processor = None
        return FastTokenizer(copy, max_tokens=self.max_tokens)

    def run(self, inputs: Sequence[T], role: Role = "text") -> tuple[FloatMatrix, TokenCounts]:
        return self._run_pairs(inputs) if self._pairs else self._run_texts(inputs, role)

    def _run_texts(self, texts: Sequence[Any], role: Role) -> tuple[FloatMatrix, TokenCounts]:
        prompt = self._network.config.prompt(role)
        counts = self._network.tokenize(self.tokenizer, texts, role).counts
        if not len(texts):
            return np.empty((0, self.width), np.float32), counts
        task = {"query": {"task": "query"}, "passage": {"task": "document"}}.get(role, {})
        with self._lock, limited_threads(self._limit):
            vectors = self._model.encode(
                list(texts),
                prompt=prompt,
                batch_size=_BATCH_SIZE,
                show_progress_bar=False,
                normalize_embeddings=True,
                **task,
            )
        return np.ascontiguousarray(vectors, np.float32), counts

    def _run_pairs(self, pairs: Sequence[Any]) -> tuple[FloatMatrix, TokenCounts]:
        import torch

        given = [(first, second) for first, second in pairs]
        with self._lock, limited_threads(self._limit):
            seen, whole = self._lengths(given, {}), self._lengths(given, _WHOLE)
            scores = self._model.predict(
                given,
                batch_size=_BATCH_SIZE,
                show_progress_bar=False,
                activation_fn=torch.nn.Identity(),
                apply_softmax=False,
            )
        logits = np.ascontiguousarray(scores, np.float32).reshape(len(given), self.width)
        return logits, TokenCounts(whole, whole - seen)

    def count_tokens(self, inputs: Sequence[T]) -> npt.NDArray[np.int32]:
        if not self._pairs:
            return self._network.tokenize(self.tokenizer, inputs, "text").counts.n_tokens
        with self._lock:
            return self._lengths(inputs, _WHOLE)

    def _lengths(self, pairs: Sequence[Any], processing: dict[str, Any]) -> npt.NDArray[np.int32]:
        """(n,) int32, tokens of each pair by the model's own preprocessing, its prompt included."""
        prompt = self._model._resolve_prompt(None, None)
        found = []
        for at in range(0, len(pairs), _BATCH_SIZE):
            block = [list(pair) for pair in pairs[at : at + _BATCH_SIZE]]
            with quiet():
                features = self._model.preprocess(block, prompt=prompt, processing_kwargs=processing)
            found.append(features["attention_mask"].sum(dim=1).cpu().numpy())
        return np.concatenate(found).astype(np.int32) if found else np.empty(0, np.int32)


def _n_vectors(module: Any) -> int | None:
    """Rows of the first module's embedding table; None if it is unknown."""
    if hasattr(module, "num_embeddings"):
        return int(module.num_embeddings)
    try:
        return int(module.model.get_input_embeddings().weight.shape[0])
    except (AttributeError, NotImplementedError):
        return None
