"""Operations by NLI and similarity: pairs of texts, labels, contradictions, duplicates, explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simengine.calibration.calibration import Calibration
from simengine.corpus.items import as_documents
from simengine.engine.contents import selected_documents
from simengine.engine.fitted import nli_calibration
from simengine.errors import UsageError
from simengine.models.unknown import readings_of, score_says_something, unreadable_note
from simengine.progress import Progress
from simengine.types import Document, FloatMatrix, PairScore

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.encoders.contract import BiEncoder
    from simengine.engine.parts import Parts
    from simengine.engine.reading import SnapshotReader
    from simengine.reasoning.monitor import Monitor as Monitor
    from simengine.reasoning.zero_shot import ZeroShotClassifier
    from simengine.requests.conflicts import ContradictionsRequest, DuplicatesRequest
    from simengine.requests.monitor import MonitorOptions
    from simengine.requests.pairs import ClassifyRequest, ExplainRequest, NLIRequest, ScoreRequest
    from simengine.results.conflicts import Contradictions, Duplicates
    from simengine.results.pairs import Classification, PairExplanation
    from simengine.types import Verdict


def run_score(parts: Parts, request: ScoreRequest) -> list[PairScore]:
    """Cosine similarity of pairs; repeated texts are encoded once."""
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
    """The words that make two texts similar."""
    from simengine.explain import ExplainOptions, explain_pair

    options = ExplainOptions(roles=request.roles, draws=request.draws)
    return explain_pair(parts.index.encoder, request.text1, request.text2, options)


def run_classify(parts: Parts, request: ClassifyRequest) -> list[Classification]:
    """The label of each text, by the NLI model and the bi-encoder that can read it."""
    encoders = label_encoders(parts, request)
    found: dict[int, Classification] = {}
    for encoder in dict.fromkeys(encoders):
        places = [place for place, each in enumerate(encoders) if each is encoder]
        texts = [request.texts[place] for place in places]
        found |= zip(places, _classified(parts, request, texts, encoder), strict=True)
    return [found[place] for place in range(len(encoders))]


def label_encoders(parts: Parts, request: ClassifyRequest) -> list[BiEncoder | None]:
    """For each text the bi-encoder that compares it with the labels: the engine's, or for what that cannot read the
    multilingual one, if it is there; None where none can, or none is wanted."""
    if not request.cosine or request.multi_label:
        return [None] * len(request.texts)
    found = _readers(parts.index.encoder, request)
    if not all(found) and (other := parts.models.multilingual()) is not None:
        found = [one or another for one, another in zip(found, _readers(other, request), strict=True)]
    return found


def _readers(encoder: BiEncoder, request: ClassifyRequest) -> list[BiEncoder | None]:
    """For each text the encoder if it can read it and the labels, else None."""
    *read, labels = readings_of(encoder, [*request.texts, " ".join(request.labels)])
    return [None if labels.unreadable or each.unreadable else encoder for each in read]


def _classified(
    parts: Parts, request: ClassifyRequest, texts: Sequence[str], encoder: BiEncoder | None
) -> list[Classification]:
    return classifier_of(parts, request.calibration, encoder).classify(
        texts,
        request.labels,
        template=request.templates or None,
        task=request.task,
        descriptions=dict(request.descriptions) or None,
        multi_label=request.multi_label,
        threshold=request.threshold,
        prior=request.prior,
    )


def classifier_of(
    parts: Parts, calibration: Mapping[str, Any] | None = None, encoder: BiEncoder | None = None
) -> ZeroShotClassifier:
    """The classifier with the engine's NLI model, and a bi-encoder if one is given."""
    from simengine.reasoning.zero_shot import ZeroShotClassifier

    known = None if calibration is None else Calibration.from_dict(calibration)
    return ZeroShotClassifier(parts.models.nli(), calibration=known, encoder=encoder)


def open_monitor(parts: Parts, options: MonitorOptions, state: object = None) -> Monitor:
    """A monitor of a stream, new or from a state; see `Monitor`.

    Raises:
        UsageError: the state is invalid, or was made with other options.
        FingerprintMismatchError: the state was made with another NLI model.
    """
    from simengine.reasoning.monitor import Monitor as Monitor

    if state is None:
        return Monitor(classifier_of(parts), options)
    monitor = Monitor.resumed(classifier_of(parts), state)  # type: ignore[arg-type]
    if monitor.options != options:
        raise UsageError(
            "the state was made with other topics, sentiments or windows; give the same, or start a new one"
        )
    return monitor


def run_contradictions(
    parts: Parts, request: ContradictionsRequest, *, progress: Progress | None = None
) -> Contradictions:
    """Conflicting claims of documents, with their positions; see `find_contradictions`."""
    from simengine.reasoning.contradictions import find_contradictions

    nli = parts.models.nli()
    noting = _noting(parts, nli)
    with parts.index.lease() as reader:
        return find_contradictions(
            noting(_documents(reader, request)),
            encode=parts.retriever.encode,
            judge=nli,
            options=request.options(),
            against=None if request.against is None else noting(as_documents(request.against)),
            calibration=_calibration(parts, reader, nli),
            progress=progress,
        )


def run_duplicates(
    parts: Parts, request: DuplicatesRequest, *, progress: Progress | None = None
) -> Duplicates:
    """Documents that say the same, and similar ones that contradict each other; see `find_duplicates`."""
    from simengine.reasoning.duplicates import find_duplicates

    nli = None if request.guard is None else parts.models.nli()
    with parts.index.lease() as reader:
        return find_duplicates(
            _noting(parts, nli)(_documents(reader, request)),
            encode=parts.retriever.encode,
            judge=nli,
            options=request.options(),
            calibration=None if nli is None else _calibration(parts, reader, nli),
            progress=progress,
            reader=None if nli is not None else parts.index.encoder,
        )


def _documents(
    reader: SnapshotReader | None, request: ContradictionsRequest | DuplicatesRequest
) -> Iterator[Document]:
    """The request's documents, else those of the index."""
    if request.documents is not None:
        return as_documents(request.documents)
    if reader is None:
        raise UsageError("this needs documents, or an index; open one with Engine.open(path)")
    return selected_documents(reader.snapshot, request.where)


def _calibration(parts: Parts, reader: SnapshotReader | None, nli: NLIModel) -> Calibration | None:
    return None if reader is None else nli_calibration(reader.snapshot, nli, note=parts.note)


def _noting(parts: Parts, nli: NLIModel | None) -> Callable[[Iterator[Document]], Iterator[Document]]:
    """Yields documents; notes the consequence of the first that the model can hardly read."""
    said = False

    def noting(documents: Iterator[Document]) -> Iterator[Document]:
        nonlocal said
        model = nli or parts.index.encoder
        for document in documents:
            found = "" if said else unreadable_note(model, [document.text], judge=nli is not None)
            if found:
                said = True
                parts.note(found)
            yield document

    return noting
