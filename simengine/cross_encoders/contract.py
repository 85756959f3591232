"""What a cross-encoder is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.models.fingerprint import Fingerprint
from simengine.models.unknown import Reading, readings_of
from simengine.types import FloatMatrix, Tokenizer

# Bounds the memory for token ids; results do not depend on it.
BLOCK_PAIRS = 4_096


@dataclass(frozen=True, slots=True)
class Predicted:
    """Outputs of a cross-encoder and what they were made from.

    Attributes:
        logits: (n, n_labels) float32, before any activation function.
        n_tokens: (n,) int32, tokens of each whole pair, special tokens (and the prompt's) included.
        n_truncated: (n,) int32, tokens beyond the model's limit that it did not see.
    """

    logits: FloatMatrix
    n_tokens: npt.NDArray[np.int32]
    n_truncated: npt.NDArray[np.int32]


class CrossEncoder(ABC):
    """Maps pairs of texts to logits, one for each label.

    Implementations may be called from several threads at once.
    """

    fingerprint: Fingerprint
    labels: tuple[str, ...]
    """Names of the outputs as the model's files give them; ("relevance",) or ("score",) for one output."""
    activation: str
    """Class name in torch.nn of the function that the model's files put behind the logits: "Sigmoid", "Identity"."""
    max_tokens: int
    """Tokens per pair including special tokens; longer pairs are truncated and counted."""
    runtime: str
    """Short name for people: "openvino-f32", "torch-cuda-bf16"."""
    tokenizer: Tokenizer
    runtime_reason: str = ""
    """Why this runtime was chosen, for people."""

    def predict_counted(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        """The logits of pairs, and how many tokens each had.

        Args:
            pairs: n pairs of texts, in the order that the model was trained with; n = 0 gives arrays of shape
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
        """As `predict_counted`, the logits alone: (n, n_labels) float32."""
        return self.predict_counted(pairs).logits

    @abstractmethod
    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Predicted:
        """As `predict_counted`, for 1 to BLOCK_PAIRS pairs."""

    @abstractmethod
    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        """(n,) int32, tokens of each whole pair, special tokens included, without running the model."""

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """What the model can read of each text, and what it has no tokens for."""
        return readings_of(self.tokenizer, texts)

    def close(self) -> None:  # noqa: B027 - nothing to release in most runtimes
        """Release threads and device memory. The model is unusable afterwards."""
