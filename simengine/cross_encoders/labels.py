"""Maps a model's own labels to entailment, neutral, contradiction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from simengine.corpus.examples import NLI_LABELS, canonical_label
from simengine.errors import UsageError
from simengine.types import FloatMatrix

_UNNAMED = re.compile(r"(?:label)?[ _-]?\d+", re.IGNORECASE)


def nli_columns(labels: Sequence[str], mapping: Mapping[str, str] | None = None) -> list[int]:
    """The columns of entailment, neutral and contradiction in a model's outputs.

    Args:
        labels: the model's own names, in the order of its outputs.
        mapping: from the model's names to the canonical ones (or their aliases), for models with
            meaningless or other names. It must contain all of them.

    Returns:
        Three column indices, in the order of NLI_LABELS.

    Raises:
        UsageError: the labels are not these three, are unnamed, or the mapping does not fit them.
    """
    if mapping is not None and set(mapping) != set(labels):
        raise UsageError(
            f"labels maps {', '.join(map(repr, mapping)) or 'nothing'}; the model's own labels are "
            f"{', '.join(map(repr, labels))}, and each needs one of {', '.join(NLI_LABELS)}"
        )
    given = [label if mapping is None else mapping[label] for label in labels]
    named = [canonical_label(label) for label in given]
    if len(named) == len(NLI_LABELS) and set(named) == set(NLI_LABELS):
        return [named.index(name) for name in NLI_LABELS]
    shown = ", ".join(map(repr, given))
    if mapping is None and len(labels) == len(NLI_LABELS) and all(map(_UNNAMED.fullmatch, labels)):
        example = ", ".join(f"{label!r}: {name!r}" for label, name in zip(labels, NLI_LABELS, strict=True))
        raise UsageError(
            f"the model's labels are {shown}, without meaning, and their order differs between "
            f"models; give labels={{{example}}} (with --labels: the three names in the order of the outputs), or "
            "write them into id2label of its config.json"
        )
    raise UsageError(
        f"the model's labels are {shown}; expected {', '.join(NLI_LABELS)} in any order: this is not an NLI model"
    )


def softmax(logits: FloatMatrix) -> FloatMatrix:
    """Softmax over the last axis, computed in float64: (n, k) float32, rows summing to 1."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    probabilities: FloatMatrix = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return probabilities


def sigmoid(logits: FloatMatrix) -> FloatMatrix:
    """Elementwise sigmoid, computed in float64 without overflow: float32 in [0, 1]."""
    values = logits.astype(np.float64)
    exponent = np.exp(-np.abs(values))
    result: FloatMatrix = (np.where(values >= 0, 1.0, exponent) / (1.0 + exponent)).astype(np.float32)
    return result
