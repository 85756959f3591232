"""simengine train: what it asks for, what it leaves, how it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from simengine.training.trainer_parts import last_checkpoint
from tests.cli.conftest import Called
from tests.training.runs import nli_rows, write
from tests.training.tiny_models import write_tiny

Call = Callable[..., Called]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("base"))


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    train, dev = (
        write(tmp_path / "train.jsonl", nli_rows(48, 1)),
        write(tmp_path / "dev.jsonl", nli_rows(12, 2)),
    )
    return ["--train", train, "--dev", dev, "-o", str(tmp_path / "run")]


def test_flags_alone_train_a_model_and_print_its_dev_figures(
    call: Call, base: Path, files: list[str], tmp_path: Path
) -> None:
    done = call("train", "--task", "nli", "-m", base, "--epochs", 1, "-b", 8, "--threads", 1, *files)
    assert done.code == 0, done.err
    name, *figures = done.out.strip().split("\t")
    assert name.endswith("/dev")
    assert {figure.split()[0] for figure in figures} == {"accuracy", "macro_f1", "weighted_f1"}
    assert "6 steps in" in done.err
    assert (tmp_path / "run" / "model" / "config.json").exists()
    again = call("train", "--task", "nli", "-m", base, "--epochs", 1, "-b", 8, *files)
    assert again.code == 2
    assert "--overwrite" in again.err


def test_settings_reach_the_recipe(call: Call, base: Path, files: list[str], tmp_path: Path) -> None:
    sets = [
        "freezing.layers=1",
        'peft={method="lora", rank=2}',
        "description=a name",
        "optimisation.epochs=1",
    ]
    options = [part for setting in sets for part in ("--set", setting)]
    done = call("train", "--task", "nli", "-m", base, "--threads", 1, "-q", *options, *files)
    assert done.code == 0, done.err
    recipe = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert recipe["freezing"]["layers"] == 1
    assert recipe["peft"]["rank"] == 2
    assert recipe["description"] == "a name"
    assert done.err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "either --recipe FILE or --task NAME"),
        (("--task", "nli", "--recipe", "x.toml"), 2, "either --recipe FILE or --task NAME"),
        (("--task", "nli"), 2, "at least one --train FILE"),
        (("--recipe", "none.toml"), 2, "none.toml: the recipe cannot be read"),
        (("--task", "nli", "--train", "none.jsonl"), 2, "no file 'none.jsonl'"),
        (("--task", "nli", "--set", "freezing"), 2, "expected KEY=VALUE"),
        (("--task", "nli", "--set", "freezing.layer=1", "--train", "x"), 2, "did you mean 'layers'"),
    ],
)
def test_what_cannot_be_done_is_said(
    call: Call, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = call("train", "-o", tmp_path / "run", *arguments)
    assert (done.code, message in done.err) == (code, True), done.err
    assert not (tmp_path / "run").exists()


def test_a_bad_row_names_its_line(call: Call, base: Path, tmp_path: Path) -> None:
    rows = [*nli_rows(3, 1), {"premise": "a", "hypothesis": "b", "label": "perhaps"}]
    path = write(tmp_path / "bad.jsonl", rows)
    done = call("train", "--task", "nli", "-m", base, "--train", path, "-o", tmp_path / "run")
    assert done.code == 4
    assert "bad.jsonl:4" in done.err
    assert "entailment" in done.err


def test_a_going_run_keeps_its_folder_and_ctrl_c_leaves_it_to_be_resumed(
    call: Call, base: Path, files: list[str], tmp_path: Path
) -> None:
    options = ["--task", "nli", "-m", str(base), "--epochs", "20", "-b", "8", "--threads", "1", "--offline"]
    options += ["--device", "cpu", "--set", "stopping.evaluations=20", *files]
    # Python obeys Ctrl-C unless it was started in the background, as a test run may be.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from simengine.cli.main import main; main()"
    )
    for package in ("accelerate", "datasets", "scipy.stats", "sklearn.metrics"):
        import_module(package)  # slow the first time: the second run is to ask while the first goes on
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", script, "train", *options], env=environment, stderr=subprocess.PIPE, text=True
    ) as going:
        deadline = time.monotonic() + 200
        while last_checkpoint(tmp_path / "run" / "checkpoints") is None:
            assert going.poll() is None, going.stderr and going.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        second = call("train", *options, "--resume")
        going.send_signal(signal.SIGINT)
        _, said = going.communicate(timeout=60)
    assert (second.code, "another run is training there" in second.err) == (2, True), second.err
    assert going.returncode == 130
    checkpoint = last_checkpoint(tmp_path / "run" / "checkpoints")
    assert checkpoint is not None
    assert f"{checkpoint.name} in" in said
    assert "--resume" in said
    assert "Traceback" not in said
    unasked = call("train", *options)
    assert (unasked.code, "--resume" in unasked.err) == (2, True), unasked.err
    done = call("train", *options, "--resume")
    assert done.code == 0, done.err
    assert f"continuing from {checkpoint.name}" in done.err
    assert "120 steps in" in done.err


def test_a_corrected_run_goes_into_the_folder_of_the_failed_one(
    call: Call, base: Path, tmp_path: Path
) -> None:
    bad = write(tmp_path / "bad.jsonl", [{"premise": "a", "hypothesis": "b", "label": "perhaps"}])
    good = write(tmp_path / "good.jsonl", nli_rows(16, 1))
    options = ("--task", "nli", "-m", base, "--epochs", 1, "-b", 8, "--threads", 1, "-o", tmp_path / "run")
    assert call("train", "--train", bad, *options).code == 4
    done = call("train", "--train", good, *options)
    assert done.code == 0, done.err
