from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.cross_encoders.reader import CONFIG_KEY, load_reader
from simengine.errors import RecipeError
from simengine.training.arguments import common_arguments
from simengine.training.recipe import (
    Adversarial,
    DataSource,
    Distillation,
    Loss,
    Mixing,
    Optimisation,
    Smoothness,
)
from simengine.training.tasks.contract import Part, TrainerParts
from simengine.training.tasks.reader import ReaderTask
from tests.training.reader_runs import example, part_of, recipe_of, run, squad
from tests.training.tiny_models import write_tiny


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = {"initializer_range": 0.1, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    return write_tiny(tmp_path_factory.mktemp("base") / "model", **settings)


def test_read_leaves_out_questions_without_gold_answers_and_counts_them(tmp_path: Path) -> None:
    path = squad(tmp_path, "part", n=6)
    table = json.loads(path.read_text(encoding="utf-8"))
    table["data"][0]["paragraphs"][0]["qas"][0]["answers"] = []
    path.write_text(json.dumps(table), encoding="utf-8")
    part = ReaderTask().read(DataSource(str(path), "part"))
    assert len(part.examples) == 5
    assert part.n_dropped == {"no gold answer": 1}


def test_read_refuses_other_kinds(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="sources of kind reading, not nli"):
        ReaderTask().read(DataSource(str(squad(tmp_path, "part")), "part", kind="nli"))


def test_a_reader_learns_finds_its_threshold_and_is_loaded_by_plain_transformers(
    base: Path, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    recipe = recipe_of(
        tmp_path, optimisation=Optimisation(epochs=14, batch_size=8, learning_rate=3e-3, precision="f32")
    )
    task, model, trainer = run(recipe, base, tmp_path / "out")
    logged = [entry for entry in trainer.state.log_history if "eval_f1" in entry]
    assert len(logged) == 2
    assert set(logged[0]) >= {"eval_exact_match", "eval_answerable_f1", "eval_unanswerable_f1"}
    assert trainer.state.best_metric == max(entry["eval_f1"] for entry in logged)
    dev = task.read(recipe.dev[0])
    metrics = task.evaluate(recipe, model, dev)
    assert metrics["f1"] == pytest.approx(trainer.state.best_metric)
    assert metrics["f1"] > 0.7
    assert not model.training or trainer.model is model

    folder = tmp_path / "saved"
    task.save(model, folder)
    plain = AutoModelForQuestionAnswering.from_pretrained(folder)
    assert AutoTokenizer.from_pretrained(folder).is_fast
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in plain.state_dict().items())
    reader = load_reader(str(folder), device="cpu")
    assert reader.settings.max_tokens == 48
    assert reader.settings.stride == 16
    threshold = reader.settings.no_answer_threshold
    assert threshold == getattr(model.config, CONFIG_KEY)["no_answer_threshold"]
    # The threshold that was found says of dev what evaluation said.
    answers = reader.answers([(e.question, e.context) for e in dev.examples])
    right = [
        not answer.answered if e.impossible else answer.text == e.answers[0][1]
        for answer, e in zip(answers, dev.examples, strict=True)
    ]
    assert np.mean(right) == pytest.approx(metrics["exact_match"])


def test_without_dev_data_no_answer_is_said_where_it_scores_higher(base: Path, tmp_path: Path) -> None:
    _, model, trainer = run(recipe_of(tmp_path, dev=()), base, tmp_path / "out")
    assert getattr(model.config, CONFIG_KEY)["no_answer_threshold"] == 0.0
    assert not [entry for entry in trainer.state.log_history if "eval_f1" in entry]


def test_a_reader_that_saw_no_impossible_question_always_answers(base: Path, tmp_path: Path) -> None:
    source = DataSource(str(squad(tmp_path, "train")), "train", include={"impossible": (False,)})
    _, model, _ = run(recipe_of(tmp_path, train=(source,), dev=()), base, tmp_path / "out")
    assert getattr(model.config, CONFIG_KEY)["no_answer_threshold"] is None


def test_the_threshold_is_the_best_for_all_dev_parts_together(base: Path, tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path)
    task = ReaderTask()
    model = task.load_model(recipe, base, ())
    part = task.read(recipe.dev[0])
    halves = [
        Part(name, rows, part.source) for name, rows in (("a", part.examples[:4]), ("b", part.examples[4:]))
    ]
    task.evaluate(recipe, model, part)
    whole = getattr(model.config, CONFIG_KEY)["no_answer_threshold"]
    fresh = task.load_model(recipe, base, ())
    fresh.load_state_dict(model.state_dict())
    for half in halves:
        task.evaluate(recipe, fresh, half)
    assert getattr(fresh.config, CONFIG_KEY)["no_answer_threshold"] == pytest.approx(whole)


def test_evaluation_leaves_the_models_mode(base: Path, tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path)
    task = ReaderTask()
    model = task.load_model(recipe, base, ())
    part = task.read(recipe.dev[0])
    for training in (True, False):
        model.train(training)
        task.evaluate(recipe, model, part)
        assert model.training is training


@pytest.mark.parametrize("accumulation", [1, 2])
def test_options_train_within_the_stock_trainer(base: Path, tmp_path: Path, accumulation: int) -> None:
    recipe = recipe_of(
        tmp_path,
        dev=(),
        adversarial=Adversarial(0.1, 1.0),
        smoothness=Smoothness(0.01, 0.5),
        optimisation=Optimisation(
            epochs=2,
            batch_size=8 // accumulation,
            gradient_accumulation=accumulation,
            learning_rate=1e-3,
            head_learning_rate=5e-3,
            gradient_checkpointing=True,
            precision="f32",
        ),
    )
    _, model, trainer = run(recipe, base, tmp_path / "out")
    assert trainer.state.global_step == 6
    rates = {group["initial_lr"] for group in trainer.optimizer.param_groups if group["params"]}
    assert rates == {1e-3, 5e-3}
    head = {
        id(p)
        for group in trainer.optimizer.param_groups
        if group["initial_lr"] == 5e-3
        for p in group["params"]
    }
    assert head == {id(parameter) for parameter in model.qa_outputs.parameters()}
    everything = [id(p) for group in trainer.optimizer.param_groups for p in group["params"]]
    assert len(everything) == len(set(everything)) == len(list(model.parameters()))


def one_batch(trainer: Any) -> dict[str, Any]:
    return dict(trainer.data_collator([trainer.train_dataset[i] for i in range(4)]))


def test_adversarial_and_smooth_losses_are_those_of_the_definitions(base: Path, tmp_path: Path) -> None:
    import torch

    found = {}
    for name, options in {
        "plain": {},
        "zero": {"adversarial": Adversarial(1e-9, 1.0)},
        "adversarial": {"adversarial": Adversarial(0.5, 1.0)},
        "smooth": {"smoothness": Smoothness(0.1, 2.0)},
    }.items():
        recipe = recipe_of(tmp_path, dev=(), **options)
        task = ReaderTask()
        torch.manual_seed(0)
        model = task.load_model(recipe, base, ())
        arguments = common_arguments(
            recipe, tmp_path / name, n_rows=24, metric=None, report_to=(), device="cpu"
        )
        trainer = task.trainer(recipe, model, [task.read(recipe.train[0])], TrainerParts(arguments, [], None))
        model.train()
        torch.manual_seed(1)
        batch = one_batch(trainer)
        found[name] = float(trainer.compute_loss(model, batch))
        if name == "plain":
            rows = {key: value for key, value in batch.items() if not key.endswith("_positions")}
            assert found[name] == pytest.approx(float(model(**batch).loss), rel=1e-3)  # theirs counts padding
            _, output = trainer.compute_loss(model, batch, return_outputs=True)
            assert torch.equal(output.start_logits, model(**rows).start_logits)
            with torch.no_grad():
                assert float(trainer.compute_loss(model, batch)) == pytest.approx(found[name])
    assert found["zero"] == pytest.approx(2 * found["plain"], rel=1e-5)
    assert found["adversarial"] > found["zero"] * 1.01
    assert found["smooth"] > found["plain"]


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"distillation": Distillation("teacher")}, "distillation"),
        ({"loss": Loss(class_weights="balanced")}, "loss.class_weights"),
        ({"loss": Loss(label_smoothing=0.1)}, "loss.label_smoothing"),
        ({"loss": Loss(matryoshka=(8,))}, "loss.matryoshka"),
        (
            {"mixing": Mixing("temperature"), "train": (DataSource("a", "a"), DataSource("b", "b"))},
            "mixing.strategy",
        ),
    ],
)
def test_options_without_use_for_a_reader_are_refused(
    base: Path, tmp_path: Path, changes: dict[str, Any], option: str
) -> None:
    with pytest.raises(RecipeError, match=option):
        ReaderTask().load_model(recipe_of(tmp_path, **changes), base, ())


def test_answers_in_chinese_are_compared_as_chinese(base: Path, tmp_path: Path) -> None:
    from simengine.training.tasks.reader import _match_of

    assert _match_of([example("北京是首都", "北京")]) == "cmrc"
    assert _match_of([example("Smith came.", "Smith")]) == "squad"
    assert _match_of([example("Nobody came.")]) == "squad"


def test_answers_longer_than_usual_are_looked_for_where_training_has_them(base: Path, tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, dev=(), max_tokens=128)
    task = ReaderTask()
    model = task.load_model(recipe, base, ())
    arguments = common_arguments(recipe, tmp_path / "out", n_rows=9, metric=None, report_to=(), device="cpu")
    answer = "so " * 39 + "long"
    part = part_of([example(f"It is {answer} .", answer)] * 8 + [example("Nobody knows .")])
    trainer = task.trainer(recipe, model, [part], TrainerParts(arguments, [], None))
    assert getattr(model.config, CONFIG_KEY)["max_answer_tokens"] == 40
    assert trainer.args.ddp_find_unused_parameters is False
    assert len(trainer.train_dataset) == 9
