"""Reports as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from simengine.training.report.types import TrainReport, plain


def test_a_report_is_json_and_keeps_every_field(report: TrainReport) -> None:
    stored = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert set(stored) == set(TrainReport.__dataclass_fields__)
    assert stored["sources"][1] == {
        "name": "cad_nli/train",
        "path": "c.jsonl",
        "sha256": "cd" * 32,
        "n_rows": 8_330,
        "role": "train",
        "licence": "Apache-2.0",
        "url": "",
        "n_dropped": {"no gold label": 3},
    }
    assert stored["recipe"]["labels"] == ["a", "b"]
    assert stored["test"]["snli/dev"] == {"accuracy": 0.75, "macro_f1": None}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.array([1.5, np.nan]), [1.5, None]),
        (float("inf"), None),
        ({1: (True, None)}, {"1": [True, None]}),
        ({"b", "a"}, ["a", "b"]),
        (Path("x/y"), "x/y"),
    ],
)
def test_plain_values(value: object, expected: object) -> None:
    found = plain(value)
    assert found == expected
    json.dumps(found, allow_nan=False)
