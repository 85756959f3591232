"""Calibrations kept with an index, and in files."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from simengine.calibration.calibration import Calibration
from simengine.calibration.stored import (
    load_calibration,
    read_calibration,
    stored_calibrations,
)
from simengine.errors import DamagedIndexError, DataError

MADE = Calibration(
    kind="platt",
    model="m" * 64,
    task="relevance",
    scale="probability",
    parameters={"slope": 0.5, "intercept": -0.25},
    n=1_200,
    fitted_on="judged.jsonl",
    date="2026-11-22",
    ece_before=0.2,
    ece_after=0.02,
    base_rate=0.3,
    thresholds={"0.9": 0.7},
)


def snapshot(entry: Any) -> Any:
    return SimpleNamespace(derived=lambda name: entry if name == "calibration" else None, path=Path("ix"))


def test_a_calibration_of_the_same_model_and_task_is_found() -> None:
    index = snapshot({"relevance": MADE.as_table()})
    assert load_calibration(index, "relevance", MADE.model) == MADE
    assert load_calibration(index, "nli", MADE.model) is None
    assert load_calibration(snapshot(None), "relevance", MADE.model) is None
    assert stored_calibrations(index) == {"relevance": MADE}


def test_one_of_another_model_is_not_used_and_that_is_said() -> None:
    told: list[str] = []
    index = snapshot({"relevance": MADE.as_table()})
    assert load_calibration(index, "relevance", "x" * 64, note=told.append) is None
    assert len(told) == 1
    assert "uncalibrated" in told[0]
    assert "mmmmmmmmmmmm" in told[0]


def test_what_is_stored_and_no_calibration_is_damage() -> None:
    for broken in ({"kind": "platt"}, "text", {**MADE.as_table(), "parameters": {}}):
        with pytest.raises(DamagedIndexError):
            load_calibration(snapshot({"relevance": broken}), "relevance", MADE.model)


def test_a_file_brings_back_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps(MADE.as_table()), encoding="utf-8")
    assert read_calibration(tmp_path / "c.json") == MADE
    (tmp_path / "no.json").write_text("{", encoding="utf-8")
    for path in ("no.json", "missing.json"):
        with pytest.raises(DataError, match=path):
            read_calibration(tmp_path / path)
