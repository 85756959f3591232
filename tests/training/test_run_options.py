"""Options of a run that change how it computes, not what it learns; and those that change what it learns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.errors import UsageError
from simengine.training.run import RunOptions, train
from tests.training.runs import recipe, tensors
from tests.training.tiny_models import write_tiny

OPTIONS = RunOptions(device="cpu", threads=1)
PLAIN = {"epochs": 1, "batch_size": 16, "learning_rate": 1e-3, "group_by_length": False, "dropout": 0.0}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("base"))


def trained(folder: Path, base: Path, name: str, **changes: Any) -> dict[str, Any]:
    """Weights after a run whose optimisation has these changes."""
    what = recipe(folder, base, optimisation={**PLAIN, **changes})
    return dict(tensors(train(what, folder / name, OPTIONS).model))


def largest_difference(one: dict[str, Any], other: dict[str, Any]) -> float:
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)


def test_accumulated_small_batches_equal_a_large_one(tmp_path: Path, base: Path) -> None:
    large = trained(tmp_path, base, "large")
    small = trained(tmp_path, base, "small", batch_size=8, gradient_accumulation=2)
    assert largest_difference(large, small) < 2e-4


def test_gradient_checkpointing_changes_nothing(tmp_path: Path, base: Path) -> None:
    kept = trained(tmp_path, base, "kept")
    again = trained(tmp_path, base, "again", gradient_checkpointing=True)
    assert largest_difference(kept, again) < 1e-5


def test_bf16_stays_near_fp32_and_the_weights_are_saved_in_fp32(tmp_path: Path, base: Path) -> None:
    full = trained(tmp_path, base, "full", precision="f32")
    half = trained(tmp_path, base, "half", precision="bf16")
    assert all(weights.dtype == np.float32 for weights in half.values())
    moved = largest_difference(full, trained(tmp_path, base, "still", learning_rate=1e-12))
    assert 0 < largest_difference(full, half) < 2 * moved


def test_weight_decay_shrinks_weights_and_leaves_biases(tmp_path: Path, base: Path) -> None:
    free = trained(tmp_path, base, "free", weight_decay=0.0)
    decayed = trained(tmp_path, base, "decayed", weight_decay=10.0)
    name = next(name for name in free if name.endswith("encoder.layer.0.intermediate.dense.weight"))
    assert np.linalg.norm(decayed[name]) < 0.999 * np.linalg.norm(free[name])


def test_head_learning_rate_moves_the_head_alone(tmp_path: Path, base: Path) -> None:
    slow = trained(tmp_path, base, "slow", learning_rate=1e-12)
    fast = trained(tmp_path, base, "fast", learning_rate=1e-12, head_learning_rate=1e-2)
    for name in slow:
        moved = float(np.abs(slow[name] - fast[name]).max())
        assert (moved > 1e-4) == name.startswith("classifier"), name


@pytest.mark.parametrize(
    "change",
    [
        {"adversarial": {"epsilon": 0.5}},
        {"smoothness": {"noise": 0.01}},
        {"loss": {"class_weights": "balanced", "label_smoothing": 0.1}},
    ],
    ids=["adversarial", "smoothness", "weighted"],
)
def test_losses_that_a_recipe_names_are_used(tmp_path: Path, base: Path, change: dict[str, Any]) -> None:
    plain = tensors(train(recipe(tmp_path, base, optimisation=PLAIN), tmp_path / "plain", OPTIONS).model)
    other = tensors(
        train(recipe(tmp_path, base, optimisation=PLAIN, **change), tmp_path / "other", OPTIONS).model
    )
    assert largest_difference(dict(plain), dict(other)) > 1e-5


def test_a_student_is_drawn_to_its_teacher(tmp_path: Path, base: Path) -> None:
    teacher = train(
        recipe(tmp_path, base, optimisation={**PLAIN, "epochs": 3}), tmp_path / "teacher", OPTIONS
    ).model
    student = write_tiny(tmp_path / "student", seed=8)

    def distance(alpha: float) -> float:
        from sentence_transformers import CrossEncoder

        what = recipe(
            tmp_path,
            student,
            optimisation={**PLAIN, "epochs": 3},
            distillation={"teacher": str(teacher), "alpha": alpha, "temperature": 1.0},
        )
        made = train(what, tmp_path / f"alpha-{alpha}", OPTIONS).model
        pairs = [("A cat number 3 is here.", "No cat."), ("A dog number 9 is here.", "The tree is old.")]
        logits = [
            CrossEncoder(str(folder), device="cpu", local_files_only=True).predict(pairs, apply_softmax=True)
            for folder in (teacher, made)
        ]
        return float(np.abs(logits[0] - logits[1]).mean())

    assert distance(1.0) < distance(0.0)


def test_a_teacher_of_other_labels_is_refused(tmp_path: Path, base: Path) -> None:
    write_tiny(tmp_path / "binary", "ForSequenceClassification", num_labels=2)
    what = recipe(tmp_path, base, distillation={"teacher": str(tmp_path / "binary")})
    with pytest.raises(UsageError, match="labels"):
        train(what, tmp_path / "run", OPTIONS)


def test_tensorboard_gets_the_losses_in_a_folder_that_stays(tmp_path: Path, base: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    options, notes = RunOptions(device="cpu", threads=1, report_to=("tensorboard",)), list[str]()
    run = tmp_path / "run"
    result = train(recipe(tmp_path, base, optimisation=PLAIN), run, options, note=notes.append)
    assert not (run / "checkpoints").exists()
    assert f"TensorBoard's logs go to {run / 'logs'}: tensorboard --logdir {run / 'logs'}" in notes
    events = EventAccumulator(str(run / "logs")).Reload()
    logged = [record["loss"] for record in result.history if "loss" in record]
    assert [event.value for event in events.Scalars("train/loss")] == pytest.approx(logged)


def test_the_report_names_data_labels_and_versions(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMENGINE_DATA", str(tmp_path))
    what = recipe(tmp_path, base, optimisation=PLAIN)
    result = train(what, tmp_path / "run", OPTIONS)
    report = json.loads((result.model / "report.json").read_text())
    assert [source["role"] for source in report["sources"]] == ["train", "dev"]
    assert len(report["sources"][0]["sha256"]) == 64
    assert report["labels"] == ["entailment", "neutral", "contradiction"]
    assert report["versions"]["torch"]
    assert report["sources"][0]["path"] == report["recipe"]["train"][0]["path"] == "train.jsonl"
    details = next(iter(report["details"].values()))
    assert sum(sum(row) for row in details["confusion"]) == 24
    card = (result.model / "README.md").read_text()
    assert "| entailment |" in card or "entailment" in card
    assert (result.model / "learning_curve.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_torchrun_trains_on_two_processes(tmp_path: Path, base: Path) -> None:
    what = recipe(tmp_path, base, optimisation=PLAIN)
    (tmp_path / "recipe.json").write_text(json.dumps(what.to_dict()))
    script = tmp_path / "script.py"
    script.write_text(
        "import json, sys; from pathlib import Path\n"
        "from simengine.training.recipe_file import recipe_from_dict\n"
        "from simengine.training.run import RunOptions, train\n"
        "what = recipe_from_dict(json.loads(Path(sys.argv[1]).read_text()), 'test')\n"
        "train(what, Path(sys.argv[2]), RunOptions(device='cpu', threads=1))\n"
    )
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        str(script),
    ]
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [*command, str(tmp_path / "recipe.json"), str(tmp_path / "run")],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "result.json").read_text())["steps"] == 3
