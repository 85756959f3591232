"""The contract of cross-encoders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.models.fingerprint import Fingerprint
from simengine.models.unknown import Reading, readings_of
from simengine.types import FloatMatrix, Tokenizer

# Limits the memory for token ids; does not change results.
BLOCK_PAIRS = 4_096


@dataclass(frozen=True, slots=True)
class Predicted:
    """Logits of pairs, with token counts.

    Attributes:
        logits: (n, n_labels) float32, before any activation function.
        n_tokens: (n,) int32, tokens of each whole pair, special tokens (and the prompt's) included.
        n_truncated: (n,) int32, tokens beyond the model's limit, which were not read.
    """

    logits: FloatMatrix
    n_tokens: npt.NDArray[np.int32]
    n_truncated: npt.NDArray[np.int32]


class CrossEncoder(ABC):
    """Maps pairs of texts to logits, one per label.

    Implementations are thread-safe.
    """

    fingerprint: Fingerprint
    labels: tuple[str, ...]
    """Names of the outputs, from the model's files; ("relevance",) or ("score",) for one output."""
    activation: str
    """Class name in torch.nn of the activation function in the model's files: "Sigmoid", "Identity"."""
    max_tokens: int
    """Most tokens per pair, special tokens included; longer pairs are truncated and counted."""
    runtime: str
    """Short name: "openvino-f32", "torch-cuda-bf16"."""
    tokenizer: Tokenizer
    runtime_reason: str = ""
    """Why this runtime was chosen, in words."""

    def predict_counted(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        """The logits of pairs, and their numbers of tokens.

        Args:
            pairs: n pairs of texts, in the order of the model's training; n = 0 gives arrays of shape
                (0, n_labels) and (0,).
        """
        blocks = [self._predict(pairs[at : at + BLOCK_PAIRS]) for at in range(0, len(pairs), BLOCK_PAIRS)]
        if len(blocks) == 1:
            return blocks[0]
        none = np.empty(0, np.int32)
        return Predicted(
            np.concatenate([np.empty((0, len(self.labels)), np.float32), *(each.logits for each in blocks)]),
            np.concatenate([none, *(each.n_tokens for each in blocks)]),
            np.concatenate([none, *(each.n_truncated for each in blocks)]),
        )

    def predict_logits(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """As `predict_counted`, only the logits: (n, n_labels) float32."""
        return self.predict_counted(pairs).logits

    @abstractmethod
    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        """As `predict_counted`, for 1 to BLOCK_PAIRS pairs."""

    @abstractmethod
    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        """(n,) int32, tokens of each whole pair, special tokens included, without running the model."""

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """For each text what the model can read, and what it has no tokens for."""
        return readings_of(self.tokenizer, texts)

    def close(self) -> None:  # noqa: B027 - nothing to release in most runtimes
        """Release threads and device memory; the model cannot be used afterwards."""
