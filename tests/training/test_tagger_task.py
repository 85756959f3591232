from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from simengine.corpus.examples import TaggedSentence
from simengine.cross_encoders.tagger import TaggerSettings, load_tagger
from simengine.errors import DataError, RecipeError
from simengine.training.arguments import common_arguments
from simengine.training.recipe import (
    Adversarial,
    DataSource,
    Loss,
    Optimisation,
    Recipe,
    Smoothness,
    Stopping,
)
from simengine.training.tasks.contract import Part, TrainerParts
from simengine.training.tasks.tagger import IGNORED, TaggerTask, tag_loss, training_rows
from tests.training.tiny_models import write_tiny

pytest.importorskip("nervaluate")

PLACES = ["Berlin", "Paris", "New York", "Rome", "Vienna", "Los Angeles"]
NAMES = ["Anna", "Peter", "Mary", "John", "Lisa", "Tom"]


def sentences(start: int, n: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(start, start + n):
        place = PLACES[(number * 5 + number // 6) % 6].split()
        person = NAMES[number % 6]
        tokens = [person, "often", "visits", *place, "unbelievably", "gladly", "."]
        tags = [
            "B-person",
            "O",
            "O",
            *(f"{'I' if i else 'B'}-place" for i in range(len(place))),
            "O",
            "O",
            "O",
        ]
        rows.append({"tokens": tokens, "tags": tags})
    return rows


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = {"initializer_range": 0.1, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    return write_tiny(tmp_path_factory.mktemp("base") / "model", **settings)


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(base)


def recipe_of(folder: Path, **changes: Any) -> Recipe:
    train = write(folder / "train.jsonl", sentences(0, 24))
    dev = write(folder / "dev.jsonl", sentences(100, 8))
    values: dict[str, Any] = {
        "task": "tagger",
        "train": (DataSource(str(train), "train"),),
        "dev": (DataSource(str(dev), "dev"),),
        "max_tokens": 32,
        "optimisation": Optimisation(epochs=12, batch_size=8, learning_rate=3e-3, precision="f32"),
        "stopping": Stopping(evaluations=2),
    }
    return Recipe(**values | changes)


def run(recipe: Recipe, base: Path, output: Path) -> tuple[TaggerTask, Any, Any]:
    import transformers

    task = TaggerTask(recipe.seed)
    train = [task.read(source) for source in recipe.train]
    dev = [task.read(source) for source in recipe.dev]
    labels = task.labels(train)
    transformers.set_seed(recipe.seed)
    model = task.load_model(recipe, base, labels)

    def evaluate() -> dict[str, float]:
        return task.evaluate(recipe, model, dev[0])

    arguments = common_arguments(recipe, output, n_rows=24, metric="f1", report_to=(), device="cpu")
    trainer = task.trainer(recipe, model, train, TrainerParts(arguments, [], evaluate, labels))
    trainer.train()
    return task, model, trainer


def part_of(*rows: TaggedSentence) -> Part[TaggedSentence]:
    return Part("part", rows, DataSource("file.jsonl", "part"))


def test_labels_begin_with_o_and_have_both_prefixes_of_each_type() -> None:
    part = part_of(TaggedSentence(("a", "b", "c"), ("I-place", "B-person", "X")))
    assert TaggerTask().labels([part]) == ("O", "X", "B-person", "I-person", "B-place", "I-place")


def test_rows_have_a_target_at_each_words_first_token_alone(tokenizer: Any) -> None:
    part = part_of(TaggedSentence(("Saarbrücken", "unbelievably", "Rome"), ("B-place", "O", "B-place")))
    (row,) = training_rows(part, tokenizer, TaggerSettings(32, 8), ("O", "B-place"))
    words = tokenizer(["Saarbrücken", "unbelievably", "Rome"], is_split_into_words=True).word_ids()
    firsts = [n for n, word in enumerate(words) if word is not None and word not in words[:n]]
    expected = [IGNORED] * len(words)
    for position, target in zip(firsts, (1, 0, 1), strict=True):
        expected[position] = target
    assert row["labels"] == expected
    assert len(row["labels"]) == len(row["input_ids"]) == len(row["attention_mask"])
    assert expected.count(IGNORED) > 4


def test_every_word_of_a_long_sentence_is_learnt_from_once(tokenizer: Any) -> None:
    words = tuple(f"word{n}" for n in range(60))
    tags = tuple("B-place" if n % 7 == 0 else "O" for n in range(60))
    rows = training_rows(
        part_of(TaggedSentence(words, tags)), tokenizer, TaggerSettings(24, 8), ("O", "B-place")
    )
    targets = [target for row in rows for target in row["labels"] if target != IGNORED]
    assert len(rows) > 3
    assert len(targets) == 60
    assert sum(targets) == sum(tag != "O" for tag in tags)


def test_an_unknown_tag_names_its_line_and_the_known_tags(tokenizer: Any, base: Path, tmp_path: Path) -> None:
    strange = TaggedSentence(("a",), ("B-ship",), "file.jsonl", 7)
    with pytest.raises(DataError, match=r"file\.jsonl:7: the tag is 'B-ship'; the model knows O, B-place"):
        training_rows(part_of(strange), tokenizer, TaggerSettings(32, 8), ("O", "B-place"))
    task = TaggerTask()
    model = task.load_model(recipe_of(tmp_path), base, ("O", "B-place", "I-place"))
    with pytest.raises(DataError, match=r"file\.jsonl:7"):
        task.evaluate(recipe_of(tmp_path), model, part_of(strange))


def test_loss_equals_transformers_own_without_options() -> None:
    import torch

    logits = torch.randn(2, 5, 3)
    targets = torch.tensor([[IGNORED, 0, 2, IGNORED, IGNORED], [IGNORED, 1, 1, 0, IGNORED]])
    expected = torch.nn.functional.cross_entropy(logits.view(-1, 3), targets.view(-1))
    found = tag_loss(None, 0.0).value(SimpleNamespace(logits=logits), {"labels": targets})
    assert float(found) == pytest.approx(float(expected), rel=1e-6)


def test_loss_has_class_weights_and_label_smoothing() -> None:
    import torch

    logits = torch.randn(1, 4, 2)
    targets = torch.tensor([[IGNORED, 0, 1, IGNORED]])
    log = logits.log_softmax(-1)[0]
    by_hand = -(0.5 * log[1, 0] + 3.0 * log[2, 1]) / 3.5
    found = tag_loss((0.5, 3.0), 0.0).value(SimpleNamespace(logits=logits), {"labels": targets})
    assert float(found) == pytest.approx(float(by_hand), rel=1e-5)
    smooth = -(0.9 * (log[1, 0] + log[2, 1]) + 0.1 * (log[1].mean() + log[2].mean())) / 2
    found = tag_loss(None, 0.1).value(SimpleNamespace(logits=logits), {"labels": targets})
    assert float(found) == pytest.approx(float(smooth), rel=1e-5)


def test_a_tagger_learns_and_is_loaded_by_plain_transformers(base: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForTokenClassification

    recipe = recipe_of(tmp_path)
    task, model, trainer = run(recipe, base, tmp_path / "out")
    logged = [entry for entry in trainer.state.log_history if "eval_f1" in entry]
    assert len(logged) == 2
    metrics = task.evaluate(recipe, model, task.read(recipe.dev[0]))
    assert metrics["f1"] == pytest.approx(trainer.state.best_metric)
    assert metrics["f1"] > 0.9
    folder = tmp_path / "saved"
    task.save(model, folder)
    plain = AutoModelForTokenClassification.from_pretrained(folder)
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in plain.state_dict().items())
    tagger = load_tagger(str(folder), device="cpu")
    assert tagger.labels == ("O", "B-person", "I-person", "B-place", "I-place")
    assert tagger.settings == TaggerSettings(32, 8)
    found = [
        (entity.text, entity.label)
        for entity in tagger.entities("Anna often visits Berlin unbelievably gladly.")
    ]
    assert found == [("Anna", "person"), ("Berlin", "place")]


def test_options_train_within_the_stock_trainer(base: Path, tmp_path: Path) -> None:
    recipe = recipe_of(
        tmp_path,
        adversarial=Adversarial(0.1, 1.0),
        smoothness=Smoothness(0.01, 0.5),
        loss=Loss(class_weights="balanced", label_smoothing=0.1),
        optimisation=Optimisation(
            epochs=2, batch_size=4, gradient_accumulation=2, learning_rate=1e-3, precision="f32"
        ),
    )
    _, _, trainer = run(recipe, base, tmp_path / "out")
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert trainer.state.global_step == 6
    assert losses[-1] < losses[0]


def test_gradients_are_averaged_over_accumulated_batches(base: Path, tmp_path: Path) -> None:
    """transformers takes a model with keyword arguments to have done so already."""
    import torch

    norms = []
    for size, accumulation in ((8, 1), (4, 2)):
        optimisation = Optimisation(
            epochs=0.3, batch_size=size, gradient_accumulation=accumulation, learning_rate=1e-5, precision="f32",
            group_by_length=False, max_grad_norm=1e9,
        )  # fmt: skip
        same = [sentences(0, 1)[0]] * 24
        train = write(tmp_path / f"same{size}.jsonl", same)
        recipe = recipe_of(tmp_path, optimisation=optimisation, train=(DataSource(str(train), "train"),))
        torch.manual_seed(0)
        _, _, trainer = run(recipe, base, tmp_path / f"out{size}")
        norms.append(next(entry["grad_norm"] for entry in trainer.state.log_history if "grad_norm" in entry))
    assert norms[0] == pytest.approx(norms[1], rel=1e-3)


def test_other_kinds_of_data_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", sentences(0, 1))
    with pytest.raises(RecipeError, match="sources of kind tagging, not nli"):
        TaggerTask().read(DataSource(str(path), "x", kind="nli"))
