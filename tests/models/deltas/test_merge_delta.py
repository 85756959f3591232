from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from simengine.errors import ModelNotFoundError, UsageError
from simengine.models import resolve
from simengine.models.deltas import make_delta, merge_delta
from simengine.models.resolve import BundledModel, bundled_models, bundled_names, resolve_model
from tests.models.deltas.tensors import (
    WORDS,
    base_tensors,
    rewrite_note,
)


def test_the_merged_folder_holds_the_models_settings_and_the_bases_tokenizer(delta: Path, base: Path) -> None:
    folder = merge_delta(delta, base=base)
    config = json.loads((folder / "config.json").read_text())
    assert config["id2label"]["2"] == "contradiction"
    assert config["dtype"] == "float32"
    assert "_name_or_path" not in config
    assert "torch_dtype" not in config
    assert (
        json.loads((folder / "config_sentence_transformers.json").read_text())["model_type"] == "CrossEncoder"
    )
    assert json.loads((folder / "tokenizer_config.json").read_text())["model_max_length"] == 128
    for name in ("tokenizer.json", "vocab.txt"):
        assert (folder / name).read_bytes() == (base / name).read_bytes()
    assert "base-model" in (folder / "README.md").read_text()


def test_a_sentence_transformers_folder_keeps_its_modules(
    base: Path, tuned: Path, tmp_path: Path, write_json: Callable[[Path, Any], None]
) -> None:
    inner = tuned / "0_Transformer"
    inner.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"):
        (tuned / name).rename(inner / name)
    modules = [{"name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
               {"name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]  # fmt: skip
    write_json(tuned / "modules.json", modules)
    write_json(tuned / "1_Pooling" / "config.json", {"pooling_mode": "cls"})
    make_delta(base, tuned, tmp_path / "retriever", rank=8)
    folder = merge_delta(tmp_path / "retriever", base=base)
    assert json.loads((folder / "modules.json").read_text()) == modules
    assert json.loads((folder / "1_Pooling" / "config.json").read_text()) == {"pooling_mode": "cls"}
    assert (folder / "0_Transformer" / "tokenizer.json").is_file()
    merged = load_file(folder / "0_Transformer" / "model.safetensors")
    np.testing.assert_array_equal(merged[f"bert.{WORDS}"], base_tensors()[WORDS])


def test_a_module_with_weights_of_its_own_is_refused(
    base: Path, tuned: Path, tmp_path: Path, write_json: Callable[[Path, Any], None]
) -> None:
    modules = [{"path": "", "type": "sentence_transformers.models.Transformer"},
               {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]  # fmt: skip
    write_json(tuned / "modules.json", modules)
    (tuned / "2_Dense").mkdir()
    save_file({"linear.weight": np.ones((2, 2), np.float32)}, tuned / "2_Dense" / "model.safetensors")
    with pytest.raises(UsageError, match="2_Dense"):
        make_delta(base, tuned, tmp_path / "out", rank=4)


def test_merging_again_gives_the_same_folder_untouched(delta: Path, base: Path) -> None:
    first = merge_delta(delta, base=base)
    stamp = (first / "model.safetensors").stat().st_mtime_ns
    assert merge_delta(delta, base=base) == first
    assert (first / "model.safetensors").stat().st_mtime_ns == stamp


def test_a_bundled_name_resolves_to_the_merged_folder(
    delta: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "_BUNDLED_DELTAS", delta.parent)
    rewrite_note(delta, base=json.loads((delta / "model.json").read_text())["base"] | {"name": str(base)})
    found = resolve_model("small-nli", offline=True)
    assert (found.name, found.source) == ("small-nli", "bundled")
    assert found.path == merge_delta(delta, base=base)
    assert bundled_names() == ("small-nli",)
    size = sum(path.stat().st_size for path in delta.iterdir())
    assert bundled_models() == (BundledModel("small-nli", str(base), size),)
    with pytest.raises(ModelNotFoundError, match="small-nli"):
        resolve_model("smal-nli", offline=True)


def test_a_path_to_a_delta_is_a_model_too(delta: Path, base: Path) -> None:
    rewrite_note(delta, base=json.loads((delta / "model.json").read_text())["base"] | {"name": str(base)})
    found = resolve_model(str(delta), offline=True)
    assert found.source == "path"
    assert (found.path / "config.json").is_file()


def test_a_delta_moved_elsewhere_merges_into_the_same_folder(delta: Path, base: Path, tmp_path: Path) -> None:
    moved, other_base = tmp_path / "moved", tmp_path / "moved-base"
    shutil.copytree(delta, moved)
    shutil.copytree(base, other_base)
    assert merge_delta(moved, base=other_base) == merge_delta(delta, base=base)


def test_merging_needs_no_torch(delta: Path, base: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from simengine.models.deltas import merge_delta;"
        f"merge_delta(Path({str(delta)!r}), base=Path({str(base)!r}));"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_transformers_computes_the_same_with_the_merged_model(tmp_path: Path, base: Path) -> None:
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification, BertConfig

    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = BertConfig(
        **shape, vocab_size=9, max_position_embeddings=16, num_labels=3, initializer_range=0.2
    )
    plain, tuned = tmp_path / "plain", tmp_path / "fine"
    AutoModel.from_config(config).save_pretrained(plain)
    model = AutoModelForSequenceClassification.from_pretrained(plain, num_labels=3).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("query.weight"):
                weight += 0.1 * torch.randn(32, 2) @ torch.randn(2, 32)
            elif name.endswith("bias"):
                weight += 0.05 * torch.randn_like(weight)
    model.save_pretrained(tuned)
    for folder in (plain, tuned):
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(base / name, folder / name)
    info = make_delta(plain, tuned, tmp_path / "as-delta", rank=4)
    merged = AutoModelForSequenceClassification.from_pretrained(merge_delta(info.folder, base=plain)).eval()
    ids = torch.tensor([[2, 4, 5, 3, 6, 3], [2, 8, 3, 7, 3, 0]])
    inputs = {"input_ids": ids, "attention_mask": (ids > 0).long(), "token_type_ids": (ids > 5).long()}
    with torch.no_grad():
        np.testing.assert_allclose(merged(**inputs).logits, model(**inputs).logits, atol=5e-3)
