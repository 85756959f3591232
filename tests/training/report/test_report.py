"""The files of a report."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from simengine.errors import MissingExtraError, UsageError
from simengine.training.report.report import write_report
from simengine.training.report.types import TrainReport


def test_json_pictures_and_card_are_written(tmp_path: Path, report: TrainReport) -> None:
    folder = tmp_path / "runs" / "model"
    written = write_report(folder, report)
    names = [path.name for path in written]
    assert names == [
        "report.json",
        "learning_curve.png",
        "confusion_lingnli-dev.png",
        "calibration_lingnli-dev.png",
        "README.md",
    ]
    assert sorted(names) == sorted(path.name for path in folder.iterdir())
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["seed"] == 13
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"]({name})" in card for name in names if name.endswith(".png"))


def test_a_second_report_replaces_the_first(tmp_path: Path, report: TrainReport) -> None:
    write_report(tmp_path, report)
    write_report(tmp_path, replace(report, seed=99))
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["seed"] == 99


def test_a_log_without_figures_gives_no_picture(tmp_path: Path, report: TrainReport) -> None:
    names = [path.name for path in write_report(tmp_path, replace(report, history=[], details={}))]
    assert names == ["report.json", "README.md"]


def test_without_matplotlib_json_and_card_are_kept(
    tmp_path: Path, report: TrainReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError):
        write_report(tmp_path, report)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "report.json"]
    assert ".png" not in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_an_unknown_task_is_refused_before_anything_is_written(tmp_path: Path, report: TrainReport) -> None:
    with pytest.raises(UsageError, match="task is 'poetry'; expected one of nli"):
        write_report(tmp_path, replace(report, task="poetry"))
    assert not list(tmp_path.iterdir())
