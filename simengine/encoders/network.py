"""A bi-encoder's model as runtimes see it: texts in, vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from simengine.models.fingerprint import Fingerprint, fingerprint_of
from simengine.models.tokenization import FastTokenizer
from simengine.runtimes.check_texts import check_texts
from simengine.runtimes.contract import Check, Network, Role, Rows, TokenCounts
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    from simengine.encoders.torch_model import SentenceModel

MIN_COSINE: Final = 0.999
"""Least cosine of every check text's int8 vector to its fp32 vector; below it int8 is refused."""
# Below this cosine the graph no longer computes what was exported; bf16 gives 0.9999.
_PROBE_COSINE = 0.99


class SentenceNetwork(Network[str]):
    """A transformer and its sentence-transformers modules: vectors, L2-normalised."""

    reads_pairs = False
    outputs = "vectors"
    probe = (
        "A short text that shows whether the graph still computes what it computed when it was exported.",
    )

    @cached_property
    def fingerprint(self) -> Fingerprint:
        return fingerprint_of(self.config)

    def tokenize(self, tokenizer: FastTokenizer, inputs: Sequence[str], role: Role | None) -> Rows:
        prompt = "" if role is None else self.config.prompt(role)
        tokens = tokenizer.encode(inputs, prompt=prompt)
        side = None
        if self.config.excludes_prompt:
            n_left_out = tokenizer.prompt_length(prompt) if prompt else 0
            side = [(np.arange(len(row)) >= n_left_out).astype(np.int64) for row in tokens.ids]
        counts = TokenCounts(tokens.n_tokens, tokens.n_truncated, tokens.n_unknown, tokens.unknown_share)
        return Rows(tokens.ids, side, counts)

    def load(self, attention: str | None = None) -> SentenceModel:
        from simengine.encoders.torch_model import SentenceModel

        return SentenceModel(self.config, attention)

    def unchanged(self, expected: FloatMatrix, got: FloatMatrix, precision: str) -> bool:  # noqa: ARG002
        return bool(np.isfinite(got).all() and _smallest_cosine(expected, got) >= _PROBE_COSINE)

    def int8_check(self) -> Check[str]:
        texts = check_texts()
        name = f"smallest cosine to fp32 on {len(texts)} texts"
        return Check(texts, _smallest_cosine, MIN_COSINE, name)


def _smallest_cosine(expected: FloatMatrix, got: FloatMatrix) -> float:
    return float(np.einsum("ij,ij->i", expected, got).min())
