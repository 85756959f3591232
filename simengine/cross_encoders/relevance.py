"""Relevance of passages to questions and graded similarity, by cross-encoders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.contract import CrossEncoder
from simengine.cross_encoders.labels import nli_columns, sigmoid, softmax
from simengine.cross_encoders.windows import predict_in_windows
from simengine.errors import UsageError
from simengine.models.unknown import relevance_pairs
from simengine.text.arguments import as_pairs
from simengine.types import FloatMatrix

_ACTIVATIONS: Mapping[str, Callable[[FloatMatrix], FloatMatrix]] = {
    "Sigmoid": sigmoid,
    "Identity": lambda logits: logits,
    "Tanh": np.tanh,
}


@dataclass(frozen=True, slots=True)
class PairScores:
    """Scores of n pairs.

    Attributes:
        scores: (n,) float32, higher is better.
        n_truncated: (n,) int32, tokens of a pair beyond the model's limit.
    """

    scores: FloatMatrix
    n_truncated: npt.NDArray[np.int32]


class RelevanceModel:
    """How well a passage answers a question, from 0 to 1.

    For a model with one output: the sigmoid of it for (question, passage). For an NLI model: the probability that
    the passage entails the question, for (passage, question). A passage that is too long for the model is read in
    windows and scored by its best one. The scores are the model's own, not calibrated. They are 0 if words
    unknown to the model make them meaningless (see `simengine.models.unknown`).

    Args:
        model: with one output, or with the three NLI labels.
        labels: see `NLIModel`.

    Raises:
        UsageError: it has other outputs.
    """

    def __init__(self, model: CrossEncoder, *, labels: Mapping[str, str] | None = None) -> None:
        self.model = model
        self._columns = None if len(model.labels) == 1 else nli_columns(model.labels, labels)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n,) float32 in [0, 1] for n pairs (question, passage)."""
        return self.scores_counted(pairs).scores

    def scores_counted(self, pairs: Sequence[tuple[str, str]]) -> PairScores:
        """As `scores`, with the number of tokens of each question that did not fit with a window of its passage."""
        pairs = as_pairs(pairs)
        turned = [(passage, question) for question, passage in pairs]
        if self._columns is None:
            windows = predict_in_windows(self.model, pairs, long_side=1)
            each = sigmoid(windows.logits[:, 0])
        else:
            windows = predict_in_windows(self.model, turned, long_side=0)
            each = softmax(windows.logits[:, self._columns])[:, 0]
        groups = list(windows.groups())
        scores = np.asarray([each[group].max() for group in groups], np.float32)
        scores[~relevance_pairs(self.model, turned)] = 0.0
        return PairScores(
            scores,
            np.asarray([windows.n_truncated[group].max() for group in groups], np.int32),
        )

    def close(self) -> None:
        """Release the model's threads and memory."""
        self.model.close()


class SimilarityModel:
    """Graded similarity of two texts, in the range of the model's training (0 to 1 with a sigmoid).

    Args:
        model: with one output.

    Raises:
        UsageError: it has more outputs, or an unknown activation function.
    """

    def __init__(self, model: CrossEncoder) -> None:
        if len(model.labels) != 1:
            raise UsageError(
                f"the model has the outputs {', '.join(model.labels)}; graded similarity needs a cross-encoder with "
                "one output, or a bi-encoder"
            )
        if model.activation not in _ACTIVATIONS:
            raise UsageError(
                f"the model's activation function is {model.activation}; known: {', '.join(_ACTIVATIONS)}"
            )
        self.model = model
        self._activation = _ACTIVATIONS[model.activation]

    def scores(self, pairs: Sequence[tuple[str, str]]) -> FloatMatrix:
        """(n,) float32, higher is more similar."""
        return self.scores_counted(pairs).scores

    def scores_counted(self, pairs: Sequence[tuple[str, str]]) -> PairScores:
        """As `scores`, with the number of tokens truncated from each pair, the longer text first."""
        predicted = self.model.predict_counted(as_pairs(pairs))
        scores: FloatMatrix = np.asarray(self._activation(predicted.logits[:, 0]), np.float32)
        return PairScores(scores, predicted.n_truncated)

    def close(self) -> None:
        """Release the model's threads and memory."""
        self.model.close()
