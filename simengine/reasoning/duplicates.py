"""Finds duplicate documents by similarity, guarded by inference: similar but contradictory is not a duplicate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from simengine.calibration.calibration import Calibration
from simengine.corpus.items import documents_of
from simengine.errors import UsageError
from simengine.models.unknown import readings_of, tells_apart
from simengine.progress import NoProgress, Progress
from simengine.reasoning.claims import normalised
from simengine.reasoning.claims_neighbours import NearPairs, cluster_numbers, near_pairs
from simengine.reasoning.claims_statements import Encode
from simengine.reasoning.conflict import NLI, PairJudge, check_calibration
from simengine.reasoning.duplicates_guard import (
    EmbeddedText,
    Sameness,
    SentenceConflict,
    compare_texts,
    read_texts,
)
from simengine.requests.conflicts import DuplicateOptions, GuardOptions
from simengine.results.conflicts import Conflict, DuplicateGroup, DuplicateMember
from simengine.results.conflicts import Duplicates as Duplicates
from simengine.types import Document, Evidence, FloatMatrix

COMPARED_AT_ONCE = 64
EXACT, ENTAILED, NEAR = "exact", "entailed", "near"


def find_duplicates(
    documents: Iterable[Document],
    *,
    encode: Encode,
    judge: PairJudge | None,
    options: DuplicateOptions | None = None,
    calibration: Calibration | None = None,
    progress: Progress | None = None,
    reader: object = None,
) -> Duplicates:
    """Find documents that say the same.

    Near documents are candidates. They are duplicates if each entails every sentence of the other and none of their
    sentences conflict; conflicts are reported. Similarity is not transitive: every member of a group was compared with
    the group's representative. The same input gives the same output.

    Args:
        documents: read once; ids must differ. Titles are not compared.
        encode: texts to (n, dim) float32 with rows L2-normalised.
        judge: such as an `NLIModel`; None treats near documents as the same, which is often wrong.
        options: see there.
        calibration: of the NLI model for the task "nli".
        progress: notified of the stages.
        reader: the encoder, or another object with its `readings`. Without an NLI model, documents that it cannot
            distinguish are not duplicates; an NLI model that does not know their characters reports it.

    Raises:
        UsageError: an id occurs twice, or the calibration or the vectors do not fit.
    """
    options, progress = options or DuplicateOptions(), progress or NoProgress()
    if judge is not None:
        check_calibration(judge, calibration)
    progress.stage("documents")
    read = _check_ids(documents_of(documents))
    copies: dict[str, list[int]] = {}
    for number, document in enumerate(read):
        copies.setdefault(normalised(document.text), []).append(number)
    firsts = [numbers[0] for numbers in copies.values()]
    progress.stage("encoding")
    texts = read_texts([read[number].text for number in firsts], encode, progress)
    progress.stage("candidates", len(texts))
    near = near_pairs(_means(texts), options.neighbours, options.min_cosine, progress=progress)
    kept = NearPairs(near.rows[: options.max_pairs], near.cosines[: options.max_pairs])
    progress.stage("judging", len(kept.rows))
    found = _compared(texts, kept, judge, options, calibration, progress, reader)
    groups = _grouped(read, list(copies.values()), kept, found, guarded=judge is not None)
    conflicts = _conflicts(read, firsts, texts, kept, found, calibrated=calibration is not None)
    return Duplicates(
        groups=groups,
        conflicts=conflicts,
        n_documents=len(read),
        n_distinct=len(read) - sum(len(group.members) for group in groups),
        n_candidates=len(near.rows),
        n_judged=len(kept.rows) if judge is not None else 0,
        n_left_out=len(near.rows) - len(kept.rows),
        n_related=sum(not each.same and each.conflict is None for each in found),
        guarded=judge is not None,
        calibrated=judge is not None and calibration is not None,
        options=options,
    )


def _check_ids(documents: list[Document]) -> list[Document]:
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise UsageError(f"the id {document.id!r} occurs twice; give every document an id of its own")
        seen.add(document.id)
    return documents


def _means(texts: Sequence[EmbeddedText]) -> FloatMatrix:
    """(n, dim) float32, for each text the mean of its sentences' vectors, L2-normalised."""
    if not texts:
        return np.empty((0, 0), np.float32)
    means = np.stack([each.vectors.mean(axis=0) for each in texts])
    norms = np.linalg.norm(means, axis=1, keepdims=True)
    result: FloatMatrix = (means / np.maximum(norms, np.finfo(np.float32).tiny)).astype(np.float32)
    return result


def _compared(
    texts: list[EmbeddedText],
    near: NearPairs,
    judge: PairJudge | None,
    options: DuplicateOptions,
    calibration: Calibration | None,
    progress: Progress,
    reader: object,
) -> list[Sameness]:
    if judge is None:
        read = readings_of(reader, [text.text for text in texts])
        return [Sameness(tells_apart(read[one], read[two]), 1.0, None) for one, two in near.rows.tolist()]
    found: list[Sameness] = []
    for start in range(0, len(near.rows), COMPARED_AT_ONCE):
        rows = near.rows[start : start + COMPARED_AT_ONCE].tolist()
        pairs = [(texts[left], texts[right]) for left, right in rows]
        found += compare_texts(pairs, judge, options.guard or GuardOptions(), calibration)
        progress.advance(len(pairs))
    return found


def _grouped(
    documents: list[Document],
    copies: list[list[int]],
    near: NearPairs,
    found: list[Sameness],
    *,
    guarded: bool,
) -> tuple[DuplicateGroup, ...]:
    """Each text joins the group of the representative that it most certainly equals, else starts one."""
    same: dict[int, list[tuple[float, int, float]]] = {}
    opposed: dict[int, set[int]] = {}
    for (left, right), cosine, each in zip(near.rows.tolist(), near.cosines.tolist(), found, strict=True):
        if each.same:
            same.setdefault(right, []).append((each.entailment, left, cosine))
        elif each.conflict is not None:
            opposed.setdefault(right, set()).add(left)
    groups: dict[int, list[tuple[int, float, float]]] = {}
    for text in range(len(copies)):
        for entailment, leader, cosine in sorted(
            same.get(text, ()), key=lambda item: (-item[0], -item[2], item[1])
        ):
            members = {leader, *(member for member, _, _ in groups.get(leader, ()))}
            if leader in groups and not members & opposed.get(text, set()):
                groups[leader].append((text, entailment, cosine))
                break
        else:
            groups[text] = []
    return tuple(
        _group(documents, copies, leader, members, guarded)
        for leader, members in groups.items()
        if members or len(copies[leader]) > 1
    )


def _group(
    documents: list[Document],
    copies: list[list[int]],
    leader: int,
    members: list[tuple[int, float, float]],
    guarded: bool,
) -> DuplicateGroup:
    listed = [(number, EXACT, 1.0, 1.0) for number in copies[leader][1:]]
    kind = ENTAILED if guarded else NEAR
    listed += [(n, kind, cosine, entailment) for text, entailment, cosine in members for n in copies[text]]
    first = documents[copies[leader][0]]
    return DuplicateGroup(
        first.id,
        first.title,
        tuple(
            DuplicateMember(
                documents[number].id,
                documents[number].title,
                how,
                cosine,
                entailment if guarded or how == EXACT else None,
            )
            for number, how, cosine, entailment in sorted(listed)
        ),
    )


def _conflicts(
    documents: list[Document],
    firsts: list[int],
    texts: list[EmbeddedText],
    near: NearPairs,
    found: list[Sameness],
    *,
    calibrated: bool,
) -> tuple[Conflict, ...]:
    pairs = [
        (left, right, each.conflict)
        for (left, right), each in zip(near.rows.tolist(), found, strict=True)
        if each.conflict is not None
    ]
    pairs.sort(key=lambda item: (item[2].found_by == (NLI,), -item[2].probability, item[0], item[1]))
    clusters = cluster_numbers(len(texts), [(left, right) for left, right, _ in pairs])
    return tuple(
        _conflict(
            (documents[firsts[left]], texts[left]),
            (documents[firsts[right]], texts[right]),
            conflict,
            calibrated,
            cluster,
        )
        for (left, right, conflict), cluster in zip(pairs, clusters, strict=True)
    )


def _conflict(
    one: tuple[Document, EmbeddedText],
    other: tuple[Document, EmbeddedText],
    found: SentenceConflict,
    calibrated: bool,
    cluster: int,
) -> Conflict:
    places = [
        Evidence(document.id, document.title, text.spans[number], text.sentence(number))
        for (document, text), number in ((one, found.sentence1), (other, found.sentence2))
    ]
    return Conflict(
        claim1=places[0],
        claim2=places[1],
        probability=found.probability,
        calibrated=calibrated,
        forward=found.forward,
        backward=found.backward,
        cosine=found.cosine,
        found_by=found.found_by,
        difference=found.difference,
        reason=found.reason,
        cluster=cluster,
    )
