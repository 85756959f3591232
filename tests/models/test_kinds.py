from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simengine.errors import ModelDamagedError, ModelError
from simengine.models.kinds import Wanted, check_kind

Make = Callable[..., Path]
Write = Callable[[Path, Any], None]
BASE, SPARSE, MULTI = (
    f"sentence_transformers.{part}" for part in ("base", "sparse_encoder", "multi_vector_encoder")
)
TRANSFORMER = f"{BASE}.modules.transformer.Transformer"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"sentence_transformers": {"model_type": "SparseEncoder"}}, "SPLADE"),
        ({"types": ["Transformer", f"{SPARSE}.modules.splade_pooling.SpladePooling"]}, "SPLADE"),
        ({"types": [f"{SPARSE}.modules.mlm_transformer.MLMTransformer", "SpladePooling"]}, "SPLADE"),
        ({"config": {"architectures": ["BertForSplade"]}}, "SPLADE"),
        ({"sentence_transformers": {"model_type": "MultiVectorEncoder"}}, "ColBERT"),
        ({"sentence_transformers": {"model_type": "ColBERT"}}, "ColBERT"),
        ({"types": [TRANSFORMER, "pylate.models.Dense.Dense"]}, "ColBERT"),
        ({"types": [TRANSFORMER, "Dense", f"{MULTI}.modules.multi_vector_mask.MultiVectorMask"]}, "ColBERT"),
        ({"types": [TRANSFORMER, "Dense"]}, "one vector for every token"),
        ({"config": {"architectures": ["HF_ColBERT"]}}, "ColBERT"),
        ({"config": {"architectures": ["ColPaliForRetrieval"]}}, "ColBERT"),
        ({"types": ["CLIPModel"]}, "CLIP"),
        ({"config": {"model_type": "clip"}}, "CLIP"),
        ({"config": {"model_type": "siglip"}}, "CLIP"),
        ({"types": [f"{BASE}.modules.router.Router"]}, "router"),
        ({"types": ["Asym"]}, "router"),
        ({"types": ["BoW"]}, "a bag of words"),
        ({"types": ["WordEmbeddings", "Pooling"]}, "vectors of single words"),
        ({"sentence_transformers": {"model_type": "CrossEncoder"}}, "a cross-encoder"),
        ({"sentence_transformers": {"model_type": "TimeEncoder"}}, "'TimeEncoder'"),
    ],
)
def test_other_kinds_of_model_are_named_and_refused(make_folder: Make, change: Any, what: str) -> None:
    with pytest.raises(ModelError, match=f"holds .*{what}.*expected a bi-encoder .*all-MiniLM-L6-v2"):
        check_kind(make_folder(**change), "bi-encoder")


def plain(folder: Path) -> Path:
    """The same model without sentence-transformers' own files."""
    (folder / "modules.json").unlink()
    shutil.rmtree(folder / "1_Pooling")
    return folder


@pytest.mark.parametrize("tag", ["splade", "sparse-encoder"])
def test_the_model_card_of_a_plain_folder_tells_splade(make_folder: Make, tag: str) -> None:
    folder = plain(make_folder())
    (folder / "README.md").write_text(f"---\nlicense: mit\ntags:\n- {tag}\n---\n# A model\n")
    with pytest.raises(ModelError, match="SPLADE"):
        check_kind(folder, "bi-encoder")
    (folder / "README.md").write_text(f"# A model\nCompared with:\n- {tag}\n")
    check_kind(folder, "bi-encoder")


def test_a_plain_folder_that_reads_pictures_is_refused(make_folder: Make) -> None:
    folder = plain(make_folder(config={"model_type": "newvision", "vision_config": {}, "text_config": {}}))
    with pytest.raises(ModelError, match=r"more than texts \(newvision, with vision_config\)"):
        check_kind(folder, "bi-encoder")


@pytest.mark.parametrize("wanted", ["bi-encoder", "cross-encoder", "reader", "tagger", "base"])
@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "processor_config.json"])
def test_code_of_a_models_own_is_never_run(
    make_folder: Make, write_json: Write, wanted: Wanted, file: str
) -> None:
    folder = make_folder()
    references = {"AutoModel": "modeling_own.Own", "AutoTokenizer": [None, "someone/other--tok.Fast"]}
    write_json(folder / file, {"model_type": "bert", "auto_map": references})
    with pytest.raises(
        ModelError,
        match=rf"auto_map in {file}: modeling_own.Own, someone/other--tok.Fast\), and simengine runs no code",
    ):
        check_kind(folder, wanted)


def test_modules_of_other_packages_are_code_of_its_own(make_folder: Make) -> None:
    with pytest.raises(ModelError, match=r"modules\.json: custom_st\.Head"):
        check_kind(make_folder(types=["Transformer", "Pooling", "custom_st.Head"]), "bi-encoder")


@pytest.mark.parametrize("empty", [{}, None, []])
def test_an_empty_auto_map_names_no_code(make_folder: Make, empty: Any) -> None:
    check_kind(make_folder(config={"auto_map": empty}), "bi-encoder")


@pytest.mark.parametrize("wanted", ["bi-encoder", "cross-encoder", "reader", "base"])
def test_an_adapter_names_its_base_and_what_to_do(tmp_path: Path, write_json: Write, wanted: Wanted) -> None:
    write_json(tmp_path / "adapter_config.json", {"peft_type": "LORA", "base_model_name_or_path": "org/base"})
    with pytest.raises(ModelError, match=r"PEFT adapter \(LORA\) for org/base.*merge_and_unload"):
        check_kind(tmp_path, wanted)


@pytest.mark.parametrize("method", ["gptq", "awq", "bitsandbytes", "fp8"])
def test_quantised_weights_are_refused(make_folder: Make, method: str) -> None:
    folder = make_folder(config={"quantization_config": {"quant_method": method, "bits": 4}})
    with pytest.raises(
        ModelError, match=rf"quantised \({method}\).*use the model that it was quantised from"
    ):
        check_kind(folder, "bi-encoder")


def test_positions_that_transformers_gave_up_are_refused(make_folder: Make) -> None:
    with pytest.raises(ModelError, match="position_embedding_type 'alibi'"):
        check_kind(make_folder(config={"position_embedding_type": "alibi"}), "bi-encoder")
    check_kind(make_folder("other", config={"position_embedding_type": "absolute"}), "bi-encoder")


def test_a_folder_without_a_vocabulary_is_damage(make_folder: Make) -> None:
    folder = make_folder()
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelDamagedError, match=r"has no tokenizer; expected tokenizer\.json"):
        check_kind(folder, "bi-encoder")
    (folder / "vocab.txt").write_text("[UNK]\n")
    check_kind(folder, "bi-encoder")


def test_a_cross_encoder_of_sentence_transformers_is_one(make_folder: Make) -> None:
    check_kind(
        make_folder(types=["Transformer"], sentence_transformers={"model_type": "CrossEncoder"}),
        "cross-encoder",
    )


def test_modules_that_no_list_names_are_damage(make_folder: Make) -> None:
    folder = make_folder()
    (folder / "modules.json").unlink()
    with pytest.raises(ModelDamagedError, match=r"has 1_Pooling but no modules\.json"):
        check_kind(folder, "bi-encoder")
