"""A cross-encoder's model as runtimes see it: pairs of texts in, logits out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from simengine.cross_encoders.config import PairConfig, fingerprint_of_pairs
from simengine.cross_encoders.labels import sigmoid, softmax
from simengine.models.config import KNOWN_FAMILIES
from simengine.models.fingerprint import Fingerprint
from simengine.models.pair_tokenization import PairTokenizer
from simengine.runtimes.check_texts import check_texts
from simengine.runtimes.contract import Check, Network, Role, Rows, TokenCounts
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    from simengine.cross_encoders.torch_model import PairModel

MAX_PROBABILITY_CHANGE: Final = 0.05
"""int8 is refused if it changes a probability of a check pair by more than this. A trained MiniLM: 0.025."""
# Largest difference of an undamaged graph's logits from those of torch, relative to the largest logit.
_PROBE_TOLERANCE = {"f32": 1e-3, "bf16": 0.1, "int8": 0.3}


class PairNetwork(Network[tuple[str, str]]):
    """A sequence classification model.

    Args:
        pairs: its configuration.
    """

    reads_pairs = True
    outputs = "logits"
    graph_variant = "-pairs1"
    tested_families = KNOWN_FAMILIES | {"electra"}
    tokenizer_class = PairTokenizer
    probe = (
        ("A man is playing a guitar on the street.", "Somebody makes music."),
        ("The committee did not approve the budget for 2024.", "The budget was approved."),
        ("Does the graph still compute what it computed when it was exported?", "42"),
    )

    def __init__(self, pairs: PairConfig) -> None:
        super().__init__(pairs.model)
        self.pairs = pairs

    @cached_property
    def fingerprint(self) -> Fingerprint:
        return fingerprint_of_pairs(self.pairs)

    def tokenize(
        self, tokenizer: PairTokenizer, inputs: Sequence[tuple[str, str]], role: Role | None
    ) -> Rows:
        prompt = "" if role is None else self.config.prompt(role)
        tokens = tokenizer.encode_pairs(inputs, prompt=prompt, truncation=self.pairs.truncation)
        return Rows(tokens.ids, tokens.types, TokenCounts(tokens.n_tokens, tokens.n_truncated))

    def load(self, attention: str | None = None) -> PairModel:
        from simengine.cross_encoders.torch_model import PairModel

        return PairModel(self.config, attention)

    def unchanged(self, expected: FloatMatrix, got: FloatMatrix, precision: str) -> bool:
        scale = max(1.0, float(np.abs(expected).max()))
        return bool(np.abs(got - expected).max() <= scale * _PROBE_TOLERANCE[precision])

    def int8_check(self) -> Check[tuple[str, str]]:
        """Compares the probabilities of neighbouring paragraphs of a manual."""
        pairs = list(pairwise(check_texts()))
        name = f"1 minus the largest change of a probability on {len(pairs)} pairs"
        return Check(pairs, _probability_agreement, 1.0 - MAX_PROBABILITY_CHANGE, name)


def _probability_agreement(expected: FloatMatrix, got: FloatMatrix) -> float:
    probabilities = softmax if expected.shape[1] > 1 else sigmoid
    return 1.0 - float(np.abs(probabilities(expected) - probabilities(got)).max())
