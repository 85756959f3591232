"""What a client is told of an error: its own mistakes in full, nothing of this machine's files, processes or models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

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


def public_name(model: str) -> str:
    """A model's name without the folders of this machine: "org/name" of a hub stays, a path becomes its last part."""
    path = PurePath(model)
    is_path = path.is_absolute() or len(path.parts) > 2 or model[:1] in ("/", "\\", ".", "~")
    return path.name if is_path and path.name else model


def without_folders(value: Any) -> Any:
    """JSON in which each text that is an absolute path is its last part alone."""
    if isinstance(value, dict):
        return {name: without_folders(each) for name, each in value.items()}
    if isinstance(value, list):
        return [without_folders(each) for each in value]
    return PurePath(value).name if isinstance(value, str) and PurePath(value).is_absolute() else value
