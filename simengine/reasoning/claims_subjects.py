"""What claims are about: names, rare words, units of measure and what a sentence begins with, as weighted terms."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from simengine.reasoning.claims_neighbours import nearest_rows
from simengine.rules.cues import Profile, profile
from simengine.rules.quantities import LABEL
from simengine.text.scripts import has_chinese
from simengine.types import FloatMatrix, Mask, RowArray

SubjectMatrix: TypeAlias = Any  # scipy.sparse.csr_matrix, which has no types
_CODE = re.compile(r"(?<![^\W_])(?=[\w.-]*\d)(?=[\w.-]*[^\W\d_])[A-Za-z0-9][\w.-]*[A-Za-z0-9](?![^\W_])")
HEAD_WORDS, HEAD_CHINESE_CHARACTERS, HEAD_WEIGHT = 4, 6, 1.5
PRIOR_CLAIMS = 100
COMMON_SHARE, COMMON_LEAST = 0.2, 50  # a term in more claims than both is no reason to compare two claims


def subject_terms(text: str, claim: Profile) -> dict[str, float]:
    """The terms of a claim with their weights before those of rarity.

    These are the stems of content words (in Chinese, pairs of characters), identifiers such as "RFC-7231", and the
    units of its quantities, so that "30 days" and "two weeks" share one. What the sentence begins with, mostly its
    subject, weighs `HEAD_WEIGHT`.

    Args:
        text: the claim.
        claim: its profile.
    """
    start = text[:HEAD_CHINESE_CHARACTERS] if has_chinese(text) else " ".join(text.split()[:HEAD_WORDS])
    heads = profile(start).words
    terms = {word: HEAD_WEIGHT if word in heads else 1.0 for word in claim.words}
    terms |= {code.lower(): 1.0 for code in _CODE.findall(text)}
    terms |= {f"#{q.dimension} {q.base}": 1.0 for q in claim.quantities if q.dimension != LABEL}
    return terms


def subject_matrix(terms: Sequence[Mapping[str, float]]) -> SubjectMatrix:
    """(n, v) float32, sparse: the terms of n claims, weighted by their rarity among the claims, rows L2-normalised.

    Rarity is ln(1 + (n + 100) / claims that have the term), as in inverse document frequency; the 100 keep the terms of
    few claims from differing much. A claim without terms is a row of zeros.
    """
    from scipy.sparse import csr_matrix

    counts = Counter(term for each in terms for term in each)
    numbers = {term: number for number, term in enumerate(counts)}
    rarity = {term: math.log1p((len(terms) + PRIOR_CLAIMS) / count) for term, count in counts.items()}
    values, columns, ends = [], [], [0]
    for each in terms:
        weights = np.asarray([weight * rarity[term] for term, weight in each.items()], np.float32)
        values.append(weights / max(float(np.linalg.norm(weights)), 1e-12))
        columns += [numbers[term] for term in each]
        ends.append(len(columns))
    flat = np.concatenate(values) if values else np.empty(0, np.float32)
    return csr_matrix((flat, columns, ends), shape=(len(terms), len(numbers)), dtype=np.float32)


def subject_scores(matrix: SubjectMatrix, pairs: RowArray) -> FloatMatrix:
    """(m,) float32 in [0, 1]: how much two claims share, for (m, 2) pairs of rows; the cosine of their terms."""
    shared = matrix[pairs[:, 0]].multiply(matrix[pairs[:, 1]]).sum(axis=1)
    found: FloatMatrix = np.clip(np.asarray(shared, np.float32).ravel(), 0.0, 1.0)
    return found


def subject_pairs(
    matrix: SubjectMatrix, k: int, *, apart: Sequence[RowArray] = (), sides: Mask | None = None
) -> RowArray:
    """Pairs of claims of which one is among the k that share most with the other; see `nearest_rows`.

    Args:
        matrix: of `subject_matrix`.
        k, apart, sides: see `near_pairs`.

    Returns:
        (m, 2) int64. Terms that stand in most claims are no reason for a pair.
    """
    n = matrix.shape[0]
    frequent = np.bincount(matrix.indices, minlength=matrix.shape[1]) > max(COMMON_LEAST, COMMON_SHARE * n)
    telling = matrix.copy()
    telling.data[frequent[telling.indices]] = 0.0
    telling.eliminate_zeros()
    columns = telling.T.tocsc()
    least = float(np.finfo(np.float32).tiny)

    def scores(rows: RowArray) -> FloatMatrix:
        block: FloatMatrix = (telling[rows] @ columns).toarray()
        return block

    return nearest_rows(scores, n, k, least, apart=apart, sides=sides)
