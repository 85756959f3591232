"""What an NLI model's logits become besides a softmax: a temperature, and the rules that fired.

Each rule that fires on a pair adds the logarithm of how often each class was right where it fired in training data,
over how often the class occurs there (a product of experts: Hinton, "Training Products of Experts by Minimizing
Contrastive Divergence", 2002), times one strength for all rules. The numbers are fitted for each model by
benchmarks/fit_verdicts.py.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from simengine.corpus.examples import NLI_LABELS
from simengine.cross_encoders.labels import softmax
from simengine.rules.changes import RuleEvidence
from simengine.types import FloatMatrix

_PATH: Final = Path(__file__).parent / "fusion.json"


@dataclass(frozen=True, slots=True)
class VerdictFusion:
    """How the verdicts of one model are made.

    Attributes:
        languages: those it gives verdicts in: "en", "zh".
        temperature: what its logits are divided by.
        bias: added to the logits of entailment, neutral, contradiction after that.
        strength: what the rules' logarithms are multiplied by.
        rules: "<rule> <label>" → what it adds to the logits of entailment, neutral, contradiction.
    """

    languages: tuple[str, ...]
    temperature: float
    bias: tuple[float, float, float]
    strength: float
    rules: Mapping[str, tuple[float, float, float]]

    def calibrated(self, logits: FloatMatrix) -> FloatMatrix:
        """(n, 3) float32 logits after temperature and bias."""
        found: FloatMatrix = (logits / self.temperature + np.asarray(self.bias)).astype(np.float32)
        return found

    def fused(
        self, probabilities: FloatMatrix, found: Sequence[Sequence[RuleEvidence]]
    ) -> tuple[FloatMatrix, list[str]]:
        """Probabilities with what the rules say of each pair, and the reasons ("" where none fired).

        Args:
            probabilities: (n, 3) float32, in the order entailment, neutral, contradiction.
            found: for each of the n pairs the rules that fired.

        Returns:
            (n, 3) float32, rows summing to 1; and n reasons, which name the rules that agree with the verdict.
        """
        logits = np.log(np.maximum(probabilities, 1e-9))
        for row, evidence in enumerate(found):
            for key in {_key(each) for each in evidence} & set(self.rules):
                logits[row] += self.strength * np.asarray(self.rules[key], np.float32)
        fused = softmax(logits)
        labels = fused.argmax(axis=1)
        reasons = [
            "; ".join(dict.fromkeys(each.reason for each in evidence if NLI_LABELS[label] == each.label))
            for evidence, label in zip(found, labels, strict=True)
        ]
        return fused, reasons


def _key(evidence: RuleEvidence) -> str:
    return f"{evidence.rule} {evidence.label}"


@functools.cache
def _known() -> dict[str, VerdictFusion]:
    table = json.loads(_PATH.read_text(encoding="utf-8"))
    return {
        digest: VerdictFusion(
            languages=tuple(one["languages"]),
            temperature=float(one["temperature"]),
            bias=(one["bias"][0], one["bias"][1], one["bias"][2]),
            strength=float(one["strength"]),
            rules={name: (values[0], values[1], values[2]) for name, values in one["rules"].items()},
        )
        for digest, one in table.items()
    }


def fusion_of(digest: str) -> VerdictFusion | None:
    """What was fitted for the model with a fingerprint; None for models that are not shipped."""
    return _known().get(digest)
