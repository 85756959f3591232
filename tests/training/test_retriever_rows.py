"""Which rows a retriever makes of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simengine.training.recipe import DataSource
from simengine.training.tasks.retriever import RetrieverTask


@pytest.fixture
def both(tmp_path: Path) -> str:
    """Rows with a label of NLI and a graded score, as SICK has them."""
    labels = ("entailment", "neutral", "contradiction")
    rows = [
        {"text1": "A man sits.", "text2": f"Text {i}.", "label": labels[i % 3], "score": 1 + i % 5}
        for i in range(15)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_scored_rows_are_learned_by_their_scores_also_beside_labels(both: str) -> None:
    task = RetrieverTask()
    part = task.read(DataSource(both, name="rows", kind="scored"))
    assert [row.score for row in part.examples] == [i % 5 / 4 for i in range(15)]
    assert task.labels([part]) == ()


def test_the_same_rows_as_nli_keep_their_labels(both: str) -> None:
    task = RetrieverTask()
    part = task.read(DataSource(both, name="rows", kind="nli"))
    assert {row.label for row in part.examples} == {"entailment", "neutral", "contradiction"}
    assert task.labels([part]) == ("entailment", "neutral", "contradiction")
