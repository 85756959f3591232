"""Joining what search by meaning and search by words found.

A passage's score is its cosine plus ``weight`` times its coverage: the share that its BM25 score has of the highest
score any passage could reach for the query (every word present, ever so often). Coverage is an absolute measure: a
query whose rare words stand in no passage gets little from the lexical side, however its best hit compares with the
next. That is how far a query's words are trusted.

How far the model is trusted is measured on the corpus itself, when the index is built and without labels (see
`trust`): ``reading`` says by how many standard deviations a passage lies nearer than others to a few words out of
itself. Long and narrow English texts read 4 to 6 under all-MiniLM-L6-v2, single sentences 6 to 8, Chinese 1 to 3.5.
The less a model reads, the more the words count::

    weight = (5 / reading) ** 4, at least 0.1, at most 8

The two constants were chosen on seventeen collections made from question answering, paraphrase, entailment, news,
dictionary and documentation data; none of them is one that the benchmarks report. nDCG@10 gained over the better of
the two sides, which one that is being known only with hindsight:

===========================  ===========  ===========  ===========  ===========
fusion                       13 English:  worst one    4 Chinese:   worst one
                             mean gain                 mean gain
===========================  ===========  ===========  ===========  ===========
dense alone                       -0.009       -0.108       -0.522       -0.765
BM25 alone                        -0.073       -0.219        0            0
reciprocal rank fusion            -0.013       -0.096       -0.241       -0.386
sum of min-max scores             +0.003       -0.062       -0.083       -0.116
weight 0.75 for all               +0.013       -0.033       -0.138       -0.260
weight from ``reading``           +0.013       -0.004        0.000       -0.004
===========================  ===========  ===========  ===========  ===========

Exponents 3 to 4 and readings 4.6 to 5.2 in place of 4 and 5 change the English mean by less than 0.001.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.types import FloatMatrix, Json, RowArray

RRF_CONSTANT = 60
EVEN_READING = 5.0  # at which a query's words, fully covered, are worth a whole cosine
STEEPNESS = 4
MIN_WEIGHT, MAX_WEIGHT = 0.1, 8.0
BASE_WEIGHT = 0.6
"""For indexes too small to be measured: that of a reading of 5.7, as ordinary English passages have."""

UNSEEN_SHARE = 0.5
"""A passage beyond the lexical candidates is taken to score this share of the last of them."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """How far each side is trusted.

    Attributes:
        lexical_weight: what full coverage of a query's words is worth, in units of cosine.
    """

    lexical_weight: float = BASE_WEIGHT

    @classmethod
    def of(cls, stored: Mapping[str, Json] | None) -> Fusion:
        """From what the index stores (see `trust.measure_trust`); the base weight where it stores nothing."""
        reading = None if stored is None else stored.get("reading")
        if not isinstance(reading, (int, float)):
            return cls()
        return cls(weight_for(float(reading)))

    def fuse(self, dense: FloatMatrix, lexical: FloatMatrix, attainable: FloatMatrix) -> FloatMatrix:
        """Fused scores.

        Args:
            dense: (q, m) float32 cosines; -inf at empty places.
            lexical: (q, m) float32 BM25 scores, 0 where no word is shared.
            attainable: (q,) float32, the BM25 score that no passage exceeds; 0 where no word is known.

        Returns:
            (q, m) float32; -inf at empty places.
        """
        scale = np.where(attainable > 0, attainable, np.inf).astype(np.float32)[:, None]
        fused: FloatMatrix = dense + np.float32(self.lexical_weight) * (lexical / scale)
        return fused


def weight_for(reading: float) -> float:
    """Lexical weight for a corpus that the model reads so well."""
    if reading <= 0:
        return MAX_WEIGHT
    return float(np.clip((EVEN_READING / reading) ** STEEPNESS, MIN_WEIGHT, MAX_WEIGHT))


def rrf(rankings: Sequence[RowArray], rows: RowArray) -> FloatMatrix:
    """Reciprocal rank fusion: the sum of 1 / (60 + rank) over the rankings that hold a row.

    Args:
        rankings: each (q, c) int64 rows, best first, padded with -1.
        rows: (q, m) int64, rows to score, -1 at empty places.

    Returns:
        (q, m) float32; -inf at empty places.

    Source: Cormack, Clarke, Buettcher (2009), Reciprocal rank fusion outperforms Condorcet and individual rank
    learning methods, SIGIR.
    """
    scores = np.zeros(rows.shape, dtype=np.float32)
    for i, wanted in enumerate(rows):
        for ranking in rankings:
            ranked = ranking[i][ranking[i] >= 0]
            if not ranked.size:
                continue
            by_row = np.argsort(ranked)
            at = np.minimum(np.searchsorted(ranked[by_row], wanted), ranked.size - 1)
            found = ranked[by_row][at] == wanted
            scores[i] += np.where(found, 1.0 / (RRF_CONSTANT + 1 + by_row[at]), 0.0)
    return np.where(rows >= 0, scores, np.float32(-np.inf))
