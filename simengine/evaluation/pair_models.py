"""Models of pairs as evaluation sees them, and which kind of model a folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from simengine.corpus.examples import NLI_LABELS
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.relevance import RelevanceModel, SimilarityModel
from simengine.encoders.contract import BiEncoder
from simengine.evaluation.predictors import Pairs
from simengine.text.checks import parse_own_json
from simengine.types import FloatMatrix

ModelKind: TypeAlias = Literal["bi-encoder", "cross-encoder", "reader", "tagger"]
_KINDS: dict[str, ModelKind] = {
    "ForSequenceClassification": "cross-encoder",
    "ForQuestionAnswering": "reader",
    "ForTokenClassification": "tagger",
}


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
        value = parse_own_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


class NLIProbabilities:
    """An NLI model's distributions, with what it could not read counted.

    Attributes:
        n_truncated: pairs so far of which the model could not read everything, not even in windows.
    """

    labels = NLI_LABELS

    def __init__(self, model: NLIModel) -> None:
        self._model = model
        self.n_truncated = 0

    def probabilities(self, pairs: Pairs) -> FloatMatrix:
        """(n, 3) float32, rows summing to 1. Pairs are (premise, hypothesis)."""
        verdicts = self._model.verdicts(pairs, evidence=False)
        self.n_truncated += sum(verdict.n_truncated > 0 for verdict in verdicts)
        rows = [[verdict.probabilities[label] for label in NLI_LABELS] for verdict in verdicts]
        return np.array(rows, np.float32).reshape(-1, len(NLI_LABELS))


class CrossEncoderScorer:
    """A cross-encoder's scores, with what it could not read counted.

    Args:
        model: relevance of (question, passage), or similarity of two texts.

    Attributes:
        bounded: whether scores lie in [0, 1].
        n_truncated: pairs so far of which the model could not read everything.
    """

    def __init__(self, model: RelevanceModel | SimilarityModel) -> None:
        self._model = model
        self.bounded = isinstance(model, RelevanceModel) or model.model.activation == "Sigmoid"
        self.n_truncated = 0

    def scores(self, pairs: Pairs) -> FloatMatrix:
        """(n,) float32, higher is better."""
        counted = self._model.scores_counted(pairs)
        self.n_truncated += int(np.count_nonzero(counted.n_truncated))
        return counted.scores


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
