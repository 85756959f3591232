"""A bi-encoder whose vectors are sums of known directions, so that contributions can be worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simengine.encoders.contract import BiEncoder, Encoded, Role
from simengine.models.fingerprint import Fingerprint

TOKEN = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+|[^\w\s]")


class _Tokenizer:
    n_special_tokens = 2

    def offsets(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        return [
            np.array([found.span() for found in TOKEN.finditer(text)], np.int32).reshape(-1, 2)
            for text in texts
        ]


class SumEncoder(BiEncoder):
    """Each token has a direction, given or drawn by its name; a text is their normalised sum.

    Args:
        directions: token to vector, all of one length; others are drawn from a generator.
        max_tokens: as a model's limit, two special tokens included.
    """

    fingerprint = Fingerprint.from_parts({"weights": "sums"})
    runtime = "sums"
    tokenizer = _Tokenizer()

    def __init__(
        self,
        directions: dict[str, Sequence[float]] | None = None,
        *,
        dimension: int = 32,
        max_tokens: int = 500,
    ) -> None:
        self._directions = {name: np.array(vector, float) for name, vector in (directions or {}).items()}
        self.dimension = len(next(iter(self._directions.values()))) if directions else dimension
        self.max_tokens = max_tokens
        self.calls: list[tuple[list[str], Role]] = []

    def vector(self, text: str) -> npt.NDArray[np.float64]:
        """Of length 1; a fixed one for a text without tokens."""
        tokens = TOKEN.findall(text.lower())[: self.max_tokens - 2]
        total = np.sum([self._direction(token) for token in tokens] or [np.eye(self.dimension)[-1]], axis=0)
        return total / np.linalg.norm(total)

    def _direction(self, token: str) -> npt.NDArray[np.float64]:
        if token not in self._directions:
            seed = int.from_bytes(token.encode(), "little") % (1 << 63)
            self._directions[token] = np.random.default_rng(seed).standard_normal(self.dimension)
        return self._directions[token]

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        self.calls.append((list(texts), role))
        vectors = np.array([self.vector(text) for text in texts], np.float32).reshape(-1, self.dimension)
        n = np.array([len(TOKEN.findall(text)) + 2 for text in texts], np.int32)
        return Encoded(vectors, n, np.maximum(n - self.max_tokens, 0).astype(np.int32))
