"""A base model, a fine-tuned one, and the delta between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save_file

from simengine.models.deltas import make_delta
from tests.models.deltas.tensors import base_tensors, tuned_tensors

Make = Callable[..., Path]


@pytest.fixture
def base(make_folder: Make) -> Path:
    folder = make_folder("base-model")
    save_file(base_tensors(), folder / "model.safetensors")
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n")
    return folder


@pytest.fixture
def tuned(base: Path, tmp_path: Path, write_json: Callable[[Path, Any], None]) -> Path:
    folder = tmp_path / "tuned-model"
    folder.mkdir()
    labels = {"0": "entailment", "1": "neutral", "2": "contradiction"}
    config = {
        "model_type": "bert",
        "id2label": labels,
        "_name_or_path": "/home/someone/run",
        "torch_dtype": "bfloat16",
    }
    write_json(folder / "config.json", config)
    write_json(folder / "config_sentence_transformers.json", {"model_type": "CrossEncoder"})
    write_json(folder / "tokenizer_config.json", {"model_max_length": 128})
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    tokenizer["truncation"] = {"max_length": 7, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    write_json(folder / "tokenizer.json", tokenizer)
    save_file(tuned_tensors(base_tensors()), folder / "model.safetensors")
    return folder


@pytest.fixture
def delta(base: Path, tuned: Path, tmp_path: Path) -> Path:
    make_delta(base, tuned, tmp_path / "deltas" / "small-nli", rank=8)
    return tmp_path / "deltas" / "small-nli"
