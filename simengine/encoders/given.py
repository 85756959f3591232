"""The caller's own bi-encoders: any object with `encode`, such as a `SentenceTransformer`."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from simengine.encoders.contract import BiEncoder, Encoded, Role
from simengine.errors import UsageError
from simengine.models.fingerprint import Fingerprint
from simengine.models.tokenization import FastTokenizer
from simengine.text.arguments import shown
from simengine.types import FloatMatrix, Tokenizer

DEFAULT_MAX_TOKENS = 512
_WORD = regex.compile(r"[\p{Han}\p{Kana}\p{Thai}]|\w+|[^\w\s]")


def as_bi_encoder(given: object) -> BiEncoder:
    """A bi-encoder from one, or from an object with `encode`.

    Raises:
        UsageError: it has no `encode`, or this does not return a matrix.
    """
    if isinstance(given, BiEncoder):
        return given
    if isinstance(given, type) or not callable(getattr(given, "encode", None)):
        raise UsageError(
            f"model is {shown(given)}; expected a folder, a name, or an object with encode(texts), such as a "
            "SentenceTransformer"
        )
    return GivenEncoder(given)


class GivenEncoder(BiEncoder):
    """An object with `encode(texts)` that returns one vector for each text.

    `encode_query` and `encode_document`, if it has them, are used for queries and passages, as in
    sentence-transformers. Tokens are counted by its own tokenizer if that is a fast one, else by words. Its
    fingerprint is that of its weights if it has a `state_dict`; otherwise an index built with it opens with any object
    of the same class and dimension that gives the same vectors for the index's canary texts.

    Args:
        given: not closed. Called by one thread at a time.

    Raises:
        UsageError: `encode` does not return one vector for each text.
    """

    runtime_reason = "given by the caller"

    def __init__(self, given: Any) -> None:
        self._given = given
        self._lock = threading.Lock()
        kind = f"{type(given).__module__}.{type(given).__qualname__}"
        self.runtime = f"given-{type(given).__name__}"
        self.max_tokens = int(getattr(given, "max_seq_length", None) or DEFAULT_MAX_TOKENS)
        self.tokenizer: Tokenizer = _tokenizer_of(given, self.max_tokens)
        self.dimension = int(self._vectors(["a text"], "text").shape[1])
        parts = {"class": kind, "dimension": str(self.dimension), "max_tokens": str(self.max_tokens)}
        self.fingerprint = Fingerprint.from_parts({**parts, **_weights_of(given)})

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        """See `BiEncoder`."""
        counts = np.array([len(each) for each in self.tokenizer.offsets(texts)], np.int32)
        counts += self.tokenizer.n_special_tokens
        cut = np.maximum(counts - self.max_tokens, 0).astype(np.int32)
        if not len(texts):
            return Encoded(np.empty((0, self.dimension), np.float32), counts, cut)
        return Encoded(self._vectors(texts, role), counts, cut)

    def _vectors(self, texts: Sequence[str], role: Role) -> FloatMatrix:
        """(n, dim) float32, rows L2-normalised."""
        names = {"query": "encode_query", "passage": "encode_document"}
        encode = getattr(self._given, names.get(role, "encode"), self._given.encode)
        with self._lock:
            returned = encode(list(texts))
        if hasattr(returned, "detach"):  # a torch tensor
            returned = returned.detach().cpu().float()
        try:
            vectors = np.asarray(returned, np.float32)
        except (TypeError, ValueError):
            vectors = np.empty(0, np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise UsageError(
                f"{type(self._given).__name__}.encode returned {shown(returned)} for {len(texts)} texts; expected an "
                f"array of shape ({len(texts)}, dimension)"
            )
        if not np.isfinite(vectors).all():
            raise UsageError(
                f"{type(self._given).__name__}.encode returned values that are not finite numbers"
            )
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalised: FloatMatrix = vectors / np.maximum(norms, np.finfo(np.float32).tiny)
        return normalised


class WordCounter:
    """Counts words, and single characters of scripts without spaces, as tokens."""

    n_special_tokens = 0

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        """See `simengine.types.Tokenizer`."""
        return [
            np.array([found.span() for found in _WORD.finditer(text)], np.int32).reshape(-1, 2)
            for text in texts
        ]


def _tokenizer_of(given: Any, max_tokens: int) -> Tokenizer:
    from tokenizers import Tokenizer as Backend

    own = getattr(given, "tokenizer", None)
    backend = own if isinstance(own, Backend) else getattr(own, "backend_tokenizer", None)
    if not isinstance(backend, Backend):
        return WordCounter()
    copy = Backend.from_str(backend.to_str())
    if backend is own:  # static embeddings add no special tokens
        copy.post_processor = None
    return FastTokenizer(copy, max_tokens=max_tokens)


def _weights_of(given: Any) -> dict[str, str]:
    """A digest of the weights, if the object has a `state_dict` as torch modules do."""
    state = getattr(given, "state_dict", None)
    if not callable(state):
        return {}
    digest = hashlib.sha256()
    for name, tensor in sorted(state().items()):
        if hasattr(tensor, "detach"):
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            digest.update(tensor.detach().cpu().contiguous().view(-1).float().numpy().tobytes())
    return {"weights": digest.hexdigest()}
