"""Write what a training run leaves behind into its folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simengine.errors import MissingExtraError, UsageError
from simengine.evaluation.calibration import Calibration, CalibrationBin
from simengine.files import make_folder, replace_file, writing
from simengine.training.report.card import TASK_CARDS, model_card
from simengine.training.report.plots import dev_curves, plot_calibration, plot_confusion, plot_learning_curve
from simengine.training.report.types import TrainReport

REPORT_NAME, CARD_NAME = "report.json", "README.md"
MAX_CONFUSION_LABELS = 30


def write_report(folder: Path, report: TrainReport) -> tuple[Path, ...]:
    """Write report.json, the pictures and README.md, which shows them.

    The JSON is written first, so that whatever goes wrong with the rest, no figure is lost. Files that another report
    left are replaced.

    Args:
        folder: of the model; made if it is not there.
        report: of the run.

    Returns:
        The files, in the order in which they were written.

    Raises:
        UsageError: the report names an unknown task.
        MissingExtraError: matplotlib is not installed; the JSON and a card without pictures are written.
        StorageFullError, StoreError: something cannot be written.
    """
    if report.task not in TASK_CARDS:
        raise UsageError(f"task is {report.task!r}; expected one of {', '.join(TASK_CARDS)}")
    text = json.dumps(report.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    with writing(folder / REPORT_NAME):
        make_folder(folder)
        replace_file(folder / REPORT_NAME, (text + "\n").encode())
    try:
        pictures = _draw(folder, report)
    except MissingExtraError:
        _write_card(folder, report, ())
        raise
    _write_card(folder, report, pictures)
    return (folder / REPORT_NAME, *(folder / name for name in pictures), folder / CARD_NAME)


def _write_card(folder: Path, report: TrainReport, pictures: tuple[str, ...]) -> None:
    with writing(folder / CARD_NAME):
        replace_file(folder / CARD_NAME, model_card(report, pictures=pictures).encode())


def _draw(folder: Path, report: TrainReport) -> tuple[str, ...]:
    """Names of the pictures that the report has figures for."""
    names = []
    curves = dev_curves(report.history)
    if curves or any("loss" in record for record in report.history):
        names.append("learning_curve.png")
        # The sets' own curves stand in the JSON; together they would cover each other.
        chosen = (report.metric,) if report.metric in curves else tuple(curves)[:6]
        plot_learning_curve(
            folder / names[-1], report.history, metrics=chosen, best_step=report.best_step, title=report.name
        )
    for set_name, details in report.details.items():
        ending = re.sub(r"[^\w.-]+", "-", set_name)
        labels = details.get("labels")
        if labels and "confusion" in details and len(labels) <= MAX_CONFUSION_LABELS:
            names.append(f"confusion_{ending}.png")
            plot_confusion(folder / names[-1], labels, details["confusion"], title=set_name)
        if details.get("calibration"):
            names.append(f"calibration_{ending}.png")
            plot_calibration(folder / names[-1], _calibration(details["calibration"]), title=set_name)
    return tuple(names)


def _calibration(values: Mapping[str, Any]) -> Calibration:
    """What `Calibration.as_dict` was made from."""
    bins = tuple(CalibrationBin(**one) for one in values["bins"])
    return Calibration(values["n"], values["expected_calibration_error"], bins)
