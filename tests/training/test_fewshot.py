from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simengine.errors import ModelDamagedError, UsageError
from simengine.training.fewshot import (
    HEAD_NAME,
    WEIGHTS_NAME,
    FewShotExample,
    FewShotModel,
    FewShotSettings,
    choose_examples,
    contrast_loss,
    contrast_pairs,
    features,
    train_few_shot,
)
from tests.conftest import TOPICS
from tests.training.tiny_models import tiny_bi_encoder

TEXTS = [FewShotExample(text, topic) for topic, texts in TOPICS.items() for text in texts[:3]]
HELD_OUT = {topic: texts[3] for topic, texts in TOPICS.items()}
QUICK = FewShotSettings(max_pairs=54, epochs=8, learning_rate=2e-3)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "model"
    tiny_bi_encoder(folder).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FewShotModel]:
    folder = tmp_path_factory.mktemp("few") / "model"
    model = train_few_shot(TEXTS, folder, base=str(base), settings=QUICK, device="cpu", runtime="torch")
    return folder, model


def test_probabilities_sum_to_one_and_labels_are_sorted(trained: tuple[Path, FewShotModel]) -> None:
    _, model = trained
    found = model.predict_proba(list(HELD_OUT.values()))
    assert model.labels == ("animals", "money", "space")
    assert found.shape == (3, 3)
    assert found.dtype == np.float32
    assert found.sum(axis=1) == pytest.approx(np.ones(3), rel=1e-6)
    assert model.predict(list(HELD_OUT.values())) == [model.labels[i] for i in found.argmax(axis=1)]


def test_no_inputs_give_shape_0_labels(trained: tuple[Path, FewShotModel]) -> None:
    assert trained[1].predict_proba([]).shape == (0, 3)


def test_examples_it_was_trained_on_are_told_apart(trained: tuple[Path, FewShotModel]) -> None:
    assert trained[1].predict([example.text for example in TEXTS]) == [example.label for example in TEXTS]


def test_probabilities_equal_those_of_scikit_learn(trained: tuple[Path, FewShotModel]) -> None:
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression

    folder, model = trained
    encoder = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def vectors(texts: list[str]) -> Any:
        return encoder.encode(texts, normalize_embeddings=True)

    regression = LogisticRegression(max_iter=1000)
    regression.fit(vectors([example.text for example in TEXTS]), [example.label for example in TEXTS])
    expected = regression.predict_proba(vectors(list(HELD_OUT.values())))
    assert model.predict_proba(list(HELD_OUT.values())) == pytest.approx(expected, abs=1e-4)


def test_saved_and_loaded_gives_the_same(trained: tuple[Path, FewShotModel]) -> None:
    folder, model = trained
    again = FewShotModel.load(folder, device="cpu", runtime="torch")
    texts = list(HELD_OUT.values())
    assert np.array_equal(again.predict_proba(texts), model.predict_proba(texts))
    head = json.loads((folder / HEAD_NAME).read_text(encoding="utf-8"))
    assert head["examples"] == {"animals": 3, "money": 3, "space": 3}
    assert not list(folder.rglob("*.pkl")) + list(folder.rglob("*.joblib")) + list(folder.rglob("*.bin"))


def test_the_same_seed_gives_the_same_model(
    base: Path, trained: tuple[Path, FewShotModel], tmp_path: Path
) -> None:
    again = train_few_shot(TEXTS, tmp_path, base=str(base), settings=QUICK, device="cpu", runtime="torch")
    texts = list(HELD_OUT.values())
    assert again.predict_proba(texts) == pytest.approx(trained[1].predict_proba(texts), abs=1e-5)


def test_warm_up_brings_examples_of_a_class_together(base: Path, trained: tuple[Path, FewShotModel]) -> None:
    from sentence_transformers import SentenceTransformer

    def gap(folder: Path) -> float:
        encoder = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        vectors = encoder.encode([example.text for example in TEXTS], normalize_embeddings=True)
        cosine = vectors @ vectors.T
        labels = np.array([example.label for example in TEXTS])
        alike = (labels[:, None] == labels) & ~np.eye(len(labels), dtype=bool)
        return float(cosine[alike].mean() - cosine[labels[:, None] != labels].mean())

    assert gap(trained[0]) > gap(base) + 0.1


def test_pairs_of_texts_are_classified_by_both_texts(base: Path, tmp_path: Path) -> None:
    flat = [text for texts in TOPICS.values() for text in texts]
    same = [FewShotExample(text, "same", text) for text in flat[:6]]
    other = [FewShotExample(text, "other", flat[-1 - n]) for n, text in enumerate(flat[:5])]
    settings = FewShotSettings(max_pairs=60, epochs=4, learning_rate=2e-3, inverse_regularisation=100.0)
    model = train_few_shot(
        [*same, *other], tmp_path, base=str(base), settings=settings, device="cpu", runtime="torch"
    )
    assert model.pairs
    assert model.labels == ("other", "same")
    pairs = [(example.text, example.text2 or "") for example in (*same, *other)]
    assert model.predict_proba([]).shape == (0, 2)
    assert model.predict(pairs) == ["same"] * 6 + ["other"] * 5
    assert model.predict_proba(pairs).sum(axis=1) == pytest.approx(np.ones(11))
    with pytest.raises(UsageError, match="pairs of texts"):
        model.predict(["one text"])


def test_texts_are_not_pairs(trained: tuple[Path, FewShotModel]) -> None:
    with pytest.raises(UsageError, match="classifies texts"):
        trained[1].predict([("a", "b")])


def test_features_of_pairs_are_u_v_and_their_distance() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 1.0]], np.float32)
    assert features(vectors, 4) is vectors
    assert features(vectors, 2).tolist() == [[1, 0, 0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1, 0, 0]]


def test_contrast_loss_of_texts_is_cosine_similarity_loss(base: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss

    model = SentenceTransformer(str(base), device="cpu", local_files_only=True).eval()
    columns = [dict(model.preprocess(["a cat", "a dog"])), dict(model.preprocess(["the bank", "a dog"]))]
    likeness = torch.tensor([0.0, 1.0])
    expected = CosineSimilarityLoss(model)([dict(column) for column in columns], likeness)
    assert torch.equal(contrast_loss(model)(columns, likeness), expected)


def test_contrast_loss_of_pairs_compares_their_features(base: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(base), device="cpu", local_files_only=True).eval()
    texts = [["a cat"], ["the bank"], ["a dog"], ["money"]]
    u1, u2, v1, v2 = (model.encode(text, normalize_embeddings=True) for text in texts)
    first = features(np.concatenate([u1, v1]), 1)[0]
    second = features(np.concatenate([u2, v2]), 1)[0]
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    found = contrast_loss(model)([dict(model.preprocess(text)) for text in texts], torch.tensor([1.0]))
    assert float(found) == pytest.approx((cosine - 1) ** 2, rel=1e-4)


def test_contrast_pairs_are_balanced_and_repeat_only_the_rarer_kind() -> None:
    labels = ["a"] * 3 + ["b"] * 3
    pairs = contrast_pairs(labels, 1000, 1)
    alike = [(one, other) for one, other, likeness in pairs if likeness == 1.0]
    different = [(one, other) for one, other, likeness in pairs if likeness == 0.0]
    assert len(alike) == len(different) == 9
    assert len(set(different)) == 9
    assert len(set(alike)) == 6
    assert all((labels[one] == labels[other]) is (likeness == 1.0) for one, other, likeness in pairs)
    assert contrast_pairs(labels, 1000, 1) == pairs
    assert len(contrast_pairs(labels, 8, 1)) == 8


def test_choose_examples_takes_so_many_of_each_class_in_their_order() -> None:
    many = [FewShotExample(str(n), "even" if n % 2 == 0 else "odd") for n in range(30)]
    chosen = choose_examples(many, 4, seed=2)
    assert [example.label for example in chosen].count("even") == 4
    assert len(chosen) == 8
    assert [int(example.text) for example in chosen] == sorted(int(example.text) for example in chosen)
    assert choose_examples(many, 4, seed=2) == chosen
    assert choose_examples(many, 4, seed=3) != chosen


@pytest.mark.parametrize(
    ("examples", "per_class", "reason"),
    [
        ([FewShotExample("a", "x")] * 3, 8, "1 classes"),
        (
            [FewShotExample("a", "x"), FewShotExample("b", "x"), FewShotExample("c", "y")],
            8,
            "'y' has one example",
        ),
        ([FewShotExample("a", "x"), FewShotExample("b", "x", "c")], 8, "one kind"),
        ([FewShotExample("a", "x")], 1, "per_class is 1"),
    ],
)
def test_examples_that_cannot_be_used_are_refused(
    examples: list[FewShotExample], per_class: int, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        choose_examples(examples, per_class, 1)


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        train_few_shot(TEXTS, tmp_path)


def test_a_damaged_head_is_refused(trained: tuple[Path, FewShotModel], tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "copy"
    shutil.copytree(trained[0], folder)
    head = json.loads((folder / HEAD_NAME).read_text(encoding="utf-8"))
    for change, reason in (({"labels": ["a", "b"]}, "shape"), ({"format": 9}, "format is 9")):
        (folder / HEAD_NAME).write_text(json.dumps(head | change), encoding="utf-8")
        with pytest.raises(ModelDamagedError, match=reason):
            FewShotModel.load(folder, device="cpu", runtime="torch")
    (folder / WEIGHTS_NAME).unlink()
    with pytest.raises(ModelDamagedError, match="not readable"):
        FewShotModel.load(folder, device="cpu", runtime="torch")
