"""Models whose work a progress bar shows, and what they could not read is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from simengine.cli.terminal import Bar
from simengine.progress import NoProgress

if TYPE_CHECKING:
    from simengine.engine.contracts import BiEncoder, Role
    from simengine.evaluation.pair_models import CrossEncoderScorer, NLIProbabilities
    from simengine.types import FloatMatrix

T = TypeVar("T")
BLOCK = 1_024


class WatchedEncoder:
    """A bi-encoder.

    Attributes:
        n_truncated: texts so far of which it could not read the end.
    """

    def __init__(self, encoder: BiEncoder, bar: Bar | NoProgress) -> None:
        self.runtime, self.fingerprint = encoder.runtime, encoder.fingerprint
        self.n_truncated = 0
        self._encoder, self._bar = encoder, bar

    def encode(self, texts: Sequence[str], *, role: Role = "text") -> FloatMatrix:
        """As the encoder does."""

        def run(block: Sequence[str]) -> FloatMatrix:
            encoded = self._encoder.encode_counted(block, role=role)
            self.n_truncated += int((encoded.n_truncated > 0).sum())
            return encoded.vectors

        return _in_blocks(run, texts, self._bar)


class WatchedClasses:
    """A model with the classes of NLI."""

    def __init__(self, model: NLIProbabilities, bar: Bar | NoProgress) -> None:
        self.labels: tuple[str, ...] = model.labels
        self._model, self._bar = model, bar

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n, n_labels) float32, rows summing to 1."""
        return _in_blocks(self._model.probabilities, pairs, self._bar)


class WatchedScores:
    """A cross-encoder with a score."""

    def __init__(self, model: CrossEncoderScorer, bar: Bar | NoProgress) -> None:
        self._model, self._bar = model, bar

    def scores(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n,) float32, higher is better."""
        return _in_blocks(self._model.scores, pairs, self._bar)


def _in_blocks(
    run: Callable[[Sequence[T]], FloatMatrix], items: Sequence[T], bar: Bar | NoProgress
) -> FloatMatrix:
    import numpy as np

    parts = []
    for start in range(0, max(len(items), 1), BLOCK):
        block = items[start : start + BLOCK]
        parts.append(run(block))
        bar.advance(len(block))
    return np.concatenate(parts)
