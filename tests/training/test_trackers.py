"""Trackers: refused before anything is loaded or written, and their files stay."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from simengine.errors import UsageError
from simengine.training.recipe_file import recipe_from_dict
from simengine.training.run import RunOptions, train
from simengine.training.trackers import check_trackers, keep_logs


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("tensorbord",), r"no tracker is named 'tensorbord'; did you mean tensorboard\?"),
        (("WandB",), "did you mean wandb"),
        (("mlflows",), "did you mean mlflow"),
        (("xyzzy",), "there are: .*comet_ml.*tensorboard.*wandb"),
        (("none", "wandb"), "must be alone"),
    ],
)
def test_an_unknown_tracker_is_refused_with_the_nearest_name(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_trackers(names)


def test_every_tracker_that_transformers_knows_is_there_or_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv("KUBEFLOW_TRAINER_SERVER_URL", raising=False)
    for name in INTEGRATION_TO_CALLBACK:
        with pytest.raises(UsageError, match=rf"reporting to {name} needs .*(pip install|variable)"):
            check_trackers((name,))


def test_known_trackers_are_given_once_and_none_means_none() -> None:
    pytest.importorskip("tensorboard")
    assert check_trackers(("tensorboard", "tensorboard")) == ("tensorboard",)
    assert check_trackers(("none",)) == check_trackers(()) == ()
    assert check_trackers(("all",)) == ("all",)


def test_a_wrong_tracker_stops_a_run_before_it_writes_anything(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text("not read")
    train_files = [{"path": str(tmp_path / "train.jsonl")}]
    what = recipe_from_dict({"task": "nli"}, "a test", overrides={"train": train_files})
    with pytest.raises(UsageError, match="did you mean tensorboard"):
        train(what, tmp_path / "run", RunOptions(report_to=("tensorbord",)))
    assert not (tmp_path / "run").exists()


def test_the_command_refuses_without_a_traceback(tmp_path: Path) -> None:
    rows = [{"premise": "a", "hypothesis": "b", "label": "neutral"}]
    file = tmp_path / "train.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    command = [sys.executable, "-m", "simengine", "train", "--task", "nli", "--train", str(file), "-o", "out"]
    called = subprocess.run(
        [*command, "--report-to", "tensorbord"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert called.returncode == 2
    assert "did you mean tensorboard?" in called.stderr
    assert "Traceback" not in called.stderr


def test_what_trackers_wrote_beside_the_checkpoints_is_kept(tmp_path: Path) -> None:
    checkpoints, logs = tmp_path / "checkpoints", tmp_path / "logs"
    (checkpoints / "checkpoint-3").mkdir(parents=True)
    (checkpoints / "emissions.csv").write_text("kg")
    keep_logs(checkpoints, logs)
    assert (logs / "emissions.csv").read_text() == "kg"
    assert [path.name for path in logs.iterdir()] == ["emissions.csv"]
    keep_logs(tmp_path / "gone", logs)
