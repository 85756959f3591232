"""Finds conflicting claims of a corpus: finds near ones, checks the most suspicious by NLI, clusters the conflicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from simengine.calibration.calibration import Calibration
from simengine.progress import NoProgress, Progress
from simengine.reasoning.claims import ClaimOptions, Claims, extract_claims
from simengine.reasoning.claims_neighbours import cluster_numbers
from simengine.reasoning.claims_statements import (
    Encode,
    Statements,
    chosen_places,
    encode_in_blocks,
    gather_statements,
    merged_claims,
    near_statements,
)
from simengine.reasoning.conflict import (
    NLI,
    PairJudge,
    check_calibration,
    judge_pairs,
    named,
)
from simengine.requests.conflicts import ContradictionOptions
from simengine.results.conflicts import Conflict
from simengine.results.conflicts import Contradictions as Contradictions
from simengine.rules.cues import Profile, priorities, profile
from simengine.rules.disagreement import disagreement
from simengine.types import Document, Evidence, FloatMatrix


def find_contradictions(
    documents: Iterable[Document],
    *,
    encode: Encode,
    judge: PairJudge,
    options: ContradictionOptions | None = None,
    against: Iterable[Document] | None = None,
    calibration: Calibration | None = None,
    progress: Progress | None = None,
) -> Contradictions:
    """Find claims that conflict, within one corpus or between two.

    Candidates are the nearest neighbours of each claim by cosine. Of these the pairs with the most signs of a conflict
    (a negation, opposites, other numbers, shared words) are scored by the model in both directions. The same
    input gives the same output.

    Args:
        documents: read once.
        encode: texts to (n, dim) float32 with rows L2-normalised, such as `BiEncoder.encode`.
        judge: such as an `NLIModel`.
        options: see there.
        against: a second corpus; then claims of the first are compared only with claims of the second.
        calibration: of the NLI model for the task "nli"; without it probabilities are the model's own.
        progress: notified of the stages.

    Raises:
        UsageError: the calibration is of another model or task, or `encode` does not return L2-normalised vectors.
    """
    options, progress = options or ContradictionOptions(), progress or NoProgress()
    check_calibration(judge, calibration)
    progress.stage("claims")
    claim_options = ClaimOptions(options.min_words)
    claims, n_first = extract_claims(documents, claim_options), None
    if against is not None:
        n_first = len(claims)
        claims = merged_claims(claims, extract_claims(against, claim_options))
    statements = gather_statements(claims, n_first)
    progress.stage("encoding", len(statements.texts))
    vectors = encode_in_blocks(encode, statements.texts, progress)
    progress.stage("candidates", len(statements.texts))
    profiles = [profile(text) for text in statements.texts]
    candidates, n_near = _candidates(claims, n_first, statements, vectors, profiles, options, progress)
    found = _judged(candidates, claims, statements, profiles, judge, options, calibration, progress)
    conflicts = _clustered(found, len(statements.texts))
    return Contradictions(
        conflicts=conflicts,
        n_documents=claims.n_documents,
        n_claims=len(claims),
        n_statements=len(statements.texts),
        skipped=dict(claims.skipped),
        n_cut=claims.n_cut,
        n_candidates=n_near,
        n_judged=len(candidates),
        n_left_out=n_near - len(candidates),
        n_clusters=max((conflict.cluster for conflict in conflicts), default=0),
        options=options,
        calibrated=calibration is not None,
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A pair to check: two statements, the claims that represent them, and their cosine."""

    statement1: int
    statement2: int
    claim1: int
    claim2: int
    cosine: float


def _candidates(
    claims: Claims,
    n_first: int | None,
    statements: Statements,
    vectors: FloatMatrix,
    profiles: list[Profile],
    options: ContradictionOptions,
    progress: Progress,
) -> tuple[list[_Candidate], int]:
    """The most urgent of the near pairs, nearest first, and how many near pairs there are."""
    across = options.across_documents
    near = near_statements(
        statements,
        vectors,
        options.neighbours,
        options.min_cosine,
        across_documents=across,
        progress=progress,
    )
    urgency = priorities(profiles, near.rows, near.cosines, statements.documents)
    chosen = np.sort(np.argsort(-urgency, kind="stable")[: options.max_pairs])
    found = [
        _Candidate(*chosen_places(claims, statements, left, right, n_first, across), float(cosine))
        for (left, right), cosine in zip(near.rows[chosen].tolist(), near.cosines[chosen], strict=True)
    ]
    return found, len(near.rows)


def _judged(
    candidates: list[_Candidate],
    claims: Claims,
    statements: Statements,
    profiles: list[Profile],
    judge: PairJudge,
    options: ContradictionOptions,
    calibration: Calibration | None,
    progress: Progress,
) -> list[tuple[_Candidate, Conflict]]:
    """The candidates that are conflicts."""
    progress.stage("judging", len(candidates))
    pairs = [(claims.places[each.claim1].text, claims.places[each.claim2].text) for each in candidates]
    judged = judge_pairs(judge, pairs, calibration=calibration, progress=progress)
    scores = judged.together(options.rule)
    found = []
    for place, each in enumerate(candidates):
        rules, difference = [NLI] if scores[place] >= options.min_probability else [], None
        if options.rules:
            differing = disagreement(
                pairs[place][0],
                profiles[each.statement1],
                pairs[place][1],
                profiles[each.statement2],
                same_document=bool(claims.documents[each.claim1] == claims.documents[each.claim2]),
            )
            if differing is not None:
                rules.append(differing.rule)
                difference = (differing.text1, differing.text2)
        if rules:
            conflict = Conflict(
                claim1=claims.places[each.claim1],
                claim2=claims.places[each.claim2],
                probability=float(scores[place]),
                calibrated=judged.calibrated,
                forward=named(judged.forward[place]),
                backward=named(judged.backward[place]),
                cosine=each.cosine,
                found_by=tuple(rules),
                difference=difference,
                also1=_others(claims, statements, each.statement1, each.claim1),
                also2=_others(claims, statements, each.statement2, each.claim2),
            )
            found.append((each, conflict))
    return found


def _others(claims: Claims, statements: Statements, statement: int, claim: int) -> tuple[Evidence, ...]:
    return tuple(claims.places[place] for place in statements.places[statement] if place != claim)


def _clustered(found: list[tuple[_Candidate, Conflict]], n_statements: int) -> tuple[Conflict, ...]:
    """Conflicts in order, numbered by cluster in order of first appearance."""
    ordered = sorted(
        found,
        key=lambda item: (
            item[1].difference is None,
            -item[1].probability,
            item[0].claim1,
            item[0].claim2,
        ),
    )
    clusters = cluster_numbers(n_statements, [(each.statement1, each.statement2) for each, _ in ordered])
    return tuple(
        replace(conflict, cluster=cluster) for (_, conflict), cluster in zip(ordered, clusters, strict=True)
    )
