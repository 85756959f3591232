"""Verbs that rest on inference and similarity: pairs of texts, labels, contradictions, duplicates, explanations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from simengine.engine.fitted import nli_calibration
from simengine.indexing.report import Progress
from simengine.models.unknown import score_says_something
from simengine.search.masks import Selections
from simengine.store.snapshot import Snapshot
from simengine.types import Document, FloatMatrix, PairScore

if TYPE_CHECKING:
    from simengine.engine.parts import Parts
    from simengine.requests.conflicts import ContradictionsRequest, DuplicatesRequest
    from simengine.requests.pairs import ClassifyRequest, ExplainRequest, NLIRequest, ScoreRequest
    from simengine.results.conflicts import Contradictions, Duplicates
    from simengine.results.pairs import Classification, PairExplanation
    from simengine.types import Verdict


def run_score(parts: Parts, request: ScoreRequest) -> list[PairScore]:
    """Cosine similarity of pairs; a text that stands in several pairs is encoded once."""
    rows: dict[str, int] = {}
    for pair in request.pairs:
        for text in pair:
            rows.setdefault(text, len(rows))
    if not rows:
        return []
    vectors, read = parts.retriever.encode(list(rows)), parts.index.readings(list(rows))
    graded = _graded(parts, request)
    return [
        PairScore(
            one,
            two,
            float(np.clip(vectors[rows[one]] @ vectors[rows[two]], -1.0, 1.0)),
            score_says_something(read[rows[one]], read[rows[two]]),
            None if graded is None else float(graded[number]),
        )
        for number, (one, two) in enumerate(request.pairs)
    ]


def _graded(parts: Parts, request: ScoreRequest) -> FloatMatrix | None:
    model = parts.models.similarity() if request.graded else None
    return None if model is None else model.judge(request.pairs).relevance


def run_nli(parts: Parts, request: NLIRequest) -> list[Verdict]:
    """A verdict for each pair (premise, hypothesis), in order."""
    return parts.models.nli().verdicts(request.pairs, evidence=request.evidence)


def run_explain(parts: Parts, request: ExplainRequest) -> PairExplanation:
    """Which words bring two texts near to each other."""
    from simengine.explain import ExplainOptions, explain_pair

    options = ExplainOptions(roles=request.roles, draws=request.draws)
    return explain_pair(parts.index.encoder, request.text1, request.text2, options)


def run_classify(parts: Parts, request: ClassifyRequest) -> list[Classification]:
    """The label of each text."""
    from simengine.reasoning.zero_shot import ZeroShotClassifier

    return ZeroShotClassifier(parts.models.nli()).classify(
        request.texts,
        request.labels,
        template=request.templates or None,
        task=request.task,
        descriptions=dict(request.descriptions) or None,
        multi_label=request.multi_label,
        threshold=request.threshold,
        prior=request.prior,
    )


def run_contradictions(
    parts: Parts, request: ContradictionsRequest, *, progress: Progress | None = None
) -> Contradictions:
    """Claims of the documents that conflict, each with its places; see `find_contradictions`."""
    from simengine.reasoning.contradictions import find_contradictions

    nli = parts.models.nli()
    with parts.index.lease() as reader:
        return find_contradictions(
            selected_documents(reader.snapshot, request.where),
            encode=parts.retriever.encode,
            judge=nli,
            options=request.options(),
            calibration=nli_calibration(reader.snapshot, nli),
            progress=progress,
        )


def run_duplicates(
    parts: Parts, request: DuplicatesRequest, *, progress: Progress | None = None
) -> Duplicates:
    """Documents that say the same, and similar ones that contradict each other; see `find_duplicates`."""
    from simengine.reasoning.duplicates import find_duplicates

    nli = parts.models.nli()
    with parts.index.lease() as reader:
        return find_duplicates(
            selected_documents(reader.snapshot, request.where),
            encode=parts.retriever.encode,
            judge=nli,
            options=request.options(),
            calibration=nli_calibration(reader.snapshot, nli),
            progress=progress,
        )


def selected_documents(snapshot: Snapshot, where: str | None) -> Iterator[Document]:
    """The live documents of an index that a filter keeps, in the order in which they were added.

    Raises:
        FilterError: the filter cannot be read or does not fit the metadata; at once, not when first iterated.
    """
    keep = None if where is None else Selections(snapshot).select(where).documents

    def documents() -> Iterator[Document]:
        for stored in snapshot.iter_documents():
            if keep is None or keep[stored.doc_key]:
                yield Document(stored.id, stored.text, stored.title, stored.metadata)

    return documents()
