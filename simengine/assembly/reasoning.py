"""What a search for contradictions and duplicates takes of an index: its documents and its calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simengine.calibration.calibration import Calibration
from simengine.calibration.stored import load_calibration
from simengine.cross_encoders.nli import NLIModel
from simengine.reasoning.conflict import NLI
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
