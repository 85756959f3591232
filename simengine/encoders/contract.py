"""The contract of bi-encoders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.models.fingerprint import Fingerprint
from simengine.models.unknown import UNREADABLE_SHARE, Reading, readings_of
from simengine.runtimes.contract import Role as Role
from simengine.text.arguments import as_texts
from simengine.types import FloatMatrix, Mask, Tokenizer


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of texts, with token counts.

    Attributes:
        vectors: (n, dim) float32, rows L2-normalised.
        n_tokens: (n,) int32, tokens of each whole text, special tokens (and the prompt's) included.
        n_truncated: (n,) int32, tokens beyond the model's limit, which are not part of the vector.
        n_unknown: (n,) int32, tokens unknown to the model (see `simengine.models.unknown`); None if not measured.
        unknown_share: (n,) float32 in [0, 1], the share of each text's words that the model has no tokens for; None
            if not measured.
    """

    vectors: FloatMatrix
    n_tokens: npt.NDArray[np.int32]
    n_truncated: npt.NDArray[np.int32]
    n_unknown: npt.NDArray[np.int32] | None = None
    unknown_share: FloatMatrix | None = None

    @property
    def unreadable(self) -> Mask:
        """(n,) bool: too much of the text is unknown to the model for its vector to mean anything."""
        if self.unknown_share is None:
            return np.zeros(len(self.n_tokens), bool)
        return self.unknown_share > UNREADABLE_SHARE

    def rows(self, which: slice | npt.NDArray[np.int64]) -> Encoded:
        """Some of the texts, in the given order."""
        return Encoded(
            self.vectors[which],
            self.n_tokens[which],
            self.n_truncated[which],
            None if self.n_unknown is None else self.n_unknown[which],
            None if self.unknown_share is None else self.unknown_share[which],
        )


def joined(parts: Sequence[Encoded]) -> Encoded:
    """The results of several calls of one encoder, concatenated; at least one."""
    unknown = [part.n_unknown for part in parts if part.n_unknown is not None]
    shares = [part.unknown_share for part in parts if part.unknown_share is not None]
    return Encoded(
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.n_tokens for part in parts]),
        np.concatenate([part.n_truncated for part in parts]),
        np.concatenate(unknown) if unknown else None,
        np.concatenate(shares) if shares else None,
    )


class BiEncoder(ABC):
    """Maps texts to vectors whose inner product is their cosine similarity.

    Implementations are thread-safe.
    """

    fingerprint: Fingerprint
    dimension: int
    max_tokens: int
    """Most tokens per text, special tokens included; longer texts are truncated and counted."""
    runtime: str
    """Short name: "openvino-f32", "torch-bf16", "sentence-transformers-cuda"."""
    tokenizer: Tokenizer
    runtime_reason: str = ""
    """Why this runtime was chosen, in words: "fastest on CPUs", or what the fast ones do not support."""

    @abstractmethod
    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        """Encode texts and count their tokens.

        Args:
            texts: n texts; n = 0 gives arrays of shape (0, dim) and (0,).
            role: the prompt that is prepended: the model's query prompt, its passage
                (document) prompt, or its default prompt for "text". Ignored by models without prompts.
        """

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """As `encode_counted`, only the vectors: (n, dim) float32, rows L2-normalised.

        Raises:
            UsageError: a single text was given, or something that is not a text.
            DataError: a text contains half of a surrogate pair or U+0000.
        """
        return self.encode_counted(as_texts(texts), role=role).vectors

    def prompt_tokens(self, role: Role) -> int:  # noqa: ARG002 - most models have no prompts
        """Tokens of `max_tokens` that the prompt of a role takes."""
        return 0

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """For each text what the model can read, and what it has no tokens for."""
        return readings_of(self.tokenizer, texts)

    def close(self) -> None:  # noqa: B027 - nothing to release in most runtimes
        """Release threads and device memory; the encoder cannot be used afterwards."""
