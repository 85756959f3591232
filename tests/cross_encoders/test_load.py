from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from simengine.cross_encoders.config import fingerprint_of_pairs, read_pair_config
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.errors import DeviceError, ModelDamagedError, ModelError, ModelNotFoundError, UsageError
from tests.contracts.pair_models import NLI, PairRecipe, make_pair_model

PAIR = ("A plane is taking off.", "The plane leaves.")


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMENGINE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pair_model(PairRecipe("bert"), tmp_path_factory.mktemp("nli"))


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "model"))


def edit(path: Path, **changes: Any) -> None:
    content = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(
        json.dumps({key: value for key, value in (content | changes).items() if value is not None})
    )


def digest(folder: Path) -> str:
    return fingerprint_of_pairs(read_pair_config(folder)).digest


def load(folder: Path | str, **options: Any) -> Any:
    return load_cross_encoder(str(folder), **{"threads": 1, "offline": True, "device": "cpu"} | options)


def test_a_folder_without_modules_is_a_plain_classifier(folder: Path) -> None:
    config = read_pair_config(folder)
    assert (config.labels, config.activation, config.truncation, config.prompt) == (
        NLI,
        "Identity",
        "longest_first",
        "",
    )
    assert (config.model.max_tokens, config.model.unsupported) == (48, None)


@pytest.mark.parametrize(
    ("id2label", "num_labels", "labels"),
    [
        ({"0": "a", "1": "b"}, None, ("a", "b")),
        (
            {str(i): f"c{i}" for i in (1, 0, 10, 2, 3, 4, 5, 6, 7, 8, 9)},
            None,
            tuple(f"c{i}" for i in range(11)),
        ),
        (None, None, ("LABEL_0", "LABEL_1")),
        (None, 4, ("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3")),
        ({"0": "LABEL_0"}, None, ("score",)),
        ({"0": "Relevance"}, None, ("relevance",)),
    ],
)
def test_labels_are_read_in_the_order_of_the_outputs(
    folder: Path, id2label: Any, num_labels: Any, labels: Any
) -> None:
    edit(folder / "config.json", id2label=id2label, num_labels=num_labels)
    assert read_pair_config(folder).labels == labels


def test_unreadable_labels_are_damage(folder: Path) -> None:
    edit(folder / "config.json", id2label={"first": "a"})
    with pytest.raises(ModelDamagedError, match="id2label"):
        read_pair_config(folder)


@pytest.mark.parametrize(
    ("changes", "activation"),
    [
        ({"sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Sigmoid"}}, "Sigmoid"),
        ({"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}, "Identity"),
        ({"sentence_transformers": {"activation_fn": "elsewhere.Function"}}, "Identity"),
        ({"id2label": {"0": "score"}}, "Sigmoid"),
    ],
)
def test_the_activation_is_read_from_every_key_that_ever_stored_it(
    folder: Path, changes: Any, activation: str
) -> None:
    edit(folder / "config.json", **changes)
    assert read_pair_config(folder).activation == activation


def test_a_truncation_setting_that_keeps_the_first_text_takes_effect(folder: Path) -> None:
    text = {"truncation": "only_second", "max_length": 20}
    edit(folder / "sentence_bert_config.json", processing_kwargs={"text": text})
    model = load(folder, runtime="torch")
    long = "fox dog " * 40
    assert model.max_tokens == 20
    a, b = (model.predict_logits([("The plane leaves now.", long + end)]) for end in ("", "plane"))
    np.testing.assert_array_equal(a, b)
    kept = model.predict_logits([("The plane leaves now.", "fox dog " * 6)])
    assert model.predict_counted([("The plane leaves now.", long)]).n_truncated[0] == 68
    np.testing.assert_allclose(a, kept, atol=1e-5)


@pytest.mark.parametrize("change", ["labels", "weights", "activation", "max_tokens", "tokenizer", "prompt"])
def test_every_part_of_a_model_is_in_its_fingerprint(folder: Path, change: str) -> None:
    before = digest(folder)
    if change == "labels":
        edit(folder / "config.json", id2label=dict(enumerate(NLI[::-1])))
    elif change == "weights":
        tensors = load_file(folder / "model.safetensors")
        tensors["classifier.bias"] = tensors["classifier.bias"] + np.float32(1)
        save_file(tensors, folder / "model.safetensors")
    elif change == "activation":
        edit(
            folder / "config.json", sbert_ce_default_activation_function="torch.nn.modules.activation.Sigmoid"
        )
    elif change == "max_tokens":
        edit(folder / "tokenizer_config.json", model_max_length=40)
    elif change == "tokenizer":
        path = folder / "tokenizer.json"
        path.write_text(path.read_text().replace('"##ing"', '"##ings"', 1))
    else:
        edit(folder / "config_sentence_transformers.json", prompts={"a": "x "}, default_prompt_name="a")
    assert digest(folder) != before


def test_a_bi_encoder_is_refused_as_another_kind_of_model() -> None:
    with pytest.raises(ModelError, match="expected a cross-encoder"):
        load("all-MiniLM-L6-v2")


def test_a_transformer_without_a_classification_head_is_refused(folder: Path) -> None:
    edit(folder / "config.json", architectures=["BertModel"])
    with pytest.raises(ModelError, match="BertModel"):
        load(folder)


RUNTIMES = ("torch", "openvino", "sentence-transformers")


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("removed", "added", "settings", "said"),
    [
        ("classifier.weight", (), {}, r"missing classifier\.weight"),
        ("bert.pooler.dense.bias", (), {}, r"missing bert\.pooler\.dense\.bias"),
        ("bert.encoder.layer.0.output.dense.weight", (), {}, r"missing bert\.encoder\.layer\.0\.output"),
        (
            None,
            ("bert.encoder.layer.0.mlp.wo.weight",),
            {},
            "unexpected bert.encoder.layer.0.mlp.wo.weight",
        ),
        (
            "classifier.weight",
            ("qa_outputs.weight",),
            {},
            "missing classifier.weight; unexpected qa_outputs",
        ),
        (
            None,
            (),
            {"id2label": {"0": "no", "1": "yes"}, "label2id": None},
            "of another shape classifier.bias",
        ),
    ],
)
def test_weights_that_are_not_the_models_are_damage_and_not_random_numbers(
    folder: Path, runtime: str, removed: str | None, added: tuple[str, ...], settings: Any, said: str
) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors.pop(removed, None)
    tensors |= {name: np.zeros((3, 32), np.float32) for name in added}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    edit(folder / "config.json", **settings)
    with pytest.raises(ModelDamagedError, match=said):
        load(folder, runtime=runtime)


def test_a_pooler_that_the_class_does_not_have_changes_nothing(tmp_path: Path) -> None:
    folder = make_pair_model(PairRecipe("roberta", saved_by="transformers"), tmp_path)
    expected = load(folder, runtime="torch").predict_logits([PAIR])
    tensors = load_file(folder / "model.safetensors")
    tensors["roberta.pooler.dense.weight"] = np.ones((32, 32), np.float32)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    for runtime in RUNTIMES:
        np.testing.assert_allclose(
            load(folder, runtime=runtime, precision="f32").predict_logits([PAIR]), expected, atol=1e-5
        )


def test_a_models_own_code_is_refused(folder: Path) -> None:
    edit(folder / "config.json", auto_map={"AutoModelForSequenceClassification": "modeling_own.Own"})
    with pytest.raises(ModelError, match=r"modeling_own\.Own.*runs no code"):
        load(folder)


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(folder: Path) -> None:
    key, tensors = "bert.embeddings.word_embeddings.weight", load_file(folder / "model.safetensors")
    save_file(tensors | {key: tensors[key][:50].copy()}, folder / "model.safetensors", {"format": "pt"})
    edit(folder / "config.json", vocab_size=50)
    for runtime in RUNTIMES:
        with pytest.raises(ModelDamagedError, match="vectors for 50 tokens only"):
            load(folder, runtime=runtime)


def test_a_missing_model_is_named() -> None:
    with pytest.raises(ModelNotFoundError, match="no-such"):
        load("no-such-model")


@pytest.mark.parametrize(
    "options",
    [{"runtime": "tensorrt"}, {"precision": "int4"}, {"threads": 0}, {"device": "tpu"},
     {"runtime": "openvino", "device": "cuda"}, {"precision": "f16"}],
)  # fmt: skip
def test_impossible_options_are_refused(saved: Path, options: dict[str, Any]) -> None:
    with pytest.raises((UsageError, DeviceError)):
        load(saved, **options)


def test_an_architecture_that_openvino_was_not_tested_with_runs_in_torch(folder: Path) -> None:
    edit(folder / "config.json", model_type="albert", architectures=["AlbertForSequenceClassification"])
    with pytest.raises(UsageError, match="albert"):
        load(folder, runtime="openvino")


def test_what_only_sentence_transformers_knows_is_left_to_it(folder: Path) -> None:
    edit(folder / "sentence_bert_config.json", processing_kwargs={"common": {"return_tensors": "pt"}})
    with pytest.raises(UsageError, match="processing_kwargs"):
        load(folder, runtime="torch")
    model = load(folder)
    assert model.runtime.startswith("sentence-transformers")
    assert "processing_kwargs" in model.runtime_reason


def test_auto_takes_openvino_on_a_cpu_and_says_why(saved: Path) -> None:
    model = load(saved)
    assert model.runtime.startswith("openvino-")
    assert model.runtime_reason == "fastest on CPUs"
    model.close()


def test_nli_labels_can_be_given_when_loading(folder: Path) -> None:
    edit(folder / "config.json", id2label=None, num_labels=3)
    with pytest.raises(UsageError, match="LABEL_0"):
        NLIModel.load(str(folder), device="cpu", threads=1, offline=True)
    mapping = dict(zip(("LABEL_0", "LABEL_1", "LABEL_2"), NLI, strict=True))
    model = NLIModel.load(str(folder), device="cpu", threads=1, offline=True, labels=mapping)
    assert model.probabilities([PAIR]).shape == (1, 3)
    model.close()
