"""The fallback: sentence-transformers' own CrossEncoder, for every architecture and module that it knows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.config import PairConfig
from simengine.cross_encoders.contract import CrossEncoder, Predicted
from simengine.errors import ModelDamagedError
from simengine.models.fingerprint import Fingerprint
from simengine.models.tokenization import FastTokenizer
from simengine.runtimes.torch_modules import limited_threads, quiet
from simengine.runtimes.whole_weights import check_vocabulary, whole_weights

_BATCH_SIZE = 32


class SentenceTransformersCrossEncoder(CrossEncoder):
    """A model run by `sentence_transformers.CrossEncoder`.

    Args:
        config: of the model's folder.
        fingerprint: of the same model.
        device: "cpu", "cuda" or "cuda:N".
        precision: "f32", "bf16" or "f16".
        threads: processor threads to use at most.

    Raises:
        ModelDamagedError: the folder cannot be loaded, or its tokenizer has no fast variant.
    """

    def __init__(
        self, config: PairConfig, fingerprint: Fingerprint, *, device: str, precision: str, threads: int
    ) -> None:
        import torch
        from sentence_transformers import CrossEncoder as Model

        dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[precision]
        folder = config.model.folder
        with quiet(), whole_weights(folder, pooler=config.model.reads_pooler):
            self._model: Any = Model(
                str(folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": dtype},
            )
        self.fingerprint, self.activation = fingerprint, config.activation
        n_labels = int(self._model.num_labels)
        named = config.labels if len(config.labels) == n_labels else ()
        self.labels = named or (("score",) if n_labels == 1 else tuple(f"LABEL_{i}" for i in range(n_labels)))
        self.max_tokens = int(min(self._model.max_seq_length or config.model.max_tokens, 1_000_000))
        self.runtime = f"sentence-transformers-{device}-{precision}"
        self._threads = threads if device == "cpu" else None
        self._identity = torch.nn.Identity()
        # The tokenizer of `tokenizers` is not to be reconfigured by two threads at once.
        self._lock = threading.Lock()
        self.tokenizer: FastTokenizer = self._own_tokenizer(config)

    def _own_tokenizer(self, config: PairConfig) -> FastTokenizer:
        from tokenizers import Tokenizer

        backend = getattr(self._model.tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise ModelDamagedError(f"{config.model.folder}: its tokenizer has no fast variant")
        copy = Tokenizer.from_str(backend.to_str())
        check_vocabulary(config.model.folder, copy, config.model.architecture.get("vocab_size"))
        return FastTokenizer(copy, max_tokens=self.max_tokens)

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        with self._lock:
            return self._lengths(pairs, {"text": {"truncation": False}})

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        given = [(first, second) for first, second in pairs]
        with self._lock, limited_threads(self._threads):
            seen, whole = self._lengths(given, {}), self._lengths(given, {"text": {"truncation": False}})
            scores = self._model.predict(
                given,
                batch_size=_BATCH_SIZE,
                show_progress_bar=False,
                activation_fn=self._identity,
                apply_softmax=False,
            )
        logits = np.ascontiguousarray(scores, np.float32).reshape(len(given), len(self.labels))
        return Predicted(logits, whole, whole - seen)

    def _lengths(self, pairs: Sequence[tuple[str, str]], processing: dict[str, Any]) -> npt.NDArray[np.int32]:
        """(n,) int32, tokens of each pair as the model's own preprocessing makes them, its prompt included."""
        prompt = self._model._resolve_prompt(None, None)
        found = []
        for at in range(0, len(pairs), _BATCH_SIZE):
            block = [list(pair) for pair in pairs[at : at + _BATCH_SIZE]]
            with quiet():
                features = self._model.preprocess(block, prompt=prompt, processing_kwargs=processing)
            found.append(features["attention_mask"].sum(dim=1).cpu().numpy())
        return np.concatenate(found).astype(np.int32) if found else np.empty(0, np.int32)
