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

from simengine.errors import ModelDamagedError
from simengine.models.config import read_config
from simengine.models.fingerprint import Fingerprint, compare, fingerprint_of

Make = Callable[..., Path]


def fingerprint(folder: Path, **options: Any) -> Fingerprint:
    return fingerprint_of(read_config(folder, **options))


def test_a_renamed_copy_is_the_same_model(make_folder: Make, tmp_path: Path) -> None:
    folder = make_folder()
    shutil.copytree(folder, tmp_path / "another name")
    assert fingerprint(tmp_path / "another name") == fingerprint(folder)


def test_sharded_weights_are_the_same_model(make_folder: Make) -> None:
    folder = make_folder()
    before = fingerprint(folder)
    for number, (name, tensor) in enumerate(load_file(folder / "model.safetensors").items(), 1):
        save_file({name: tensor}, folder / f"model-{number:05d}-of-00002.safetensors")
    (folder / "model.safetensors").unlink()
    assert fingerprint(folder) == before


def test_metadata_in_the_weight_file_does_not_matter(make_folder: Make) -> None:
    folder = make_folder()
    before = fingerprint(folder)
    save_file(
        load_file(folder / "model.safetensors"), folder / "model.safetensors", metadata={"format": "pt"}
    )
    assert fingerprint(folder) == before


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"seed": 1}, "weights"),
        ({"settings": {"max_seq_length": 17}}, "max_tokens"),
        ({"pooling": {"pooling_mode_cls_token": True}}, "pooling"),
        ({"sentence_transformers": {"prompts": {"query": "q: "}}}, "prompts"),
        ({"sentence_transformers": {"truncate_dim": 2}}, "dimension"),
        ({"config": {"num_attention_heads": 2}}, "architecture"),
    ],
)
def test_what_changes_vectors_changes_one_named_part(make_folder: Make, change: Any, part: str) -> None:
    before, after = fingerprint(make_folder()), fingerprint(make_folder("other", **change))
    assert compare(before, after) == [part]
    assert before.digest != after.digest


def test_a_changed_vocabulary_changes_the_tokenizer(make_folder: Make) -> None:
    folder = make_folder()
    before = fingerprint(folder)
    content = json.loads((folder / "tokenizer.json").read_text())
    content["padding"] = {"strategy": "BatchLongest"}
    (folder / "tokenizer.json").write_text(json.dumps(content))
    assert fingerprint(folder) == before  # padding is the encoder's business
    content["model"]["vocab"]["dog"] = 9
    (folder / "tokenizer.json").write_text(json.dumps(content))
    assert compare(before, fingerprint(folder)) == ["tokenizer"]


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"_name_or_path": "elsewhere", "transformers_version": "9", "use_cache": False}},
        {"config": {"position_embedding_type": "absolute", "is_decoder": False}},
        {"types": ["Transformer", "Pooling"]},
        {"sentence_transformers": {"prompts": {"query": "", "document": ""}}},
    ],
)
def test_what_does_not_change_vectors_does_not_change_the_fingerprint(make_folder: Make, change: Any) -> None:
    assert fingerprint(make_folder("other", **change)) == fingerprint(make_folder())


def test_an_unchanged_file_is_hashed_once(make_folder: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_folder()
    before = fingerprint(folder)

    def fail(*_: Any) -> str:
        raise AssertionError("hashed again")

    monkeypatch.setattr("simengine.models.files._hash_tensors", fail)
    assert fingerprint(folder) == before


def test_a_changed_byte_is_noticed_although_hashes_are_remembered(make_folder: Make) -> None:
    folder = make_folder()
    before = fingerprint(folder)
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert compare(before, fingerprint(folder)) == ["weights"]


@pytest.mark.parametrize("keep", [0, 5, 40, -3])
def test_a_cut_weight_file_is_damaged(make_folder: Make, keep: int) -> None:
    folder = make_folder()
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelDamagedError, match=r"model\.safetensors"):
        fingerprint(folder)


def test_missing_weights_are_named(make_folder: Make) -> None:
    folder = make_folder()
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelDamagedError, match="no weights"):
        fingerprint(folder)


def test_a_dense_layers_weights_count(make_folder: Make, write_json: Callable[[Path, Any], None]) -> None:
    folder = make_folder(types=["Transformer", "Pooling", "Dense"])
    write_json(folder / "2_Dense" / "config.json", {"in_features": 4, "out_features": 2})
    save_file({"linear.weight": np.ones((2, 4), np.float32)}, folder / "2_Dense" / "model.safetensors")
    before = fingerprint(folder)
    save_file({"linear.weight": np.zeros((2, 4), np.float32)}, folder / "2_Dense" / "model.safetensors")
    assert compare(before, fingerprint(folder)) == ["weights"]


def test_a_fingerprint_needs_no_torch(make_folder: Make) -> None:
    code = (
        "import sys; from pathlib import Path; from simengine.models.config import read_config;"
        "from simengine.models.fingerprint import fingerprint_of;"
        f"fingerprint_of(read_config(Path({str(make_folder())!r})));"
        "assert not {'torch', 'transformers', 'openvino', 'safetensors'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
