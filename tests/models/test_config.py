from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simengine.errors import ModelDamagedError, ModelError, UsageError
from simengine.models.config import DenseStep, NormalizeStep, PoolingStep, read_config

Make = Callable[..., Path]
Write = Callable[[Path, Any], None]


def test_the_old_layout_is_read(make_folder: Make) -> None:
    config = read_config(make_folder())
    assert config.steps == (PoolingStep(("mean",), True), NormalizeStep())
    assert (config.family, config.dimension, config.max_tokens) == ("bert", 4, 16)
    assert config.unsupported is None
    assert not config.truncated


def test_the_layout_of_sentence_transformers_6_is_read(make_folder: Make) -> None:
    transformer = "sentence_transformers.base.modules.transformer.Transformer"
    pooling = "sentence_transformers.sentence_transformer.modules.pooling.Pooling"
    folder = make_folder(
        types=[transformer, pooling, "sentence_transformers.base.modules.normalize.Normalize"],
        pooling={"embedding_dimension": 4, "pooling_mode": ["cls", "max"], "include_prompt": False},
        settings={
            "transformer_task": "feature-extraction",
            "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
            "module_output_name": "token_embeddings",
        },
        sentence_transformers={
            "prompts": {"query": "find: ", "document": ""},
            "default_prompt_name": "query",
            "similarity_fn_name": "dot",
        },
    )
    config = read_config(folder)
    assert config.steps[0] == PoolingStep(("cls", "max"), False)
    assert (config.dimension, config.max_tokens, config.similarity) == (8, 32, "dot")
    assert config.excludes_prompt
    assert config.prompt("text") == config.prompt("query") == "find: "
    assert config.prompt("passage") == ""


def test_a_plain_transformers_folder_gets_mean_pooling(tmp_path: Path, write_json: Write) -> None:
    write_json(tmp_path / "config.json", {"model_type": "roberta", "hidden_size": 6, "pad_token_id": 1,
                                          "max_position_embeddings": 514})  # fmt: skip
    config = read_config(tmp_path)
    assert config.steps == (PoolingStep(("mean",), True),)
    assert config.max_tokens == 512


@pytest.mark.parametrize(
    ("prompts", "role", "expected"),
    [
        ({}, "query", ""),
        ({"query": "q: ", "passage": "p: "}, "passage", "p: "),
        ({"document": "", "passage": "p: "}, "passage", "p: "),
        ({"document": "d: ", "passage": "p: "}, "passage", "d: "),
        ({"corpus": "c: "}, "passage", "c: "),
        ({"query": "q: "}, "text", ""),
        ({"query": None}, "query", ""),
    ],
)
def test_roles_choose_prompts(make_folder: Make, prompts: Any, role: Any, expected: str) -> None:
    config = read_config(make_folder(sentence_transformers={"prompts": prompts}))
    assert config.prompt(role) == expected


def test_no_pooling_flag_set_means_mean_as_in_sentence_transformers(make_folder: Make) -> None:
    config = read_config(make_folder(pooling={"word_embedding_dimension": 4}))
    assert config.steps[0] == PoolingStep(("mean",), True)


def test_a_dense_layer_sets_the_dimension(make_folder: Make, write_json: Write) -> None:
    folder = make_folder(types=["Transformer", "Pooling", "Dense"])
    dense = {
        "in_features": 4,
        "out_features": 3,
        "bias": True,
        "activation_function": "torch.nn.modules.linear.Identity",
    }
    write_json(folder / "2_Dense" / "config.json", dense)
    config = read_config(folder)
    assert config.steps[1] == DenseStep(folder / "2_Dense", 4, 3, True, "Identity", False)
    assert config.dimension == 3


def test_truncation_given_beats_truncation_saved(make_folder: Make) -> None:
    folder = make_folder(sentence_transformers={"truncate_dim": 3})
    assert read_config(folder).dimension == 3
    assert read_config(folder, truncate_dim=2).dimension == 2
    assert read_config(folder, truncate_dim=2).truncated
    with pytest.raises(UsageError, match="1 to 4"):
        read_config(folder, truncate_dim=5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"config": {"model_type": "t5"}}, "architecture is 't5'"),
        ({"types": ["Transformer", "Pooling", "CNN"]}, "module sentence_transformers.models.CNN"),
        ({"types": ["Transformer", "Pooling", "custom.Head"]}, "module custom.Head"),
        ({"types": ["StaticEmbedding", "Normalize"]}, "first module is"),
        ({"types": ["Transformer", "Normalize"]}, "second module is not a pooling"),
        ({"settings": {"query_length": 8}}, "query_length"),
        ({"tokenizer_config": {"truncation_side": "left"}}, "on the left"),
    ],
)
def test_what_the_fast_runtimes_do_not_know_is_named(make_folder: Make, change: Any, reason: str) -> None:
    unsupported = read_config(make_folder(**change)).unsupported
    assert unsupported is not None
    assert reason in unsupported


def test_a_broken_file_is_named(make_folder: Make) -> None:
    folder = make_folder()
    (folder / "1_Pooling" / "config.json").write_text("{")
    with pytest.raises(ModelDamagedError, match="1_Pooling"):
        read_config(folder)


def test_a_missing_file_is_named(make_folder: Make) -> None:
    folder = make_folder()
    (folder / "config.json").unlink()
    with pytest.raises(ModelDamagedError, match=r"config\.json: missing"):
        read_config(folder)


@pytest.mark.parametrize("path", ["../elsewhere", "/etc"])
def test_a_module_path_out_of_the_folder_is_refused(make_folder: Make, write_json: Write, path: str) -> None:
    folder = make_folder()
    module = {"idx": 0, "name": "0", "path": path, "type": "sentence_transformers.models.Transformer"}
    write_json(folder / "modules.json", [module])
    with pytest.raises(ModelDamagedError, match="leads out"):
        read_config(folder)


def test_an_unknown_pooling_mode_is_refused(make_folder: Make) -> None:
    with pytest.raises(ModelDamagedError, match="attention"):
        read_config(make_folder(pooling={"pooling_mode": "attention"}))


def test_a_default_prompt_that_is_not_there_is_damage(make_folder: Make) -> None:
    saved = {"prompts": {"query": "q: "}, "default_prompt_name": "search"}
    with pytest.raises(
        ModelDamagedError, match=r"default_prompt_name is 'search'; expected one of .*'query'"
    ):
        read_config(make_folder(sentence_transformers=saved))
    kept = {"prompts": {}, "default_prompt_name": "query"}
    assert read_config(make_folder("other", sentence_transformers=kept)).prompt("text") == ""


@pytest.mark.parametrize("in_features", [8, 3])
def test_a_dense_layer_for_other_vectors_is_damage(
    make_folder: Make, write_json: Write, in_features: int
) -> None:
    folder = make_folder(types=["Transformer", "Pooling", "Dense"])
    write_json(folder / "2_Dense" / "config.json", {"in_features": in_features, "out_features": 3})
    with pytest.raises(ModelDamagedError, match=f"takes vectors of {in_features} numbers, but .* gives 4"):
        read_config(folder)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"config": {"is_decoder": True}}, "is_decoder"),
        ({"settings": {"model_args": {"attn_implementation": "eager"}}}, "model_args"),
        ({"settings": {"config_kwargs": {"num_hidden_layers": 1}}}, "config_kwargs"),
        ({"settings": {"tokenizer_args": {"do_lower_case": False}}}, "tokenizer_args"),
        ({"settings": {"modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}}}},
         "last hidden states"),
    ],
)  # fmt: skip
def test_what_changes_the_computation_is_left_to_sentence_transformers(
    make_folder: Make, change: Any, reason: str
) -> None:
    unsupported = read_config(make_folder(**change)).unsupported
    assert unsupported is not None
    assert reason in unsupported


def test_a_limit_among_the_tokenizers_settings_is_read(make_folder: Make) -> None:
    config = read_config(make_folder(settings={"tokenizer_args": {"model_max_length": 9}}))
    assert (config.unsupported, config.max_tokens) == (None, 9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"sentence_transformers": {"prompts": ["query: "]}},
            r"prompts is \['query: '\]; expected texts by name",
        ),
        (
            {"sentence_transformers": {"prompts": {"query": 5}}},
            r"prompts is \{'query': 5\}; expected texts by name",
        ),
        ({"sentence_transformers": {"truncate_dim": "16"}}, "truncate_dim is '16'; expected a whole number"),
        ({"sentence_transformers": {"truncate_dim": -3}}, "truncate_dim is -3; expected a whole number"),
        ({"settings": {"max_seq_length": "256"}}, "limit of tokens .* is '256'; expected a number"),
        ({"settings": {"max_seq_length": -5}}, "limit of tokens .* is -5; expected a number"),
        ({"pooling": {"pooling_mode": 3}}, "a setting has a value of the wrong type.*TypeError"),
        ({"config": {"hidden_size": "wide"}}, "a setting has a value of the wrong type.*ValueError"),
    ],
)
def test_a_setting_of_the_wrong_type_is_damage(make_folder: Make, change: Any, said: str) -> None:
    with pytest.raises(ModelDamagedError, match=said):
        read_config(make_folder(**change))


def test_a_dense_layer_with_code_of_its_own_is_refused(make_folder: Make, write_json: Write) -> None:
    folder = make_folder(types=["Transformer", "Pooling", "Dense"])
    settings = {"in_features": 4, "out_features": 2, "activation_function": "modeling_x.Swish"}
    write_json(folder / "2_Dense" / "config.json", settings)
    with pytest.raises(ModelError, match=r"is 'modeling_x\.Swish'; expected a class of torch\.nn"):
        read_config(folder)
