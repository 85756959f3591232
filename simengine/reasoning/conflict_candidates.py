"""Which pairs of claims are judged: those near in meaning and those on one subject, the most alike first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.progress import NoProgress, Progress
from simengine.reasoning.claims_neighbours import cosines_of, may_be_compared, near_pairs
from simengine.reasoning.claims_statements import Statements
from simengine.reasoning.claims_subjects import subject_matrix, subject_pairs, subject_scores, subject_terms
from simengine.requests.conflicts import ContradictionOptions
from simengine.rules.cues import Profile
from simengine.types import FloatMatrix, Mask, RowArray

ALL_PAIRS = 1_000  # with so few pairs in all, each is judged
PAIRS_WITHIN = 3_000  # so many pairs within documents are judged whatever their likeness
SUBJECT_WEIGHT = 0.5  # of the shared subject beside the cosine; see benchmarks/fit_contradictions.py
PAIRS_PER_STATEMENT, LEAST_BUDGET, MOST_BUDGET = 4, 4_000, 20_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of statements to judge.

    Attributes:
        rows: (m, 2) int64, the lower row first, in descending order of their cosines.
        cosines: (m,) float32.
        subjects: (m,) float32 in [0, 1], how much their subjects share.
        n_pairs: pairs that may be compared at all.
        n_candidates: pairs that are near or on one subject; m of them are within the budget.
    """

    rows: RowArray
    cosines: FloatMatrix
    subjects: FloatMatrix
    n_pairs: int
    n_candidates: int


def conflict_candidates(
    statements: Statements,
    vectors: FloatMatrix,
    profiles: Sequence[Profile],
    options: ContradictionOptions,
    progress: Progress | None = None,
) -> Candidates:
    """The pairs of statements to judge.

    These are, of each statement, the nearest ones by meaning and those that share most of its subject, and all pairs
    within documents if they are few. Beyond the budget the pairs with the lowest sum of cosine and shared subject
    are left out.

    Args:
        statements: n of them.
        vectors: (n, dim) float32, rows L2-normalised.
        profiles: n of them.
        options: `neighbours`, `min_cosine`, `across_documents` and `max_pairs` count.
        progress: notified of the statements.

    Raises:
        UsageError: rows that are not L2-normalised.
    """
    progress = progress or NoProgress()
    n, sides = len(statements.texts), statements.sides
    apart = [statements.sentences, *([statements.documents] if options.across_documents else [])]
    n_pairs = _n_pairs(n, apart, sides)
    near = near_pairs(
        vectors, options.neighbours, options.min_cosine, apart=apart, sides=sides, progress=progress
    )
    matrix = subject_matrix([subject_terms(t, p) for t, p in zip(statements.texts, profiles, strict=True)])
    found = [near.rows]
    if n_pairs <= ALL_PAIRS:
        found.append(_all_pairs(np.zeros(n, np.int64), apart, sides))
    elif n_pairs:
        found.append(subject_pairs(matrix, options.neighbours, apart=apart, sides=sides))
        if not options.across_documents and _n_within(statements.documents) <= PAIRS_WITHIN:
            found.append(_all_pairs(statements.documents, apart, sides))
    rows = np.unique(np.concatenate(found), axis=0)
    cosines = cosines_of(vectors, rows) if len(rows) else np.empty(0, np.float32)
    kept = cosines >= options.min_cosine
    rows, cosines = rows[kept], cosines[kept]
    subjects = subject_scores(matrix, rows)
    budget = options.max_pairs or default_budget(n)
    first = np.argsort(-(cosines + SUBJECT_WEIGHT * subjects), kind="stable")[:budget]
    chosen = first[np.lexsort((rows[first, 1], rows[first, 0], -cosines[first]))]
    return Candidates(rows[chosen], cosines[chosen], subjects[chosen], n_pairs, len(rows))


def default_budget(n_statements: int) -> int:
    """How many pairs are judged if nothing else is asked for."""
    return min(max(PAIRS_PER_STATEMENT * n_statements, LEAST_BUDGET), MOST_BUDGET)


def _n_pairs(n: int, apart: Sequence[RowArray], sides: Mask | None) -> int:
    """Pairs of n rows, without those of one group of the last of `apart`, which contains the others' groups."""
    if sides is not None:
        both = int(sides.all(axis=1).sum())
        first, second = (int(count) - both for count in sides.sum(axis=0))
        return first * second + both * (first + second) + both * (both - 1) // 2
    return n * (n - 1) // 2 - _n_within(apart[-1])


def _n_within(groups: RowArray) -> int:
    """Pairs of rows with one group; -1 is none."""
    sizes = np.unique(groups[groups >= 0], return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())


def _all_pairs(groups: RowArray, apart: Sequence[RowArray], sides: Mask | None) -> RowArray:
    """(m, 2) int64: all pairs of rows of one group of at least 0 that may be compared."""
    found = [np.empty((0, 2), np.int64)]
    for group in np.unique(groups[groups >= 0]):
        members = np.flatnonzero(groups == group)
        left, right = np.triu_indices(len(members), 1)
        found.append(np.stack([members[left], members[right]], axis=1))
    pairs = np.concatenate(found)
    return pairs[may_be_compared(pairs[:, 0], pairs[:, 1], apart, sides)]
