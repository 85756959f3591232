"""Contradictions and duplicates of an index: its documents, its encoder and its calibration brought together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simengine.calibration.calibration import Calibration
from simengine.calibration.stored import load_calibration
from simengine.cross_encoders.nli import NLIModel
from simengine.encoders.contract import BiEncoder
from simengine.indexing.report import Progress
from simengine.reasoning.conflict import NLI
from simengine.reasoning.contradictions import ContradictionOptions, Contradictions, find_contradictions
from simengine.reasoning.duplicates import DuplicateOptions, Duplicates, find_duplicates
from simengine.search.masks import Selections
from simengine.store.snapshot import Snapshot
from simengine.types import Document


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


def nli_calibration(
    snapshot: Snapshot | None, judge: NLIModel, *, note: Callable[[str], None] | None = None
) -> Calibration | None:
    """The calibration for NLI that an index holds for this judge, None where there is none.

    Args:
        snapshot: of the index, None where there is no index.
        judge: whose probabilities are calibrated.
        note: told why a stored calibration is not used.
    """
    if snapshot is None:
        return None
    return load_calibration(snapshot, NLI, judge.model.fingerprint.digest, note=note)


def contradictions_of(
    snapshot: Snapshot,
    encoder: BiEncoder,
    judge: NLIModel,
    *,
    where: str | None = None,
    options: ContradictionOptions | None = None,
    progress: Progress | None = None,
) -> Contradictions:
    """Conflicting claims among the documents of an index. See `find_contradictions`.

    Raises:
        FilterError: the filter cannot be read or does not fit the metadata.
    """
    return find_contradictions(
        selected_documents(snapshot, where),
        encode=encoder.encode,
        judge=judge,
        options=options,
        calibration=nli_calibration(snapshot, judge),
        progress=progress,
    )


def duplicates_of(
    snapshot: Snapshot,
    encoder: BiEncoder,
    judge: NLIModel | None,
    *,
    where: str | None = None,
    options: DuplicateOptions | None = None,
    progress: Progress | None = None,
) -> Duplicates:
    """Documents of an index that say the same. See `find_duplicates`.

    Raises:
        FilterError: the filter cannot be read or does not fit the metadata.
    """
    return find_duplicates(
        selected_documents(snapshot, where),
        encode=encoder.encode,
        judge=judge,
        options=options,
        calibration=None if judge is None else nli_calibration(snapshot, judge),
        progress=progress,
    )
