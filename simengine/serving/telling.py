"""What a client is told of an error: its own mistakes in full, nothing of this machine's files, processes or models."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.errors import (
    DeviceError,
    FingerprintMismatchError,
    IndexExistsError,
    IndexLockedError,
    MissingExtraError,
    ModelError,
    SimengineError,
    StorageFullError,
    StoreError,
)

UNUSABLE = "the index cannot be used now; the log says why"
MODEL_UNUSABLE = "a model cannot be used now; the log says why"
# The first class that an error is of decides; errors of no class here are caused by what the caller gave.
_HIDDEN: Sequence[tuple[type[SimengineError], str]] = (
    (IndexExistsError, "there is an index of that kind already"),
    (IndexLockedError, "another process is writing to this index; try again when it has ended"),
    (StorageFullError, "the disk is full; what was committed before is kept"),
    (FingerprintMismatchError, UNUSABLE),
    (StoreError, UNUSABLE),
    (ModelError, MODEL_UNUSABLE),
    (DeviceError, MODEL_UNUSABLE),
    (MissingExtraError, "this service was installed without what this needs"),
)


def told(error: SimengineError) -> str:
    """The words for a client: the error's own where they tell of what the client gave."""
    return next((words for kind, words in _HIDDEN if isinstance(error, kind)), str(error))


def is_hidden(error: SimengineError) -> bool:
    """Whether `told` keeps something back, which then belongs into a log."""
    return told(error) != str(error)
