"""Models of pairs as evaluation sees them: classifiers, scorers, and which of the two kinds a model folder is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from simengine.corpus.examples import NLI_LABELS
from simengine.encoders.contract import BiEncoder
from simengine.errors import UsageError
from simengine.evaluation.predictors import Pairs
from simengine.types import FloatMatrix

ModelKind: TypeAlias = Literal["bi-encoder", "cross-encoder", "reader", "tagger"]
_KINDS: dict[str, ModelKind] = {
    "ForSequenceClassification": "cross-encoder",
    "ForQuestionAnswering": "reader",
    "ForTokenClassification": "tagger",
}


class CountedLogits(Protocol):
    """What a cross-encoder returns."""

    @property
    def logits(self) -> FloatMatrix:
        """(n, n_labels) float32."""

    @property
    def n_truncated(self) -> npt.NDArray[np.int32]:
        """(n,) int32, tokens of each pair that the model did not see."""


class LogitModel(Protocol):
    """A cross-encoder, as far as it is needed here."""

    labels: tuple[str, ...]

    def predict_counted(self, pairs: Pairs) -> CountedLogits:
        """The logits of pairs, and how many tokens each had that were cut off."""


def model_kind(folder: Path) -> ModelKind:
    """What a model folder holds, by what its files say.

    Args:
        folder: in the layout of sentence-transformers or transformers.
    """
    if _json(folder / "config_sentence_transformers.json").get("model_type") == "CrossEncoder":
        return "cross-encoder"
    if (folder / "modules.json").is_file():
        return "bi-encoder"
    for architecture in _json(folder / "config.json").get("architectures") or ():
        for ending, kind in _KINDS.items():
            if str(architecture).endswith(ending):
                return kind
    return "bi-encoder"


def _json(path: Path) -> dict[str, Any]:
    """An object in a file; empty where there is none (loading the model will say what is wrong)."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


class NLIClassifier:
    """A cross-encoder with three classes, as probabilities in the order entailment, neutral, contradiction.

    Args:
        model: its labels may stand in any order, and may be written in full or by their first letters.

    Attributes:
        n_truncated: pairs so far of which the model could not read the end.

    Raises:
        UsageError: its labels are not these three.
    """

    labels = NLI_LABELS

    def __init__(self, model: LogitModel) -> None:
        self._model = model
        self._columns = nli_columns(model.labels)
        self.n_truncated = 0

    def probabilities(self, pairs: Pairs) -> FloatMatrix:
        """(n, 3) float32, rows summing to 1. Pairs are (premise, hypothesis)."""
        predicted = self._model.predict_counted(pairs)
        self.n_truncated += int(np.count_nonzero(predicted.n_truncated))
        return softmax(predicted.logits[:, self._columns])


def nli_columns(labels: Sequence[str]) -> list[int]:
    """Where entailment, neutral and contradiction stand among a model's labels.

    Raises:
        UsageError: they are not there, or there are others.
    """
    named = [_nli_name(label) for label in labels]
    if sorted(named) != sorted(NLI_LABELS):
        raise UsageError(
            f"the model's labels are {', '.join(labels)}; expected {', '.join(NLI_LABELS)} (in any order). "
            "A model whose labels have no names needs them written into id2label of its config.json"
        )
    return [named.index(name) for name in NLI_LABELS]


def _nli_name(label: str) -> str:
    given = label.strip().casefold()
    matches = [n for n in NLI_LABELS if given == n[0] or (len(given) >= 6 and n.startswith(given[:6]))]
    return matches[0] if matches else label


def softmax(logits: FloatMatrix) -> FloatMatrix:
    """Along the last axis, computed in float64."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    shares: FloatMatrix = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


class CrossEncoderScorer:
    """A cross-encoder with one output, or an NLI model, as a score of each pair.

    An NLI model judges relevance: the passage is the premise, the question the hypothesis, and the score the log-odds
    of entailment.

    Args:
        model: with one output, or with the three labels of NLI.
        relevance: pairs are (question, passage); False: two texts of which neither comes first.

    Attributes:
        n_truncated: pairs so far of which the model could not read the end.

    Raises:
        UsageError: the model has other outputs, or is an NLI model where graded similarity is asked for.
    """

    def __init__(self, model: LogitModel, *, relevance: bool) -> None:
        self._model = model
        self.n_truncated = 0
        self._columns: list[int] | None = None
        if len(model.labels) == 1:
            return
        if not relevance:
            raise UsageError(
                f"the model has the outputs {', '.join(model.labels)}; graded similarity needs a bi-encoder, or a "
                "cross-encoder with one output"
            )
        self._columns = nli_columns(model.labels)

    def scores(self, pairs: Pairs) -> FloatMatrix:
        """(n,) float32, higher is better."""
        swapped = [(passage, question) for question, passage in pairs]
        predicted = self._model.predict_counted(pairs if self._columns is None else swapped)
        self.n_truncated += int(np.count_nonzero(predicted.n_truncated))
        if self._columns is None:
            column: FloatMatrix = predicted.logits[:, 0]
            return column
        ordered = predicted.logits[:, self._columns].astype(np.float64)
        odds: FloatMatrix = (ordered[:, 0] - np.logaddexp(ordered[:, 1], ordered[:, 2])).astype(np.float32)
        return odds


class BiEncoderScorer:
    """The cosine of two texts' vectors.

    Args:
        encoder: with the prompts of query and passage where `relevance` is True.
        relevance: pairs are (question, passage); False: two texts of which neither comes first.

    Attributes:
        n_truncated: texts so far of which the model could not read the end.
    """

    def __init__(self, encoder: BiEncoder, *, relevance: bool) -> None:
        self._encoder = encoder
        self._relevance = relevance
        self.n_truncated = 0

    def scores(self, pairs: Pairs) -> FloatMatrix:
        """(n,) float32 in [-1, 1]. A text that occurs several times is encoded once."""
        sides = []
        for place in (0, 1):
            texts = [pair[place] for pair in pairs]
            rows = {text: row for row, text in enumerate(dict.fromkeys(texts))}
            role: Literal["query", "passage", "text"] = "text"
            if self._relevance:
                role = "passage" if place else "query"
            encoded = self._encoder.encode_counted(list(rows), role=role)
            self.n_truncated += int(np.count_nonzero(encoded.n_truncated))
            sides.append(encoded.vectors[[rows[text] for text in texts]])
        cosines: FloatMatrix = np.clip(np.einsum("ij,ij->i", *sides), -1.0, 1.0)
        return cosines
