"""Whole runs on tiny models: what they leave, how they are continued, what they refuse."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.errors import DataError, LeakageError, UsageError
from simengine.training.run import RunOptions, dev_average, train
from simengine.training.trainer_parts import WEIGHTS_NAME, last_checkpoint
from tests.training.runs import LABELS, WORDS, nli_rows, recipe, tensors, write
from tests.training.tiny_models import write_tiny


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("base"))


def test_a_run_leaves_a_model_that_plain_libraries_load_and_a_result(tmp_path: Path, base: Path) -> None:
    from sentence_transformers import CrossEncoder
    from transformers import AutoModelForSequenceClassification

    result = train(recipe(tmp_path, base), tmp_path / "run", RunOptions(device="cpu", threads=1))
    model = CrossEncoder(str(result.model), local_files_only=True, device="cpu")
    assert model.predict([("A cat is here.", "No cat.")]).shape == (1, 3)
    plain = AutoModelForSequenceClassification.from_pretrained(result.model)
    assert [plain.config.id2label[i] for i in range(3)] == list(LABELS)
    written = json.loads((tmp_path / "run" / "result.json").read_text())
    assert written["steps"] == 24
    assert written["dev"] == {name: dict(values) for name, values in result.dev.items()}
    best = max(record["eval_macro_f1"] for record in result.history if "eval_macro_f1" in record)
    assert next(iter(result.dev.values()))["macro_f1"] == pytest.approx(best)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path, base: Path) -> None:
    options = RunOptions(device="cpu", threads=1)
    first, second, third = (
        tensors(train(recipe(tmp_path, base, seed=seed), tmp_path / name, options).model)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert any(not np.array_equal(first[name], third[name]) for name in first)


@pytest.mark.parametrize(
    "extra", [{}, {"peft": {"rank": 4}}, {"freezing": {"layers": 1}}], ids=["full", "lora", "frozen"]
)
def test_a_killed_run_continues_to_the_same_end(tmp_path: Path, base: Path, extra: dict[str, Any]) -> None:
    what = recipe(tmp_path, base, **extra)
    (tmp_path / "recipe.json").write_text(json.dumps(what.to_dict()))
    script = (
        "import json, sys; from pathlib import Path\n"
        "from simengine.training.recipe_file import recipe_from_dict\n"
        "from simengine.training.run import RunOptions, train\n"
        "what = recipe_from_dict(json.loads(Path(sys.argv[1]).read_text()), 'test')\n"
        "train(what, Path(sys.argv[2]), RunOptions(device='cpu', threads=1, resume=True))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "recipe.json"), str(tmp_path / "killed")]
    running = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 200
    while last_checkpoint(tmp_path / "killed" / "checkpoints") is None:
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    options = RunOptions(device="cpu", threads=1)
    if not (tmp_path / "killed" / "result.json").exists():
        with pytest.raises(UsageError, match="--resume"):
            train(what, tmp_path / "killed", options)
        result = train(what, tmp_path / "killed", RunOptions(device="cpu", threads=1, resume=True))
        assert result.steps == 24
    whole = tensors(train(what, tmp_path / "whole", options).model)
    killed = tensors(tmp_path / "killed" / "model")
    assert all(np.allclose(whole[name], killed[name], atol=1e-6) for name in whole)


def test_half_written_checkpoints_are_passed_over(tmp_path: Path) -> None:
    for number, parts in ((4, (WEIGHTS_NAME, "trainer_state.json")), (8, (WEIGHTS_NAME,)), (12, ())):
        folder = tmp_path / f"checkpoint-{number}"
        folder.mkdir()
        for part in parts:
            (folder / part).write_text("{}")
    found = last_checkpoint(tmp_path)
    assert found is not None
    assert found.name == "checkpoint-4"
    (found / "trainer_state.json").write_text("{")
    assert last_checkpoint(tmp_path) is None


def test_another_recipe_and_a_finished_run_are_not_overwritten_unasked(tmp_path: Path, base: Path) -> None:
    options = RunOptions(device="cpu", threads=1)
    train(recipe(tmp_path, base), tmp_path / "run", options)
    with pytest.raises(UsageError, match="this run has finished"):
        train(recipe(tmp_path, base), tmp_path / "run", options)
    with pytest.raises(UsageError, match=r"another recipe \(it differs in seed"):
        train(recipe(tmp_path, base, seed=5), tmp_path / "run", options)
    result = train(recipe(tmp_path, base, seed=5), tmp_path / "run", RunOptions("cpu", 1, overwrite=True))
    assert json.loads((result.folder / "recipe.json").read_text())["seed"] == 5


def test_a_run_that_failed_before_its_first_step_leaves_the_folder_to_the_corrected_one(
    tmp_path: Path, base: Path
) -> None:
    rows = [*nli_rows(16, 1), {"premise": "a", "hypothesis": "b", "label": "perhaps"}]
    bad = write(tmp_path / "bad.jsonl", rows)
    options = RunOptions(device="cpu", threads=1)
    with pytest.raises(DataError, match="perhaps"):
        train(recipe(tmp_path, base, train=[{"path": bad}]), tmp_path / "run", options)
    (tmp_path / "run" / "checkpoints" / "checkpoint-2").mkdir(parents=True)  # as a kill may leave it
    good = write(tmp_path / "good.jsonl", rows[:-1])
    what = recipe(tmp_path, base, train=[{"path": good}], optimisation={"epochs": 1, "batch_size": 8})
    result = train(what, tmp_path / "run", options)
    assert result.steps == 2
    assert json.loads((tmp_path / "run" / "recipe.json").read_text())["train"][0]["path"] == good


@pytest.mark.parametrize("name", ["model", "checkpoints"])
def test_folders_that_no_run_made_are_not_written_over(tmp_path: Path, base: Path, name: str) -> None:
    kept = tmp_path / "run" / name / "mine.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    with pytest.raises(UsageError, match="not from a training run"):
        train(recipe(tmp_path, base), tmp_path / "run", RunOptions(device="cpu", threads=1))
    assert kept.read_text() == "mine"


def test_early_stopping_ends_a_run_that_gets_no_better(tmp_path: Path, base: Path) -> None:
    what = recipe(
        tmp_path,
        base,
        optimisation={"epochs": 8, "batch_size": 8, "learning_rate": 1e-12},
        stopping={"evaluations": 16, "patience": 2},
    )
    result = train(what, tmp_path / "run", RunOptions(device="cpu", threads=1))
    assert result.steps == 3 * 6
    assert result.best_step == 6


def test_leaked_rows_are_refused_dropped_or_reported(tmp_path: Path, base: Path) -> None:
    rows = nli_rows(96, 1)
    dev = [{"path": write(tmp_path / "leak.jsonl", rows[:5] + nli_rows(10, 3))}]
    options = RunOptions(device="cpu", threads=1)
    with pytest.raises(LeakageError, match="5 of 96 training examples"):
        train(recipe(tmp_path, base, dev=dev), tmp_path / "refused", options)
    dropped = train(
        recipe(tmp_path, base, dev=dev, leakage={"action": "drop"}), tmp_path / "dropped", options
    )
    assert sum(dropped.n_train.values()) == 91
    assert dropped.leakage["leaked_train_rows"] == 5
    reported = train(
        recipe(tmp_path, base, dev=dev, leakage={"action": "report"}), tmp_path / "told", options
    )
    assert sum(reported.n_train.values()) == 96


def test_an_unknown_label_names_its_line_and_the_known_ones(tmp_path: Path, base: Path) -> None:
    rows = nli_rows(8, 1)
    rows[4]["label"] = "maybe"
    path = write(tmp_path / "bad.jsonl", rows)
    with pytest.raises(DataError, match=r"bad\.jsonl:5: .*maybe.*entailment"):
        train(recipe(tmp_path, base, train=[{"path": path}]), tmp_path / "run", RunOptions(device="cpu"))


@pytest.mark.parametrize("strategy", ["concatenate", "proportional", "round-robin", "temperature"])
def test_several_sources_train_together(tmp_path: Path, base: Path, strategy: str) -> None:
    qa = [
        {"text1": f"Who saw the {w}?", "text2": f"Ann saw the {w}.", "label": i % 2}
        for i, w in enumerate(WORDS * 3)
    ]
    sources = [
        {"path": write(tmp_path / "nli.jsonl", nli_rows(48, 1))},
        {"path": write(tmp_path / "qa.jsonl", qa), "kind": "relevance"},
    ]
    what = recipe(tmp_path, base, train=sources, mixing={"strategy": strategy}, leakage={"action": "report"})
    result = train(what, tmp_path / "run", RunOptions(device="cpu", threads=1))
    assert list(result.n_train.values()) == [48, 24]
    assert result.steps == {"round-robin": 12}.get(strategy, 18)


@pytest.mark.parametrize("task", ["similarity", "relevance", "retriever"])
def test_the_other_pair_tasks_learn_an_easy_rule(tmp_path: Path, base: Path, task: str) -> None:
    rng = random.Random(4)

    def rows(n: int) -> list[dict[str, object]]:
        made = []
        for i in range(n):
            one, two = rng.sample(WORDS[1:], 2)
            right = i % 2
            text1, text2 = f"The {one} {rng.randrange(10**6)}", f"a {WORDS[0] if right else two}"
            made.append({"text1": text1, "text2": text2, "score" if task != "relevance" else "label": right})
        return made

    what = recipe(
        tmp_path,
        base,
        task,
        train=[{"path": write(tmp_path / "t.jsonl", rows(400))}],
        dev=[
            {"path": write(tmp_path / "d.jsonl", [{**row, "text1": f"{row['text1']}"} for row in rows(60)])}
        ],
        optimisation={"epochs": 4, "batch_size": 16, "learning_rate": 3e-3},
    )
    result = train(what, tmp_path / "run", RunOptions(device="cpu", threads=1))
    losses = [record["loss"] for record in result.history if "loss" in record]
    assert losses[-1] < losses[0] / 2
    assert (result.model / "modules.json").exists()


def test_dev_average_is_over_sources() -> None:
    found = dev_average({"a": {"f1": 0.5, "x": 1.0}, "b": {"f1": 1.0, "x": 0.0}}, "f1")
    assert found == {"a/f1": 0.5, "a/x": 1.0, "b/f1": 1.0, "b/x": 0.0, "f1": 0.75}


def test_overwriting_removes_only_what_a_run_has_written(tmp_path: Path, base: Path) -> None:
    (tmp_path / "run" / "model").mkdir(parents=True)
    (tmp_path / "run" / "model" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not from a training run"):
        train(recipe(tmp_path, base), tmp_path / "run", RunOptions("cpu", 1, overwrite=True))
    assert (tmp_path / "run" / "model" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["model", "model.making", "checkpoints", "recipe.json", "result.json"])
def test_a_run_is_not_written_through_a_link(tmp_path: Path, base: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mine.txt").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).symlink_to(tmp_path / "mine")
    with pytest.raises(UsageError, match="symbolic link"):
        train(recipe(tmp_path, base), tmp_path / "run", RunOptions("cpu", 1, overwrite=True))
    assert (tmp_path / "mine" / "mine.txt").read_text() == "mine"
