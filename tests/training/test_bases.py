"""Training goes on from models that were made for something else."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from simengine.cross_encoders.load import load_cross_encoder
from simengine.errors import ModelDamagedError, ModelError
from simengine.training.run import RunOptions, train
from simengine.training.tasks import load_task
from tests.training.reader_runs import recipe_of
from tests.training.runs import WORDS, recipe, tensors, write
from tests.training.tiny_models import tiny_cross_encoder, write_tiny


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


TASKS = [
    ("nli", ("a", "b", "c")),
    ("similarity", ()),
    ("retriever", ()),
    ("reader", ()),
    ("tagger", ("O", "B-x")),
]


def load_base(task: str, labels: tuple[str, ...], folder: Path, base: Path) -> object:
    what = replace(recipe_of(folder), task=task)
    return load_task(what).load_model(what, base, labels)


@pytest.mark.parametrize(("task", "labels"), TASKS)
@pytest.mark.parametrize("head", ["Model", "ForMaskedLM", "ForSequenceClassification"])
def test_a_head_that_a_base_lacks_or_leaves_over_starts_anew(
    tmp_path: Path, task: str, labels: tuple[str, ...], head: str
) -> None:
    base = write_tiny(tmp_path / "base", head)
    assert load_base(task, labels, tmp_path, base) is not None


@pytest.mark.parametrize(("task", "labels"), TASKS)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("lacks", r"missing .*layer\.1"),
        ("extra", "unexpected .*mlp"),
        ("shape", "of another shape .*intermediate"),
    ],
)
def test_a_base_whose_encoder_is_not_whole_is_refused(
    tmp_path: Path, task: str, labels: tuple[str, ...], change: str, said: str
) -> None:
    from safetensors.numpy import save_file

    base = write_tiny(tmp_path / "base")
    found = dict(tensors(base))
    name = "encoder.layer.1.attention.self.query.weight"
    if change == "lacks":
        del found[name]
    elif change == "extra":
        found["encoder.layer.0.mlp.gated_layers.weight"] = found[name]
    else:
        found["encoder.layer.0.intermediate.dense.weight"] = found[name]
    save_file(found, base / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelDamagedError, match=said):
        load_base(task, labels, tmp_path, base)


@pytest.mark.parametrize(("task", "labels"), TASKS)
def test_a_base_with_code_of_its_own_is_refused(tmp_path: Path, task: str, labels: tuple[str, ...]) -> None:
    base = write_tiny(tmp_path / "base", auto_map={"AutoModel": "modeling_own.Own"})
    with pytest.raises(ModelError, match=r"modeling_own\.Own.*runs no code"):
        load_base(task, labels, tmp_path, base)


def test_a_base_that_was_trained_for_inner_products_becomes_a_model_for_cosine(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    write_tiny(tmp_path / "plain")
    model = SentenceTransformer(str(tmp_path / "plain"), device="cpu", similarity_fn_name="dot")
    model.save_pretrained(str(tmp_path / "base"), create_model_card=False)
    base = load_base("retriever", (), tmp_path, tmp_path / "base")
    assert isinstance(base, SentenceTransformer)
    assert base.similarity_fn_name == "cosine"
