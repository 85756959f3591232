"""Blends, calibrations and decisions fitted on labelled data and stored with an index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from simengine.calibration.calibration import Calibration
from simengine.calibration.stored import ENTRY as CALIBRATIONS
from simengine.calibration.stored import load_calibration, stored_calibrations
from simengine.calibration.stored import read_calibration as read_calibration
from simengine.errors import DamagedIndexError, UsageError
from simengine.rerank.fit import BlendFit
from simengine.rerank.reranker import CALIBRATED_TASK
from simengine.store.snapshot import Snapshot
from simengine.store.writer import IndexWriter
from simengine.types import Json

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.engine.parts import Parts
    from simengine.qa.decision import Decision

BLENDS = "rerank"
"""Entry of an index's registry: {reranker's fingerprint: BlendFit as a dictionary}."""
DECISIONS = "answer"
"""Entry of an index's registry: {NLI model and reader: Decision as a dictionary}."""
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Fitted weights and calibrations of rerankers.

    Attributes:
        blends: by the fingerprint of a reranker.
        relevance: calibrations of relevance, by the fingerprint of a reranker.
    """

    blends: Mapping[str, BlendFit] = field(default_factory=dict)
    relevance: Mapping[str, Calibration] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot) -> Fitted:
        """The fits stored with an index.

        Raises:
            DamagedIndexError: a stored fit is invalid.
        """
        blends = {}
        for reranker, table in (snapshot.derived(BLENDS) or {}).items():
            try:
                blends[reranker] = BlendFit.from_dict(cast("Mapping[str, Any]", table))
            except (UsageError, TypeError) as error:
                raise DamagedIndexError(snapshot.path, f"its weight for reranking: {error}") from error
        known = stored_calibrations(snapshot).values()
        return cls(blends, {each.model: each for each in known if each.task == CALIBRATED_TASK})


def nli_calibration(snapshot: Snapshot, nli: NLIModel, *, note: Note | None = None) -> Calibration | None:
    """The calibration stored with an index for an NLI model's probabilities; None if there is none.

    Args:
        snapshot: of the index.
        nli: whose probabilities are calibrated.
        note: called with the reason why a stored calibration is not used.
    """
    return load_calibration(snapshot, "nli", nli.model.fingerprint.digest, note=note)


def answer_rule(
    snapshot: Snapshot, nli: NLIModel, reader: str = "", *, note: Note | None = None
) -> Decision | Calibration | None:
    """The decision about answers from an index: fitted, else a calibrated plain rule, else None.

    Args:
        snapshot: of the index.
        nli: the NLI model that checks answers.
        reader: see `simengine.engine.answering.reader_name`.
        note: called with the reason why a stored decision is not used.

    Raises:
        DamagedIndexError: the stored decision is invalid.
    """
    digest = nli.model.fingerprint.digest
    entry = snapshot.derived(DECISIONS) or {}
    table = entry.get(_decision_key(digest, reader))
    if table is not None:
        from simengine.qa.decision import Decision

        try:
            return Decision.from_dict(cast("Mapping[str, Any]", table))
        except UsageError as error:
            raise DamagedIndexError(snapshot.path, f"its decision about answers: {error}") from error
    if entry and note is not None:
        note(
            "the decision stored with the index was fitted with another NLI model or reader: probabilities "
            "stay uncalibrated until it is fitted again (simengine ask --fit)"
        )
    calibration = load_calibration(snapshot, "answer", digest, note=note)
    return None if calibration is None or calibration.scale != "probability" else calibration


def store_blend(path: Path, fit: BlendFit, *, lock_timeout_s: float = 0.0, note: Note | None = None) -> bool:
    """Store a fitted weight with an index; see `_store`.

    Raises:
        UsageError: it was fitted on searches that found no relevant document.
    """
    if not (fit.before or fit.after):
        raise UsageError(
            f"no search in {path} found a relevant document of these queries; were they labelled for another index? "
            "Nothing was kept"
        )
    return _store(path, BLENDS, fit.judge, fit.to_dict(), lock_timeout_s, "weight for reranking", note)


def store_decision(
    path: Path, decision: Decision, *, lock_timeout_s: float = 0.0, note: Note | None = None
) -> bool:
    """Store a decision about answers with an index; see `_store`."""
    key = _decision_key(decision.judge, decision.reader)
    return _store(path, DECISIONS, key, decision.to_dict(), lock_timeout_s, "decision", note)


def store_calibration(
    path: Path, calibration: Calibration, *, lock_timeout_s: float = 0.0, note: Note | None = None
) -> bool:
    """Store a calibration with an index, one per task; see `_store`."""
    task, what = calibration.task, f"calibration for {calibration.task}"
    return _store(path, CALIBRATIONS, task, calibration.to_dict(), lock_timeout_s, what, note)


def keep_calibration(
    parts: Parts, calibration: Calibration | str | Path, *, lock_timeout_s: float = 0.0
) -> Calibration:
    """Store a calibration, or that of a file for `read_calibration`, with an engine's index."""
    if isinstance(calibration, (str, Path)):
        calibration = read_calibration(calibration)
    store_calibration(parts.index.path, calibration, lock_timeout_s=lock_timeout_s, note=parts.note)
    return calibration


def _store(
    path: Path, entry: str, key: str, table: Json, lock_timeout_s: float, what: str, note: Note | None
) -> bool:
    """Store a fit, replacing an earlier one for the same key.

    Args:
        lock_timeout_s: how long to wait for another writer.
        what: its name in messages.
        note: called with a sentence on where it was stored.

    Returns:
        Whether there was an earlier one.

    Raises:
        IndexNotFoundError, IndexLockedError, StoreError: as opening an index for writing.
    """
    with IndexWriter.open(path, lock_timeout_s=lock_timeout_s) as writer:
        known: dict[str, Json] = dict(writer.derived(entry) or {})
        writer.set_derived(entry, {**known, key: table})
    if note is not None:
        note(f"{what} {'replaced' if key in known else 'stored'} in {path}")
    return key in known


def _decision_key(judge: str, reader: str) -> str:
    return f"{judge}+{reader}" if reader else judge
