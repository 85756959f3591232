"""Reports as JSON."""

from __future__ import annotations

import json

from simengine.training.report.types import TrainReport


def test_a_report_is_json_and_keeps_every_field(report: TrainReport) -> None:
    stored = json.loads(json.dumps(report.as_dict(), allow_nan=False))
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
