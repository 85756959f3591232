"""What a bi-encoder is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.models.fingerprint import Fingerprint
from simengine.text.arguments import as_texts
from simengine.types import FloatMatrix, Tokenizer

Role: TypeAlias = Literal["query", "passage", "text"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors and what they were made from.

    Attributes:
        vectors: (n, dim) float32, rows L2-normalised.
        n_tokens: (n,) int32, tokens of each whole text, special tokens (and the prompt's) included.
        n_truncated: (n,) int32, tokens beyond the model's limit that did not enter the vector.
    """

    vectors: FloatMatrix
    n_tokens: npt.NDArray[np.int32]
    n_truncated: npt.NDArray[np.int32]


class BiEncoder(ABC):
    """Maps texts to vectors whose inner product is their cosine similarity.

    Implementations may be called from several threads at once.
    """

    fingerprint: Fingerprint
    dimension: int
    max_tokens: int
    """Tokens per text including special tokens; longer texts are truncated and counted."""
    runtime: str
    """Short name for people: "openvino-f32", "torch-bf16", "sentence-transformers-cuda"."""
    tokenizer: Tokenizer
    runtime_reason: str = ""
    """Why this runtime was chosen, for people: "the fastest on CPUs", or what the fast ones do not know."""

    @abstractmethod
    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        """Encode texts and say how many tokens each had.

        Args:
            texts: n texts; n = 0 gives arrays of shape (0, dim) and (0,).
            role: which of the model's prompts stands in front: its query prompt, its passage
                (document) prompt, or its default prompt for "text". A model without prompts ignores it.
        """

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """As `encode_counted`, the vectors alone: (n, dim) float32, rows L2-normalised.

        Raises:
            UsageError: a lone text was given, or something that is not a text.
            DataError: a text holds half of a surrogate pair or U+0000.
        """
        return self.encode_counted(as_texts(texts), role=role).vectors

    def prompt_tokens(self, role: Role) -> int:  # noqa: ARG002 - most models have no prompts
        """Tokens that the prompt of a role takes from the `max_tokens` of every text."""
        return 0

    def close(self) -> None:  # noqa: B027 - nothing to release in most runtimes
        """Release threads and device memory. The encoder is unusable afterwards."""
