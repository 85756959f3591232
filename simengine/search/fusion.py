"""Fusion of dense and lexical search results.

The fused score of a passage for a query is::

    cosine + WEIGHT * boost * BM25 / (sqrt(bound) * best cosine ** 2)

- ``bound`` is the BM25 score that no passage can exceed: every word of the query, arbitrarily often. Divided by
  it, BM25 would be the share of the query that a passage covers; by its root, many words still count more than few.
- ``best cosine`` is that of the query's nearest passage (at least `LEAST_BEST`): if the model finds nothing
  near, words count more.
- ``boost`` is 1 for text that the model can read, and ``1 / (1 - unknown) ** 4`` (at most `MOST_BOOST`) for a query
  in characters of which it cannot distinguish that share, as an English model most Chinese ones, or if it has no
  tokens for that share of the words, whichever is more. It is `CODE_BOOST` times that for a query of only
  codes or identifiers.
- Cosines are first rescaled to all-MiniLM-L6-v2, for which the constants were chosen: models differ in
  the cosines of unrelated texts. See `Fusion.scale`.

``unknown`` and the scale are measured once for an index, without labels (see `trust`). An index without a
measurement is treated like English with all-MiniLM-L6-v2.

The constants were chosen on collections built from question answering, paraphrase, entailment, news,
dictionary and documentation data, 28 of them English (15 of these about one narrow subject) and 4 Chinese; none is
reported by the benchmarks. Gain in nDCG@10 over the better of the two sides, which is known only in
hindsight (all-MiniLM-L6-v2, 100 candidates from each side):

==============================  ===========  ===========  ===========  ===========
fusion                          28 English:  worst one    4 Chinese:   worst one
                                mean gain                 mean gain
==============================  ===========  ===========  ===========  ===========
dense alone                          -0.005       -0.109       -0.522       -0.765
BM25 alone                           -0.090       -0.319        0            0
reciprocal rank fusion               -0.014       -0.107       -0.241       -0.386
sum of min-max scores                +0.004       -0.071       -0.083       -0.116
cosine + 0.5 * BM25 / bound          +0.015       -0.019       -0.213       -0.381
this one without ``boost``           +0.018       -0.006       -0.235       -0.423
this one                             +0.018       -0.006       +0.002        0.000
==============================  ===========  ===========  ===========  ===========

With all vectors pulled towards one direction, until unrelated texts have a cosine
of 0.8 (as with some models), the English gain stays +0.018, the worst -0.011; without the scale the worst is -0.021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simengine.lexical.compounds import holds_codes_alone
from simengine.text.tokens import text_units
from simengine.types import FloatMatrix, Json, RowArray

RRF_CONSTANT = 60
WEIGHT = 0.02
LEAST_BEST = 0.2
MOST_BOOST = 40.0
CODE_BOOST = 4.0
"""Extra weight of words if a query is a code or an identifier: models put all such codes near each other."""
LEVEL, SPREAD = 0.0352, 0.0752  # of all-MiniLM-L6-v2, as `trust` measures them
UNSEEN_SHARE = 0.5
"""A passage beyond the lexical candidates is assumed to score this share of the last of them."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """Measurements of a model and a corpus for fusion.

    Attributes:
        level: mean cosine of unrelated texts.
        spread: standard deviation of those cosines, above 0.
        unknown_words: share of the corpus's words that the model cannot distinguish.
        unknown_characters: the same for characters of scripts without spaces between words.
    """

    level: float = LEVEL
    spread: float = SPREAD
    unknown_words: float = 0.0
    unknown_characters: float = 0.0

    @classmethod
    def of(cls, stored: Mapping[str, Json] | None) -> Fusion:
        """From the result of `trust.measure_trust`; missing values are those of English."""

        def number(name: str, default: float) -> float:
            value = None if stored is None else stored.get(name)
            return float(value) if isinstance(value, (int, float)) else default

        return cls(
            level=number("level", LEVEL),
            spread=max(number("spread", SPREAD), 1e-3),
            unknown_words=number("unknown_words", 0.0),
            unknown_characters=number("unknown_characters", 0.0),
        )

    @property
    def scale(self) -> float:
        """What cosines above `level` are multiplied by, so that they compare with those of all-MiniLM-L6-v2.

        Unrelated texts get its spread. Where that stretches the cosines, as of multilingual-e5-small, identical texts
        keep the cosine 1 at least: unrelated texts lie closer together there than the distance to related ones says.
        By the spread alone words count too much (nDCG@10 of multilingual-e5-small on 250 queries: MLQA zh 0.850, now
        0.876; queries written for CMRC 0.926, now 0.939; AFQMC 0.330, now 0.354; COVID FAQ in English 0.751, now 0.818;
        LCQMC and CMRC within 0.002).
        """
        scale = SPREAD / self.spread
        return scale if scale <= 1 else max(scale, (1 - LEVEL) / max(1 - self.level, 1e-3))

    def fuse(
        self,
        texts: Sequence[str],
        dense: FloatMatrix,
        lexical: FloatMatrix,
        bounds: FloatMatrix,
        unknown: Sequence[float] | None = None,
    ) -> FloatMatrix:
        """Fused scores.

        Args:
            texts: the q queries.
            dense: (q, m) float32 cosines, those of the nearest passages among them; -inf at empty places.
            lexical: (q, m) float32 BM25 scores, 0 if no word is shared.
            bounds: (q,) float32, the BM25 score that no passage exceeds; 0 if no word is known.
            unknown: the share of each query's words that the model has no tokens for; None for none.

        Returns:
            (q, m) float32; -inf at empty places.
        """
        cosines = LEVEL + (dense - np.float32(self.level)) * np.float32(self.scale)
        best = np.maximum(cosines.max(axis=1, initial=LEAST_BEST), LEAST_BEST)
        roots = np.sqrt(np.where(bounds > 0, bounds, np.inf))
        shares = [0.0] * len(texts) if unknown is None else unknown
        boosts = np.array(
            [
                self.boost(text, share) * (CODE_BOOST if holds_codes_alone(text) else 1)
                for text, share in zip(texts, shares, strict=True)
            ]
        )
        weights = (WEIGHT * boosts / (roots * best**2)).astype(np.float32)
        fused: FloatMatrix = cosines + weights[:, None] * lexical
        return fused

    def boost(self, text: str, unknown: float = 0.0) -> float:
        """Extra weight of a query's words because the model cannot read it.

        Args:
            text: the query.
            unknown: the share of its words that the model has no tokens for.
        """
        if not self.unknown_words and not self.unknown_characters and not unknown:
            return 1.0
        words, characters = text_units(text)
        n_unknown = self.unknown_words * len(words) + self.unknown_characters * len(characters)
        known = 1 - max(n_unknown / max(1, len(words) + len(characters)), unknown)
        return MOST_BOOST if known**4 * MOST_BOOST <= 1 else 1 / known**4


def rrf(rankings: Sequence[RowArray], rows: RowArray) -> FloatMatrix:
    """Reciprocal rank fusion: the sum of 1 / (60 + rank) over the rankings with a row.

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
