"""What a calibration gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simengine.calibration.calibration import Calibration
    from simengine.evaluation.calibration import CalibrationBin


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A calibration, and how well probabilities tell the share of right pairs.

    Attributes:
        calibration: fitted on all pairs.
        before: bins of the scores as they are; empty where they are no probabilities.
        after: bins of calibrated scores of pairs that were left out of the fit.
        n_truncated: pairs of which the model could not read everything.
    """

    calibration: Calibration
    before: Sequence[CalibrationBin]
    after: Sequence[CalibrationBin]
    n_truncated: int
