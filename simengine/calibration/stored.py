"""Calibrations kept with an index: one for each task, of one model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from simengine.calibration.calibration import Calibration
from simengine.corpus.sources import refuse_special
from simengine.errors import DamagedIndexError, DataError, UsageError
from simengine.store.snapshot import Snapshot
from simengine.text.checks import parse_json

ENTRY = "calibration"


def load_calibration(
    snapshot: Snapshot, task: str, model: str, *, note: Callable[[str], None] | None = None
) -> Calibration | None:
    """The calibration of a model's scores that is stored with an index.

    Args:
        snapshot: of the index.
        task: see `Calibration`.
        model: the fingerprint's digest of the model that gives the scores.
        note: told, in a sentence, why a stored calibration of this task is not used.

    Returns:
        None where there is none for this task, or one of another model's scores.

    Raises:
        DamagedIndexError: what is stored is no calibration.
    """
    found = stored_calibrations(snapshot).get(task)
    if found is None or found.model == model:
        return found
    if note is not None:
        note(
            f"the calibration for {task} in {snapshot.path} is of the model {found.model[:12]}, not of {model[:12]}: "
            "scores stay uncalibrated until `simengine calibrate` is run with this model"
        )
    return None


def stored_calibrations(snapshot: Snapshot) -> dict[str, Calibration]:
    """All calibrations that an index holds, by task, whatever model they are of.

    Raises:
        DamagedIndexError: what is stored is no calibration.
    """
    entry = snapshot.derived(ENTRY)
    found = {}
    for task, table in (entry or {}).items():
        try:
            found[task] = Calibration.from_table(cast("Mapping[str, Any]", table))
        except (UsageError, TypeError) as error:
            raise DamagedIndexError(snapshot.path, f"its calibration for {task}: {error}") from error
    return found


def read_calibration(path: str | Path) -> Calibration:
    """A calibration from a JSON file that holds what `Calibration.as_table` gave.

    Raises:
        DataError: the file is missing, or holds no calibration.
    """
    refuse_special(path)
    try:
        return Calibration.from_table(parse_json(Path(path).read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(
            f"no calibration as `simengine calibrate --output` writes it: {reason}", str(path)
        ) from error
