"""Training goes on from models that were made for something else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from simengine.cross_encoders.load import load_cross_encoder
from simengine.training.run import RunOptions, train
from tests.training.runs import WORDS, recipe, tensors, write
from tests.training.tiny_models import tiny_cross_encoder


@pytest.mark.parametrize("n_labels", [1, 3])
def test_a_cross_encoder_with_other_outputs_gives_its_encoder(tmp_path: Path, n_labels: int) -> None:
    base = tmp_path / "base"
    tiny_cross_encoder(base, n_labels)
    rng = random.Random(3)
    rows = [
        {"text1": f"a {rng.choice(WORDS)}", "text2": f"one {rng.choice(WORDS)}", "score": rng.random()}
        for _ in range(24)
    ]
    path = write(tmp_path / "scored.jsonl", [dict(row) for row in rows])
    what = recipe(
        tmp_path,
        base,
        "similarity",
        train=[{"path": path}],
        dev=[],
        freezing={"embeddings": True, "layers": 2},
        optimisation={"epochs": 1, "batch_size": 8},
    )
    result = train(what, tmp_path / "run", RunOptions(device="cpu", threads=1))
    before, after = tensors(base), tensors(result.model)
    name = "bert.encoder.layer.0.output.dense.weight"
    assert (before[name] == after[name]).all()
    assert after["classifier.weight"].shape[0] == 1
    assert load_cross_encoder(str(result.model)).labels in {("score",), ("relevance",)}
