"""Finds conflicting claims of a corpus: chooses pairs on one subject, checks them by NLI and rules, clusters them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
)
from simengine.reasoning.conflict import (
    NLI,
    PairJudge,
    PairVerdicts,
    check_calibration,
    judge_pairs,
    named,
)
from simengine.reasoning.conflict_candidates import Candidates, conflict_candidates
from simengine.reasoning.conflict_dates import DatedDocuments
from simengine.reasoning.conflict_decision import decision_for, pair_features
from simengine.reasoning.conflict_rules import RuleConflict, rule_conflict
from simengine.requests.conflicts import ContradictionOptions
from simengine.results.conflicts import Conflict
from simengine.results.conflicts import Contradictions as Contradictions
from simengine.rules.cues import Profile, profile
from simengine.text.scripts import is_chinese
from simengine.types import Document, Evidence, FloatMatrix

LEAST_OF_ONE_MODEL = (
    0.97  # the usual threshold for a model's own probability, which is too sure of contradictions
)


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

    Candidates are the nearest neighbours of each claim by meaning and by shared subject (see `conflict_candidates`).
    The model judges them in both directions. Its probabilities, what the claims share, and rules for numbers, dates
    and negations decide together. The same input gives the same output.

    Args:
        documents: read once.
        encode: texts to (n, dim) float32 with rows L2-normalised, such as `BiEncoder.encode`.
        judge: such as an `NLIModel`.
        options: see there.
        against: a second corpus; then claims of the first are compared only with claims of the second.
        calibration: of the NLI model for the task "nli"; without it probabilities are the model's own. The rule
            "fitted" does not use it: it was fitted on the model's own.
        progress: notified of the stages.

    Raises:
        UsageError: the calibration is of another model or task, `encode` does not return L2-normalised vectors, or no
            document has the field `options.by`.
    """
    options, progress = options or ContradictionOptions(), progress or NoProgress()
    check_calibration(judge, calibration)
    calibration = None if options.rule == "fitted" else calibration
    progress.stage("claims")
    dates, claim_options = DatedDocuments(options.by), ClaimOptions(options.min_words)
    claims, n_first = extract_claims(dates.read(documents), claim_options), None
    if against is not None:
        n_first = len(claims)
        claims = merged_claims(claims, extract_claims(dates.read(against), claim_options))
    dates.check()
    statements = gather_statements(claims, n_first)
    progress.stage("encoding", len(statements.texts))
    vectors = encode_in_blocks(encode, statements.texts, progress)
    progress.stage("candidates", len(statements.texts))
    profiles = [profile(text) for text in statements.texts]
    candidates = conflict_candidates(statements, vectors, profiles, options, progress)
    pairs = _pairs(candidates, claims, n_first, statements, profiles, options)
    progress.stage("judging", len(pairs))
    texts = [(each.text1, each.text2) for each in pairs]
    verdicts = judge_pairs(judge, texts, calibration=calibration, progress=progress)
    found, threshold = _conflicts(pairs, verdicts, judge, claims, statements, options, dates)
    conflicts = _clustered(found, len(statements.texts))
    return Contradictions(
        conflicts=conflicts,
        n_documents=claims.n_documents,
        n_claims=len(claims),
        n_statements=len(statements.texts),
        skipped=dict(claims.skipped),
        n_cut=claims.n_cut,
        n_pairs=candidates.n_pairs,
        n_candidates=candidates.n_candidates,
        n_judged=len(pairs),
        n_left_out=candidates.n_candidates - len(pairs),
        n_clusters=max((conflict.cluster for conflict in conflicts), default=0),
        options=options,
        threshold=threshold,
        calibrated=calibration is not None,
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """A pair to check: two statements, the claims that represent them, what they share, and what a rule says."""

    statement1: int
    statement2: int
    claim1: int
    claim2: int
    text1: str
    text2: str
    cosine: float
    subject: float
    profiles: tuple[Profile, Profile]
    ruled: RuleConflict | None


def _pairs(
    candidates: Candidates,
    claims: Claims,
    n_first: int | None,
    statements: Statements,
    profiles: list[Profile],
    options: ContradictionOptions,
) -> list[_Pair]:
    found = []
    for place, (left, right) in enumerate(candidates.rows.tolist()):
        chosen = chosen_places(claims, statements, left, right, n_first, options.across_documents)
        statement1, statement2, claim1, claim2 = chosen
        text1, text2 = claims.places[claim1].text, claims.places[claim2].text
        both = profiles[statement1], profiles[statement2]
        together = bool(claims.documents[claim1] == claims.documents[claim2])
        ruled = None
        if options.rules:
            ruled = rule_conflict(text1, both[0], text2, both[1], same_document=together)
        cosine, subject = float(candidates.cosines[place]), float(candidates.subjects[place])
        found.append(_Pair(*chosen, text1, text2, cosine, subject, both, ruled))
    return found


def _conflicts(
    pairs: list[_Pair],
    verdicts: PairVerdicts,
    judge: PairJudge,
    claims: Claims,
    statements: Statements,
    options: ContradictionOptions,
    dates: DatedDocuments,
) -> tuple[list[tuple[_Pair, Conflict]], float]:
    """The pairs that are conflicts, and the threshold."""
    threshold, by_model, scores = _scores(pairs, verdicts, judge, options)
    found = []
    for place, each in enumerate(pairs):
        rules = [NLI] if by_model[place] >= threshold else []
        rules += [] if each.ruled is None else [each.ruled.rule]
        if not rules:
            continue
        members = statements.places[each.statement1], statements.places[each.statement2]
        date1, date2 = (dates.latest(claims.documents[places].tolist()) for places in members)
        conflict = Conflict(
            claim1=claims.places[each.claim1],
            claim2=claims.places[each.claim2],
            probability=float(scores[place]),
            calibrated=verdicts.calibrated,
            forward=named(verdicts.forward[place]),
            backward=named(verdicts.backward[place]),
            cosine=each.cosine,
            found_by=tuple(rules),
            difference=None if each.ruled is None else each.ruled.difference,
            reason="" if each.ruled is None else each.ruled.reason,
            also1=_others(claims, members[0], each.claim1),
            also2=_others(claims, members[1], each.claim2),
            date1=date1.text,
            date2=date2.text,
            newer=date1.newer(date2),
        )
        found.append((each, conflict))
    return found, threshold


def _scores(
    pairs: list[_Pair], verdicts: PairVerdicts, judge: PairJudge, options: ContradictionOptions
) -> tuple[float, FloatMatrix, FloatMatrix]:
    """The threshold, (m,) probabilities that leave rules out, and (m,) those that count them."""
    if options.rule != "fitted":
        least, scores = options.min_probability, verdicts.together(options.rule)
        return LEAST_OF_ONE_MODEL if least is None else least, scores, scores
    decision = decision_for(judge)
    subjects = np.asarray([each.subject for each in pairs], np.float32)
    ruled = [each.ruled is not None for each in pairs]
    cosines = np.asarray([each.cosine for each in pairs], np.float32)
    rows = np.asarray([(each.statement1, each.statement2) for each in pairs], np.int64).reshape(-1, 2)
    features = pair_features(verdicts, subjects, cosines, [each.profiles for each in pairs], ruled, rows)
    chinese = np.asarray([is_chinese(each.text1) or is_chinese(each.text2) for each in pairs], np.bool_)
    least = decision.threshold if options.min_probability is None else options.min_probability
    return least, decision.by_model(features, chinese), decision.probabilities(features, chinese)


def _others(claims: Claims, places: Sequence[int], claim: int) -> tuple[Evidence, ...]:
    return tuple(claims.places[place] for place in places if place != claim)


def _clustered(found: list[tuple[_Pair, Conflict]], n_statements: int) -> tuple[Conflict, ...]:
    """Conflicts in order, numbered by cluster in order of first appearance."""
    ordered = sorted(
        found,
        key=lambda item: (
            item[1].found_by == (NLI,),
            -item[1].probability,
            item[0].claim1,
            item[0].claim2,
        ),
    )
    clusters = cluster_numbers(n_statements, [(each.statement1, each.statement2) for each, _ in ordered])
    return tuple(
        replace(conflict, cluster=cluster) for (_, conflict), cluster in zip(ordered, clusters, strict=True)
    )
