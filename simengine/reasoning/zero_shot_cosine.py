"""Which label a text is nearest to, by a bi-encoder, joined with what an NLI model says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from simengine.encoders.contract import BiEncoder

Floats = npt.NDArray[np.float64]
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Gains:
    """The weights of two scores of a label: their sum is its log-odds, up to a constant of the text.

    Attributes:
        nli: of the NLI model's log-odds.
        cosine: of `label_cosines`.
    """

    nli: float
    cosine: float


GAINS: Final = Gains(nli=0.1, cosine=16.0)
"""Chosen by `python benchmarks/fit_zero_shot.py --texts 100`: of those that make no dev set worse than cosines alone,
the ones with the best mean accuracy. Fit them again when the NLI model changes."""


def label_cosines(encoder: BiEncoder, texts: Sequence[str], hypotheses: Sequence[Sequence[str]]) -> Floats:
    """How much nearer each text is to a label than to the others.

    A label is the mean vector of its hypotheses. Cosines are centred over the labels and divided by the labels' spread,
    because models, and kinds of labels, differ in how far apart they are. The order of a text's labels is that of its
    cosines.

    Args:
        encoder: the bi-encoder.
        texts: n texts.
        hypotheses: for each of m labels at least one.

    Returns:
        (n, m) float64, rows with mean 0.
    """
    flat = [each for group in hypotheses for each in group]
    vectors = encoder.encode([*texts, *flat]).astype(np.float64)
    ends = np.cumsum([len(texts), *map(len, hypotheses)])
    labels = np.stack([vectors[start:end].mean(axis=0) for start, end in pairwise(ends)])
    labels /= np.maximum(np.linalg.norm(labels, axis=1, keepdims=True), _LEAST_SPREAD)
    centred = labels - labels.mean(axis=0)
    spread = float(np.sqrt((centred**2).sum(axis=1).mean()))
    if spread < _LEAST_SPREAD:
        return np.zeros((len(texts), len(hypotheses)))
    result: Floats = vectors[: len(texts)] @ centred.T / spread
    return result


def joined(nli: Floats, cosines: Floats, can_judge: Sequence[bool], can_compare: Sequence[bool]) -> Floats:
    """The two scores of each label as one; where one model cannot read a text, the other's alone.

    Args:
        nli: (n, m) log-odds of the NLI model.
        cosines: (n, m) from `label_cosines`.
        can_judge: for each text, whether the NLI model can read it.
        can_compare: for each text, whether the bi-encoder can.

    Returns:
        (n, m) float64; 0 where neither can.
    """
    judged, compared = np.asarray(can_judge)[:, None], np.asarray(can_compare)[:, None]
    both = GAINS.nli * nli + GAINS.cosine * cosines
    one: Floats = np.where(judged, nli, np.where(compared, GAINS.cosine * cosines, 0.0))
    return np.where(judged & compared, both, one)
